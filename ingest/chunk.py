"""Rows of a file, many at a time and by columns: what every reader gives and every check takes (INTAKE, Reading)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Lines = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Chunk:
    """n rows in file order, blank ones left out.

    lines: int64[n], 1.., the line on which each row begins; of a workbook the number of the sheet's row.
    columns: a pyarrow string array [n] for each column of the header, without nulls. A row with too few fields is filled
    with empty ones, of a row with too many the surplus is left out.
    faults: int8[n], 0 or the code (`recipients.reason.code`) of FIELD_COUNT, BAD_BYTE or FIELD_TOO_LONG, of a workbook
    also of NUMBER_UNPARSABLE (a formula without a value, a date where a number is due).
    raw: the row at this place as its sender wrote it, without its line end.
    """

    lines: Lines
    columns: list[Any]
    faults: Codes
    raw: Callable[[int], str]

    def __len__(self) -> int:
        return len(self.lines)


class Source(Protocol):
    """A file that can be read as a table, from its beginning and in bounded memory, as often as need be.

    header: the columns' names as written. recipient: the place of the column of numbers. encoding: of what was decoded.
    skipped: rows and sheets of a workbook that are hidden, counted once all chunks were read.
    """

    header: list[str]
    recipient: int
    encoding: str
    skipped: int

    def chunks(self) -> Iterator[Chunk]:
        """Raises Unusable where it meets what makes the whole file unusable, at the latest before the last chunk."""
        ...
