"""A workbook's sheet as rows of cells, one after the other; what a cell says as text (INTAKE, Reading: XLSX)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple
from zipfile import ZipFile

from ingest import xml_part
from ingest.header import LARGEST_WIDTH
from ingest.workbook_parts import Contents, SharedStrings, Text

_LETTERS = re.compile(r"[A-Z]{1,3}")
_EXACT = 10**15  # below it Excel keeps every digit of a whole number
_LAST_LINE = 2**31 - 1
_TRUE = ("1", "true")


class Cell(NamedTuple):
    """is_number: may stand where a telephone number is due, which a date, a fraction or a formula without a value may
    not."""

    text: str
    is_number: bool = True


@dataclass
class SheetRow:
    """line: the sheet's number of the row. cells: by column, 0.., without empty ones."""

    line: int
    is_hidden: bool
    cells: dict[int, Cell] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        return not any(cell.text.strip() or not cell.is_number for cell in self.cells.values())


def rows(parts: ZipFile, name: str, contents: Contents, strings: SharedStrings) -> Iterator[SheetRow]:
    """Rows with something in them. Raises Unusable for a sheet that is no sheet."""
    sheet = _Sheet(contents, strings)
    for _ in xml_part.feed(parts, name, sheet):
        yield from sheet.taken()


class _Sheet:
    def __init__(self, contents: Contents, strings: SharedStrings) -> None:
        self._contents = contents
        self._strings = strings
        self._rows: list[SheetRow] = []
        self._row = SheetRow(0, is_hidden=False)
        self._column = -1
        self._cell: dict[str, str] = {}
        self._text = Text()
        self._in_text = self._in_reading = self._has_value = self._has_formula = False

    def taken(self) -> list[SheetRow]:
        """The rows that ended since the last call."""
        found, self._rows = self._rows, []
        return [row for row in found if not row.is_blank]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name in ("v", "t"):
            self._in_text = not self._in_reading
            self._has_value |= name == "v"
        elif name == "f":
            self._has_formula = True
        elif name == "rPh":
            self._in_reading = True
        elif name == "row":
            line = int(attributes.get("r", self._row.line + 1))
            if not self._row.line < line <= _LAST_LINE:
                raise xml_part.damaged()
            self._row = SheetRow(line, attributes.get("hidden") in _TRUE)
            self._column = -1

    def characters(self, data: str) -> None:
        if self._in_text:
            self._text.add(data)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._in_text = False
        elif name == "c":
            cell = self._said()
            if cell.text or not cell.is_number:
                self._row.cells[self._column] = cell
        elif name == "rPh":
            self._in_reading = False
        elif name == "row":
            self._rows.append(self._row)

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        column = self._column + 1 if place is None else _column_of(place.rstrip("0123456789"))
        if not self._column < column < LARGEST_WIDTH:
            raise xml_part.damaged()
        self._column, self._cell = column, attributes
        self._has_value = self._has_formula = False

    def _said(self) -> Cell:
        kind, text = self._cell.get("t", "n"), self._text.taken()
        if self._has_formula and not (text or (kind == "str" and self._has_value)):
            return Cell("", is_number=False)
        if kind == "s":
            return Cell(self._strings[int(text)])
        if kind == "b":
            return Cell("TRUE" if text.strip() in _TRUE else "FALSE")
        if kind == "d":
            return Cell(text, is_number=False)
        if kind == "n" and text:
            if int(self._cell.get("s", 0)) in self._contents.date_styles:
                return Cell(_date(text, since_1904=self._contents.since_1904), is_number=False)
            return _number(text.strip())
        return Cell(text)


@lru_cache(LARGEST_WIDTH)
def _column_of(letters: str) -> int:
    if not _LETTERS.fullmatch(letters):
        raise xml_part.damaged()
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _number(written: str) -> Cell:
    """Whole numbers as they are stored, in plain digits as long as Excel keeps them all; fractions as Excel shows them."""
    if written.isascii() and written.isdigit():
        return Cell(written)
    try:
        value = Decimal(written)
    except InvalidOperation:
        raise xml_part.damaged() from None
    if not value.is_finite():
        raise xml_part.damaged()
    if abs(value) < _EXACT and value == value.to_integral_value():
        return Cell(str(int(value)))
    if "e" in written.lower() or abs(value) >= _EXACT:
        return Cell(written)
    return Cell(f"{float(value):.15g}", is_number=False)


def _date(written: str, *, since_1904: bool) -> str:
    """As ISO 8601: a day, a time, or both. A number that is no day of Excel's calendar stays as it is."""
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

    try:
        found = from_excel(float(written), CALENDAR_MAC_1904 if since_1904 else CALENDAR_WINDOWS_1900)
    except (ValueError, OverflowError):
        return written
    return found.isoformat().removesuffix("T00:00:00") if found is not None else written
