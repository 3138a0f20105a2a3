"""Rows for COPY in PostgreSQL's binary format, made from columns of numbers and texts, a chunk at a time.

A row is its number of fields and each field behind its length in octets. What has one length in all rows is laid out as
an array of records; records and texts are then joined row by row by pyarrow, so that no row is touched in Python.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"


class Coded(NamedTuple):
    """Neighbouring columns of few different values: which of them each row has. A value is its octets, or None: null."""

    places: npt.NDArray[Any]
    values: Sequence[Sequence[bytes | None]]


Texts = Any  # a pyarrow string array
Column: TypeAlias = npt.NDArray[Any] | Coded | Texts
"""Numbers in the byte order and width of their type (`>i8`, `>i4`, `>i2`); or few values, coded; or a string array."""


def rows(columns: Sequence[Column]) -> memoryview:
    """The rows of one COPY, without header and trailer."""
    pieces: list[pa.Array] = []
    fixed: list[npt.NDArray[Any]] = []
    # the number of fields stands before the first one
    begin = sum(len(column.values[0]) if isinstance(column, Coded) else 1 for column in columns)

    def records(text_lengths: npt.NDArray[np.int32] | None = None) -> None:
        nonlocal begin
        if fixed or begin or text_lengths is not None:
            pieces.append(_records(begin, fixed, text_lengths))
        fixed.clear()
        begin = 0

    for column in columns:
        if isinstance(column, np.ndarray):
            fixed.append(column)
        elif isinstance(column, Coded):
            if begin or fixed:
                records()
            pieces.append(_fields(column))
        else:
            records(_lengths(column))
            pieces.append(column.cast(pa.binary()))
    if fixed:
        records()
    joined = pc.binary_join_element_wise(*pieces, b"") if len(pieces) > 1 else pieces[0]
    offsets = np.frombuffer(joined.buffers()[1], np.int32)[joined.offset : joined.offset + len(joined) + 1]
    return memoryview(joined.buffers()[2] or b"")[offsets[0] : offsets[-1]]


def _records(begin: int, fixed: Sequence[npt.NDArray[Any]], text_lengths: npt.NDArray[np.int32] | None) -> pa.Array:
    layout: list[tuple[str, str]] = [("begin", ">i2")] if begin else []
    for place, column in enumerate(fixed):
        layout += [(f"n{place}", ">i4"), (f"v{place}", column.dtype.str)]
    if text_lengths is not None:
        layout.append(("text", ">i4"))
    count = len(fixed[0]) if fixed else len(text_lengths) if text_lengths is not None else 0
    table = np.empty(count, np.dtype(layout))
    if begin:
        table["begin"] = begin
    for place, column in enumerate(fixed):
        table[f"n{place}"] = column.dtype.itemsize
        table[f"v{place}"] = column
    if text_lengths is not None:
        table["text"] = text_lengths
    width = table.dtype.itemsize
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), count, [None, pa.py_buffer(offsets), pa.py_buffer(table)])


def _fields(column: Coded) -> pa.Array:
    written = [b"".join(map(_field, values)) for values in column.values]
    return pa.array(written, pa.binary()).take(pa.array(column.places))


def _field(value: bytes | None) -> bytes:
    return _NULL if value is None else len(value).to_bytes(4) + value


def _lengths(texts: pa.Array) -> npt.NDArray[np.int32]:
    """Octets of each."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return np.diff(offsets)
