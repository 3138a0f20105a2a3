"""Rows for COPY in PostgreSQL's binary format, made from columns: row by row in Python they would cost more than the
sending itself."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
EPOCH_US = 946_684_800_000_000  # microseconds from 1970 to 2000, where PostgreSQL's timestamps begin


class Nullable(NamedTuple):
    """A column of which only some values are present."""

    values: npt.NDArray[Any]
    present: npt.NDArray[np.bool_]


Simple = npt.NDArray[Any] | bytes | None
Column = Simple | Nullable


def rows(count: int, columns: Sequence[Column]) -> bytes | bytearray:
    """The rows of one COPY, without header and trailer, in no order.

    A column is an array of numbers in the byte order and width of its type (`>i8`, `>i4`, `>i2`, `?`), an array of
    octets (dtype S: each without its trailing NULs; or (count, n) octets), the same octets for all rows, or None: null.
    """
    plain = [_simplest(column) for column in columns]
    lengths = {place: of for place, column in enumerate(plain) if (of := _lengths(column)) is not None}
    if not lengths:
        return _equal_rows(count, [_present(column) for column in plain])
    parts = []
    for which in _alike(list(lengths.values())):
        first = int(which.argmax())
        length = {place: int(of[first]) for place, of in lengths.items()}
        alike = [_chosen(column, which, length.get(place)) for place, column in enumerate(plain)]
        parts.append(_equal_rows(int(which.sum()), alike))
    return b"".join(parts)


def _alike(keys: Sequence[npt.NDArray[np.int64]]) -> Iterator[npt.NDArray[np.bool_]]:
    """The rows of each combination of keys that there is."""
    together = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        lowest = int(key.min())
        together = together * (int(key.max()) - lowest + 1) + (key - lowest)
    for one in np.unique(together).tolist():
        yield together == one


def joined(parts: Iterable[bytes | bytearray]) -> bytes:
    """What COPY reads."""
    return b"".join([HEADER, *parts, TRAILER])


def instants(microseconds: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """timestamptz of microseconds since 1970."""
    return (microseconds - EPOCH_US).astype(">i8")


def instant(microseconds: int) -> bytes:
    """The same of one, for all rows."""
    return (microseconds - EPOCH_US).to_bytes(8, signed=True)


def int8(number: int) -> bytes:
    return number.to_bytes(8, signed=True)


def int4(number: int) -> bytes:
    return number.to_bytes(4, signed=True)


def int2(number: int) -> bytes:
    return number.to_bytes(2, signed=True)


def _simplest(column: Column) -> Column:
    if not isinstance(column, Nullable):
        return column
    if column.present.all():
        return column.values
    return column if column.present.any() else None


def _lengths(column: Column) -> npt.NDArray[np.int64] | None:
    """Octets of each value, -1 for null; None where they are the same, as the column's type says."""
    if isinstance(column, Nullable):
        of = _lengths(column.values)
        width = column.values.dtype.itemsize
        return np.where(column.present, width if of is None else of, -1)
    if not isinstance(column, np.ndarray) or column.dtype.kind != "S":
        return None
    lengths = np.char.str_len(column)
    return None if (lengths == column.dtype.itemsize).all() else lengths


def _present(column: Column) -> Simple:
    return column.values if isinstance(column, Nullable) else column


def _chosen(column: Column, which: npt.NDArray[np.bool_], length: int | None) -> Simple:
    """The column of these rows, whose values have this many octets; -1: are null."""
    if length == -1:
        return None
    column = _present(column)
    if not isinstance(column, np.ndarray):
        return column
    if column.dtype.kind == "S" and length is not None:
        return column[which].astype(f"S{length}") if length else b""
    return column[which]


def _equal_rows(count: int, columns: Sequence[Simple]) -> bytearray:
    """Rows whose values have one length each."""
    kinds = tuple(map(_kind, columns))
    row = b"".join([
        len(columns).to_bytes(2),
        *(_field(column, kind) for column, kind in zip(columns, kinds, strict=True)),
    ])  # fmt: skip
    octets = bytearray(row) * count
    table = np.frombuffer(octets, _layout(kinds))
    for place, column in enumerate(columns):
        if isinstance(column, np.ndarray):
            table[f"v{place}"] = column
    return octets


def _field(column: Simple, kind: tuple[str, int] | None) -> bytes:
    """A value with its length, as far as it is the same in all rows."""
    if kind is None:
        return _NULL
    return kind[1].to_bytes(4) + (column if isinstance(column, bytes) else bytes(kind[1]))


def _kind(column: Simple) -> tuple[str, int] | None:
    if column is None:
        return None
    if isinstance(column, bytes):
        return "octets", len(column)
    if column.ndim == 2:
        return "octets", column.shape[1]
    return column.dtype.str, column.dtype.itemsize


@lru_cache(1024)
def _layout(kinds: tuple[tuple[str, int] | None, ...]) -> np.dtype[Any]:
    fields: list[tuple[Any, ...]] = [("count", ">i2")]
    for place, kind in enumerate(kinds):
        fields.append((f"n{place}", ">i4"))
        if kind is not None and kind[1]:
            fields.append((f"v{place}", np.uint8, (kind[1],)) if kind[0] == "octets" else (f"v{place}", kind[0]))
    return np.dtype(fields)
