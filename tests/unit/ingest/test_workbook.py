"""INTAKE, Reading: XLSX. Text and whole numbers, hidden rows and sheets, formulas and dates, and what is no workbook."""

import io
import random
import re
import zipfile

import openpyxl
import pytest

from ingest.layout import Layout
from tests.unit.ingest.builders import (
    DAY,
    MOMENT,
    SCIENTIFIC,
    boolean,
    formula,
    gzipped,
    number,
    shared,
    sheet,
    text,
    workbook,
    zipped,
)
from tests.unit.ingest.reading import fields, opened, read, rows_of

HEADER = ("msisdn", "name")


def values(tmp_path, cell):
    """What a cell beside the number is read as."""
    return fields(tmp_path, workbook(sheet(HEADER, ("2010", cell))))[0][1]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (number("201001234567"), "201001234567"),
        (number("201001234567.0"), "201001234567"),
        (number("2.01001234567E+11", SCIENTIFIC), "201001234567"),
        (number("123456789012345"), "123456789012345"),
        (number("1.23456789012345E+17"), "1.23456789012345E+17"),
        (number("-7"), "-7"),
        (number("0.1"), "0.1"),
        (number("19.989999999999998"), "19.99"),
        (text("01001234567"), "01001234567"),
        (text(" منى "), " منى "),
        (text("line_x000D_\nnext"), "line\r\nnext"),
        (text("_xD800_"), "_xD800_"),
        (boolean(True), "TRUE"),
        (boolean(False), "FALSE"),
        (number("45992", DAY), "2025-12-01"),
        (number("45992.5", MOMENT), "2025-12-01T12:00:00"),
        (number("1e300", MOMENT), "1e300"),
        (number("inf", MOMENT), "inf"),
        (number("nan", MOMENT), "nan"),
        (number("-5", MOMENT), "1899-12-25"),
        (number("0.5", MOMENT), "12:00:00"),
        (formula("201001234567"), "201001234567"),
        (formula("hello", "str"), "hello"),
        (formula(), ""),
        ('<c r="{}" t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c r="{}" t="d"><v>2026-11-26</v></c>', "2026-11-26"),
        (None, ""),
    ],
)
def test_a_cell_is_text_as_it_is_stored(tmp_path, cell, expected):
    assert values(tmp_path, cell) == expected


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        (number("201001234567"), 0),
        (text("201001234567"), 0),
        (formula("201001234567"), 0),
        (formula("", "str"), 0),
        (number("2.01E+17"), 0),  # as it is stored; its form is judged later, as in every kind of file
        (formula(), "NUMBER_UNPARSABLE"),
        ('<c r="{}"><f>A1</f><v></v></c>', "NUMBER_UNPARSABLE"),
        (number("45992", DAY), "NUMBER_UNPARSABLE"),
        ('<c r="{}" t="d"><v>2026-11-26</v></c>', "NUMBER_UNPARSABLE"),
        (number("2010012345.5"), "NUMBER_UNPARSABLE"),
    ],
)
def test_dates_fractions_and_formulas_without_a_value_are_no_numbers(tmp_path, cell, fault):
    assert [row[2] for row in read(tmp_path, workbook(sheet(HEADER, (cell, "x"))))] == [fault]


def test_days_may_be_counted_from_1904(tmp_path):
    content = workbook(sheet(HEADER, ("1", number("44530", DAY))), since_1904=True)

    assert fields(tmp_path, content) == [["1", "2025-12-01"]]


def test_hidden_rows_and_sheets_are_skipped_and_counted(tmp_path):
    shown = sheet(HEADER, ("1", "a"), ("2", "b"), ("3", "c"), hidden_rows=(3,))
    source = opened(
        tmp_path, workbook(sheet(HEADER, ("9", "z")), shown, shown, states=("hidden", "visible", "veryHidden"))
    )

    for _ in range(2):
        assert [(line, row) for line, row, _, _ in rows_of(source)] == [(2, ["1", "a"]), (4, ["3", "c"])]
        assert source.skipped == 3


def test_the_first_visible_sheet_with_a_recipient_column_is_read(tmp_path):
    content = workbook(sheet(("about", "this")), sheet(), sheet(HEADER, ("1", "a")), sheet(HEADER, ("2", "b")))

    assert fields(tmp_path, content) == [["1", "a"]]


def test_lines_are_the_sheet_s_own_and_blank_rows_are_ignored(tmp_path):
    content = workbook(sheet((), HEADER, (), ("1", "a"), ("  ", None), ("2",)))

    assert read(tmp_path, content) == [(4, ["1", "a"], 0, "1,a"), (6, ["2", ""], 0, "2,")]


def test_a_row_that_goes_beyond_the_header_is_ragged(tmp_path):
    content = workbook(sheet(HEADER, ("1", "a", "b"), ("2", "a", ""), ("3", "a", None)))

    assert [row[2:] for row in read(tmp_path, content)] == [("FIELD_COUNT", "1,a,b"), (0, "2,a"), (0, "3,a")]


def test_shared_strings_are_put_together_from_their_runs(tmp_path):
    strings = ("msisdn", "<r><t>o</t></r><r><t>ne</t></r><rPh><t>reading</t></rPh>", "منى", "")
    content = workbook(
        sheet((shared(0), "name"), ("1", shared(1)), ("2", shared(2)), ("3", shared(3))), strings=strings
    )

    assert fields(tmp_path, content) == [["1", "one"], ["2", "منى"], ["3", ""]]


