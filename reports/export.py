"""Writes a table as CSV, XLSX or JSON: streamed, so that its size does not matter, and whole or not at all."""

import codecs
import csv
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import IO, Any

from outbound import database
from outbound.errors import OutboundError
from reports import catalogue, cells

Row = Sequence[Any]
Writer = Callable[[list[str], Iterable[Row], IO[bytes]], int]
BLOCK = 5_000
SHEET_ROWS = 1_048_575  # that a sheet holds below its heading
SHEET_BEGINS = 1900  # the first year that a spreadsheet has dates of
DAY_WIDTH, INSTANT_WIDTH = 14, 24  # in characters: a date that does not fit is shown as ####
INSTANTS = ("at", "by", "hour")  # what the names of their columns end with
FORMS = {"money": "#,##0.00####", "day": "yyyy-mm-dd", "instant": 'yyyy-mm-dd hh:mm:ss" UTC"'}


class CannotWrite(OutboundError):
    """The file of an export cannot be written: where, why, and what to do."""


def export(
    table: str, target: IO[bytes] | Path, form: str, account: str | None = None, month: str | None = None
) -> int:
    """Writes the rows and gives their number. A file appears only when all of it is there.

    form: csv, xlsx, json, or excel-csv: CSV whose mark tells a spreadsheet that it is UTF-8.
    """
    with database.connect("operator") as connection:
        statement = catalogue.statement(connection, table, account, month)
        write = WRITERS[form]
        if form == "xlsx" and catalogue.is_right_to_left(connection, account):
            write = partial(to_xlsx, right_to_left=True)
        with connection.cursor(name="export") as cursor:
            cursor.itersize = BLOCK
            cursor.execute(statement)
            heads = [column.name for column in cursor.description or ()]
            if isinstance(target, Path):
                return _to_file(target, write, heads, cursor)
            return write(heads, cursor, target)


def _to_file(path: Path, write: Writer, heads: list[str], rows: Iterable[Row]) -> int:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            count = write(heads, rows, file)
        part.replace(path)
    except OSError as error:
        raise CannotWrite(
            f"{path} cannot be written: {error.strerror or error}; nothing is left of it. Free some space, or"
            " name another place with -o"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def to_csv(heads: list[str], rows: Iterable[Row], target: IO[bytes]) -> int:
    lines = _Encoded(target)
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(heads)
    count = 0
    for count, row in enumerate(rows, start=1):  # noqa: B007  the number of rows is the result
        writer.writerow([cells.text(value) for value in row])
    return count


def to_marked_csv(heads: list[str], rows: Iterable[Row], target: IO[bytes]) -> int:
    """Spreadsheets take a CSV without the mark for one in the machine's own encoding; programs read the mark as text."""
    target.write(codecs.BOM_UTF8)
    return to_csv(heads, rows, target)


class _Encoded:
    """What csv needs of a text file, over a binary one that belongs to somebody else."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target

    def write(self, line: str) -> int:
        return self._target.write(line.encode())


def to_json(heads: list[str], rows: Iterable[Row], target: IO[bytes]) -> int:
    """An array with an object a line. Amounts and numbers of subscribers are texts: nothing is rounded."""
    count = 0
    target.write(b"[")
    for count, row in enumerate(rows, start=1):
        one = {head: cells.plain(value) for head, value in zip(heads, row, strict=True)}
        target.write((",\n" if count > 1 else "\n").encode() + json.dumps(one, ensure_ascii=False).encode())
    target.write(b"\n]\n")
    return count


def to_xlsx(heads: list[str], rows: Iterable[Row], target: IO[bytes], right_to_left: bool = False) -> int:
    """Row by row with constant memory; a new sheet where one is full. No text becomes a formula or a link; amounts and rates
    are numbers that show two decimals or more, days are days, and instants are UTC's, which their cells say. right_to_left: the
    first column is on the right, for Arabic readers."""
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    with tempfile.TemporaryDirectory(prefix="outbound-export-") as folder:
        place = Path(folder) / "export.xlsx"
        options = {
            "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False, "tmpdir": folder,
        }  # fmt: skip
        book = xlsxwriter.Workbook(place, options)
        count = 0
        forms = {kind: book.add_format({"num_format": shown}) for kind, shown in FORMS.items()}
        sheet = _sheet(book, heads, right_to_left)
        for count, row in enumerate(rows, start=1):
            if count > 1 and (count - 1) % SHEET_ROWS == 0:
                sheet = _sheet(book, heads, right_to_left)
            for column, value in enumerate(row):
                _cell(sheet, (count - 1) % SHEET_ROWS + 1, column, value, forms)
        try:
            book.close()
        except FileCreateError as error:
            raise CannotWrite(
                f"the workbook cannot be written: {error}; free some space in {place.parent.parent}"
            ) from error
        with place.open("rb") as made:
            shutil.copyfileobj(made, target)
    return count


def _sheet(book: Any, heads: list[str], right_to_left: bool) -> Any:
    sheet = book.add_worksheet()
    if right_to_left:
        sheet.right_to_left()
    bold = book.add_format({"bold": True})
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
        sheet.set_column(column, column, max(len(head) + 2, INSTANT_WIDTH if head.endswith(INSTANTS) else DAY_WIDTH))
    sheet.freeze_panes(1, 0)
    return sheet


def _cell(sheet: Any, row: int, column: int, value: Any, forms: dict[str, Any]) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, Decimal):
        sheet.write_number(row, column, value, forms["money"])
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    elif isinstance(value, datetime) and value.year > SHEET_BEGINS:
        sheet.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None), forms["instant"])
    elif isinstance(value, date) and value.year >= SHEET_BEGINS:
        sheet.write_datetime(row, column, value, forms["day"])
    elif value is not None:
        sheet.write_string(row, column, str(cells.plain(value)))


WRITERS: dict[str, Writer] = {"csv": to_csv, "excel-csv": to_marked_csv, "json": to_json, "xlsx": to_xlsx}
