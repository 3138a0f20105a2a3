"""Sources and numbers by rows: what `ingest.source` and `recipients.numbers` give, over the reader and the judge of single rows."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest import checks, table
from ingest.chunk import Chunk, Codes, Source
from ingest.table import Layout, Table
from recipients import number
from recipients.reason import code

ROWS = 50_000  # of a chunk


class Judged(NamedTuple):
    codes: Codes
    msisdns: npt.NDArray[np.int64]


class Numbers:
    def __init__(self, region: str) -> None:
        self._region = region

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def judge_members(self, written: Any) -> Judged:
        verdicts = [number.judge_member(one, self._region) for one in written.to_pylist()]
        codes = [0 if verdict.reason is None else code(verdict.reason) for verdict in verdicts]
        return Judged(np.array(codes, np.int8), np.array([verdict.msisdn or 0 for verdict in verdicts], np.int64))


class TableSource:
    def __init__(self, found: Table) -> None:
        self._found = found
        self.header, self.recipient, self.encoding, self.skipped = found.header, found.recipient, found.encoding, 0

    def chunks(self) -> Iterator[Chunk]:
        width = len(self.header)
        for start in range(0, len(self._found.rows), ROWS):
            rows = self._found.rows[start : start + ROWS]
            fields = [(row.fields + [""] * width)[:width] for row in rows]
            wrong = [checks.shape(row, width) for row in rows]
            yield Chunk(
                lines=np.array([row.line for row in rows], np.int64),
                columns=[pa.array(column, pa.string()) for column in zip(*fields, strict=True)],
                faults=np.array([0 if reason is None else code(reason) for reason in wrong], np.int8),
                raw=partial(self._raw, start),
            )

    def _raw(self, start: int, place: int) -> str:
        return self._found.raw(self._found.rows[start + place])


def open_source(path: Path, layout: Layout) -> Source:
    return TableSource(table.read(path.read_bytes(), layout))
