"""INTAKE, Reading: CSV by blocks gives what the scanner gives of the whole text, whatever way a block goes."""

import random

import pytest

from ingest import chunking, csv_block
from ingest.layout import Layout
from ingest.refusal import Unusable
from ingest.scanner import rows
from recipients.reason import REASONS
from tests.unit.ingest.reading import opened, read

HEADER = "msisdn,name"


def text_file(text):
    """With a byte order mark: short texts with a few NULs look like UTF-16."""
    return text.encode("utf-8-sig")


def by_the_scanner(text, delimiter, width):
    """The same from the definition."""
    try:
        found = list(rows(text, delimiter))[1:]
    except Unusable as refusal:
        return refusal.code, refusal.line
    shapes = [chunking.shape_fault(row.fields, width) for row in found]
    return [
        (row.line, (row.fields + [""] * width)[:width], shape and REASONS[shape - 1].value, text[row.start : row.end])
        for row, shape in zip(found, shapes, strict=True)
    ] or ("NO_ROWS", None)


def random_text(rng, pieces, most):
    return "".join(rng.choices(pieces, k=rng.randint(0, most)))


PLAIN = ["\n", "\r", "\r\n", ",", ",", "a", " ", "\t", "ب", "\u2028", "\x85", "\ufeff", "\0", "1,b\n", "2,c\r\n", "x,"]
QUOTED = [*PLAIN, '"', '""', '"a",b\n', '"x\ny","z"\r\n', ',"q,""r"""\n', '"', '5"']


@pytest.mark.parametrize("pieces", [PLAIN, QUOTED], ids=["without quotes", "with quotes"])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_blocks_give_what_the_scanner_gives_wherever_they_are_cut(tmp_path, pieces, width):
    rng = random.Random(f"blocks {width} {len(pieces)}")
    header = ",".join(["msisdn", "a", "b"][:width])
    for _ in range(120):
        text = f"{header}\n{random_text(rng, pieces, 24)}"
        expected = by_the_scanner(text, ",", width)
        for block in (1, rng.randint(2, 30), 4_000_000):
            assert read(tmp_path, text_file(text), Layout(delimiter=","), block=block) == expected, (block, text)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_delimiter_is_read_alike(tmp_path, delimiter):
    rng = random.Random(f"delimiter {delimiter}")
    pieces = [piece.replace(",", delimiter) for piece in QUOTED]
    for _ in range(100):
        text = f"msisdn{delimiter}name\n{random_text(rng, pieces, 20)}"
        assert read(tmp_path, text_file(text), Layout(delimiter=delimiter), block=8) == by_the_scanner(
            text, delimiter, 2
        ), text


def test_utf16_is_read_as_the_same_text_in_utf8_is(tmp_path):
    rng = random.Random("utf-16")
    for _ in range(150):
        text = f"{HEADER}\n{random_text(rng, [*QUOTED, '😀'], 20)}"
        assert read(tmp_path, text.encode("utf-16"), Layout(delimiter=","), block=rng.randint(1, 9)) == by_the_scanner(
            text, ",", 2
        ), text


@pytest.mark.parametrize(
    ("row", "quick"),
    [
        ("2010,Ali", True),
        ('"2010","Ali, ""the"" one"', True),
        ('"2010","two\nlines"', True),
        ("2010", True),
        ('2010,5" pipe', False),
        ('2010,="Ali"', False),
    ],
)
def test_pyarrow_reads_a_block_only_where_its_quotes_are_proven(row, quick):
    block = f"{row}\n".encode() * 3

    assert (csv_block.proven(block, ",", is_last=True) is not None) is quick


def test_a_row_that_is_not_like_the_header_is_marked_and_never_shifted(tmp_path):
    long = "x" * 10_001
    content = text_file(f"{HEADER}\n1,a\n2\n3,c,d\n4,\0\n5,{long}\n6,{long[1:]}\n")

    assert [(line, fields[0], fault) for line, fields, fault, _ in read(tmp_path, content, block=4_000_000)] == [
        (2, "1", 0),
        (3, "2", "FIELD_COUNT"),
        (4, "3", "FIELD_COUNT"),
        (5, "4", "BAD_BYTE"),
        (6, "5", "FIELD_TOO_LONG"),
        (7, "6", 0),
    ]


def test_a_field_s_length_is_counted_in_characters(tmp_path):
    content = text_file(f"{HEADER}\n1,{'ب' * 10_000}\n2,{'ب' * 10_001}\n")

    assert [fault for _, _, fault, _ in read(tmp_path, content, block=1_000)] == [0, "FIELD_TOO_LONG"]


def test_everything_is_text_in_quick_blocks_too(tmp_path):
    content = text_file(f'{HEADER}\nNA,Null\n007, 1.0 \n"","TRUE"\nnan,#N/A\n')

    assert [fields for _, fields, _, _ in read(tmp_path, content)] == [
        ["NA", "Null"],
        ["007", " 1.0 "],
        ["", "TRUE"],
        ["nan", "#N/A"],
    ]


def test_chunks_can_be_read_again_from_the_beginning(tmp_path):
    source = opened(tmp_path, text_file(f"{HEADER}\n1,a\n2,b\n"))

    assert [sum(map(len, source.chunks())) for _ in range(3)] == [2, 2, 2]


def test_an_unclosed_quote_far_below_is_refused_with_its_line(tmp_path):
    rows_before = "".join(f"{number},a\n" for number in range(50_000))
    content = text_file(f'{HEADER}\n{rows_before}1,"never closed\n{rows_before}')

    assert read(tmp_path, content, block=100_000) == ("UNCLOSED_QUOTE", 50_002)


@pytest.mark.parametrize(("row", "code"), [('1,"', "UNCLOSED_QUOTE"), ("1,", "FIELD_TOO_LONG"), ("", "FIELD_TOO_LONG")])
def test_a_row_without_an_end_does_not_fill_the_memory(tmp_path, row, code):
    content = text_file(f"{HEADER}\n1,a\n{row}{'x' * 18 * 2**20}")

    assert read(tmp_path, content, block=4_000_000) == (code, 3)


def test_few_short_rows_below_a_wide_header_come_in_small_chunks(tmp_path):
    header = ",".join(["msisdn", *(f"c{place}" for place in range(5_000))])
    source = opened(tmp_path, text_file(header + "\n" + "1\n" * 1_000))

    sizes = [len(chunk) for chunk in source.chunks()]
    assert sum(sizes) == 1_000
    assert max(sizes) <= 400


def test_more_columns_than_a_sheet_can_have_are_no_table(tmp_path):
    assert read(tmp_path, text_file("msisdn" + "," * 16_384 + "\n1\n")) == ("NOT_A_TABLE", None)
