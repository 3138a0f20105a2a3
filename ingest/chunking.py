"""Chunks out of rows that were read one at a time, and what is wrong with such a row (INTAKE, Reading)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ingest.chunk import Chunk
from recipients.reason import Reason, code

LONGEST_FIELD = 10_000  # characters
_ROWS, _CELLS, _CHARACTERS = 20_000, 2_000_000, 4_000_000  # of a chunk at most


class Read(NamedTuple):
    """A row. fields: as many as the header has columns. fault: as in Chunk."""

    line: int
    fields: Sequence[str]
    fault: int
    raw: str


def shape_fault(fields: Sequence[str], width: int) -> int:
    """0, or the code of the first rule that the row's fields break: FIELD_COUNT, BAD_BYTE, FIELD_TOO_LONG."""
    if len(fields) != width:
        return code(Reason.FIELD_COUNT)
    if any("\0" in field for field in fields):
        return code(Reason.BAD_BYTE)
    if any(len(field) > LONGEST_FIELD for field in fields):
        return code(Reason.FIELD_TOO_LONG)
    return 0


def filled(fields: list[str], width: int) -> list[str]:
    """A ragged row fills the columns as far as it goes."""
    return (fields + [""] * (width - len(fields)))[:width]


def chunks_of(rows: Iterable[Read], width: int) -> Iterator[Chunk]:
    """As many rows at a time as the memory may take, whatever they are like."""
    batch: list[Read] = []
    size, most = 0, max(1, min(_ROWS, _CELLS // width))
    for row in rows:
        batch.append(row)
        size += len(row.raw)
        if len(batch) >= most or size >= _CHARACTERS:
            yield _chunk(batch, width)
            batch, size = [], 0
    if batch:
        yield _chunk(batch, width)


def _chunk(rows: Sequence[Read], width: int) -> Chunk:
    import pyarrow as pa

    return Chunk(
        lines=np.array([row.line for row in rows], np.int64),
        columns=[pa.array([row.fields[place] for row in rows], pa.string()) for place in range(width)],
        faults=np.array([row.fault for row in rows], np.int8),
        raw=lambda place: rows[place].raw,
    )