def test_a_text_is_too_long_beyond_10_000_characters(tmp_path):
    content = workbook(sheet(HEADER, ("1", "x" * 10_000), ("2", "x" * 10_001)))

    assert [row[2] for row in read(tmp_path, content)] == [0, "FIELD_TOO_LONG"]


def test_elements_may_have_a_prefix(tmp_path):
    prefixed = re.sub("<(/?)([a-z])", r"<\1x:\2", sheet(HEADER, (number("1"), "a"))).replace("xmlns=", "xmlns:x=")

    assert fields(tmp_path, workbook(prefixed)) == [["1", "a"]]


def test_a_workbook_without_a_header_says_so(tmp_path):
    content = workbook(sheet(("201001234567", "hi", "x"), ("201001234568", "ho", "y")))
    source = opened(tmp_path, content, Layout(has_header=False))

    assert source.header == ["msisdn", "text", "3"]
    assert [row[0] for row in rows_of(source)] == [1, 2]


def test_what_openpyxl_writes_is_read(tmp_path):
    rng = random.Random("openpyxl")
    book = openpyxl.Workbook()
    written = [[rng.randrange(10**12, 10**14), f"name {rng.random()}"] for _ in range(300)]
    for row in [HEADER, *written]:
        book.active.append(row)
    book.active.row_dimensions[3].hidden = True
    target = io.BytesIO()
    book.save(target)

    expected = [[str(msisdn), name] for msisdn, name in written]
    assert fields(tmp_path, target.getvalue()) == expected[:1] + expected[2:]


@pytest.mark.parametrize("pack", [gzipped, lambda data: zipped({"x.xlsx": data})], ids=["gzip", "zip"])
def test_a_workbook_in_a_container_is_read(tmp_path, pack):
    assert fields(tmp_path, pack(workbook(sheet(HEADER, ("1", "a"))))) == [["1", "a"]]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (workbook(sheet(HEADER)), "NO_ROWS"),
        (workbook(sheet(HEADER, ("1", "a"), hidden_rows=(2,))), "NO_ROWS"),
        (workbook(sheet()), "EMPTY_FILE"),
        (workbook(sheet(HEADER, ("1", "a")), states=("hidden",)), "EMPTY_FILE"),
        (workbook(sheet(("name",), ("a",))), "NO_RECIPIENT_COLUMN"),
        (workbook(sheet(("phone", "mobile"), ("1", "2"))), "DOUBLE_RECIPIENT_COLUMN"),
        (workbook(sheet(HEADER, ("1", "a")), more={"xl/vbaProject.bin": b"x"}), "MACROS"),
        (workbook(sheet(HEADER), more={"[Content_Types].xml": "sheet.macroEnabled.main+xml"}), "MACROS"),
        (workbook(sheet(HEADER), more={"xl/workbook.xml": "<workbook"}), "NOT_A_TABLE"),
        (
            workbook(sheet(HEADER), more={"xl/styles.xml": '<s><cellXfs><xf numFmtId="x"/></cellXfs></s>'}),
            "NOT_A_TABLE",
        ),
        (workbook(sheet(HEADER, (shared(7), "a"))), "NOT_A_TABLE"),
        (workbook("<worksheet><sheetData><row r='2'></row><row r='2'></row></sheetData></worksheet>"), "NOT_A_TABLE"),
        (workbook(sheet(HEADER, (number("seven"), "a"))), "NOT_A_TABLE"),
        (workbook(sheet(HEADER, (number("NaN"), "a"))), "NOT_A_TABLE"),
        (workbook(f"<worksheet><sheetData><row r='{10**30}'></row></sheetData></worksheet>"), "NOT_A_TABLE"),
        (workbook("<worksheet><sheetData><row><c r='ZZZ1'></c></row></sheetData></worksheet>"), "NOT_A_TABLE"),
        (workbook(sheet(HEADER, before='<!DOCTYPE x [<!ENTITY a "aa">]>')), "UNSAFE_ARCHIVE"),
        (workbook(sheet(HEADER, before='<!DOCTYPE x SYSTEM "file:///etc/passwd">')), "UNSAFE_ARCHIVE"),
        (workbook(f"<worksheet><x a='{'y' * 2_000_000}'/></worksheet>"), "UNSAFE_ARCHIVE"),
        (workbook(sheet(HEADER, ("1", "x" * 30_000_000))), "UNSAFE_ARCHIVE"),
        (zipped({"word/document.xml": "<x/>", "[Content_Types].xml": ""}), "NOT_A_TABLE"),
        (zipped({"xl/workbook.bin": "x"}), "NOT_A_TABLE"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}), "NOT_A_TABLE"),
    ],
    ids=range(23),
)
def test_a_workbook_that_cannot_be_used_has_a_code(tmp_path, content, expected):
    assert read(tmp_path, content)[0] == expected


def test_a_mutated_workbook_is_read_or_refused_and_never_crashes(tmp_path):
    rng = random.Random("workbooks")
    whole = workbook(sheet(HEADER, (number("201001234567"), "a"), (shared(0), number("45992", DAY))), strings=("x",))
    parts = {
        name: zipfile.ZipFile(io.BytesIO(whole)).read(name) for name in zipfile.ZipFile(io.BytesIO(whole)).namelist()
    }
    for _ in range(300):
        name = rng.choice(list(parts))
        part = bytearray(parts[name])
        for _ in range(rng.randint(1, 3)):
            part[rng.randrange(len(part))] = rng.choice(b'0129<>/"= xRA\xff')
        damaged = bytearray(zipped(parts | {name: bytes(part)}))
        if rng.random() < 0.3:
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        found = read(tmp_path, bytes(damaged))
        assert isinstance(found, list) or found[0].isupper()
