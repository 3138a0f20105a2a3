"""XLSX as a source of chunks: the first visible sheet with a column of numbers, row by row (INTAKE, Reading)."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ingest import chunking, header, sheet, workbook_parts
from ingest.chunk import Chunk
from ingest.chunking import Read
from ingest.container import Content
from ingest.layout import Layout
from ingest.refusal import Unusable
from ingest.sheet import Cell, SheetRow
from ingest.workbook_parts import Sheet
from recipients.reason import Reason, code

_EMPTY = Cell("")
_QUOTED = re.compile(r"[\"\r\n]")

Rows = Callable[[str], Iterator[SheetRow]]
"""The rows of a sheet, by its part."""


@dataclass
class WorkbookSource:
    """A row is ragged only where it goes beyond the header. part: the sheet. first: the line from which on its rows are read. hidden_sheets: how many there are."""

    header: list[str]
    recipient: int
    content: Content
    part: str
    first: int
    hidden_sheets: int
    encoding: str = "utf-8"
    skipped: int = 0

    def chunks(self) -> Iterator[Chunk]:
        hidden = 0

        def visible(rows: Iterator[SheetRow]) -> Iterator[Read]:
            nonlocal hidden
            for row in rows:
                hidden += row.is_hidden
                if row.line >= self.first and not row.is_hidden:
                    yield self._read(row)

        with _opened(self.content) as (_, rows):
            yield from chunking.chunks_of(visible(rows(self.part)), len(self.header))
        self.skipped = hidden + self.hidden_sheets

    def _read(self, row: SheetRow) -> Read:
        width = len(self.header)
        cells = _cells(row, width)
        written = [cell.text for cell in cells]
        fault = chunking.shape_fault(written, width)
        if not fault and not cells[self.recipient].is_number:
            fault = code(Reason.NUMBER_UNPARSABLE)
        return Read(row.line, written[:width], fault, _as_csv(written))


def open_workbook(content: Content, layout: Layout) -> WorkbookSource:
    """Raises Unusable: EMPTY_FILE, NO_ROWS, NO_RECIPIENT_COLUMN, DOUBLE_RECIPIENT_COLUMN, or of a damaged workbook."""
    with _opened(content) as (sheets, rows):
        found = _chosen(content, sheets, rows, layout)
    if next(found.chunks(), None) is None:
        raise Unusable("NO_ROWS", "there is a header and no visible row below it")
    return found


def _chosen(content: Content, sheets: list[Sheet], rows: Rows, layout: Layout) -> WorkbookSource:
    refusal = Unusable("EMPTY_FILE", "no visible sheet of the workbook has a visible row")
    hidden = sum(one.is_hidden for one in sheets)
    for one in sheets:
        top = None if one.is_hidden else next((row for row in rows(one.part) if not row.is_hidden), None)
        if top is None:
            continue
        names, first = [cell.text for cell in _cells(top, 0)], top.line + 1
        if not layout.has_header:
            names, first = header.named(layout.names, len(names)), top.line
        try:
            return WorkbookSource(names, header.recipient(names, layout), content, one.part, first, hidden)
        except Unusable as error:
            if error.code != "NO_RECIPIENT_COLUMN":
                raise
            refusal = error
    raise refusal


@contextmanager
def _opened(content: Content) -> Iterator[tuple[list[Sheet], Rows]]:
    with content.open_archive() as parts, workbook_parts.shared_strings(parts) as strings:
        contents = workbook_parts.contents(parts)
        yield contents.sheets, lambda part: sheet.rows(parts, part, contents, strings)


def _cells(row: SheetRow, width: int) -> list[Cell]:
    """At least so many: cells that are not there are empty ones."""
    return [row.cells.get(place, _EMPTY) for place in range(max(width, max(row.cells) + 1))]


def _as_csv(fields: list[str]) -> str:
    plain = ",".join(fields)
    if plain.count(",") == len(fields) - 1 and not _QUOTED.search(plain):
        return plain
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()
