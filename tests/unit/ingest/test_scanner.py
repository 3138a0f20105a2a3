"""INTAKE, Reading: strict CSV, line-true; against a simple model that walks character by character."""

import random

import pytest

from ingest.refusal import Unusable
from ingest.scanner import Scan, rows


def read(text, delimiter=","):
    return [(row.line, row.fields) for row in rows(text, delimiter)]


def test_lines_are_those_where_rows_begin_for_every_line_end():
    assert read("a\nb\r\nc\rd") == [(1, ["a"]), (2, ["b"]), (3, ["c"]), (4, ["d"])]
    assert read('a,"x\r\ny"\rb,"\n\n"\nc') == [(1, ["a", "x\r\ny"]), (3, ["b", "\n\n"]), (6, ["c"])]


def test_blank_rows_are_ignored_and_counted():
    assert read("a\n\n  \nb\n") == [(1, ["a"]), (4, ["b"])]
    assert read('a\n""\n,\n') == [(1, ["a"]), (2, [""]), (3, ["", ""])]


def test_everything_is_text():
    assert read("NA,Null,TRUE,007, 1.0 ") == [(1, ["NA", "Null", "TRUE", "007", " 1.0 "])]


def test_u2028_and_u0085_are_no_row_ends():
    assert read("a\u2028b\u0085c,d\n") == [(1, ["a\u2028b\u0085c", "d"])]


def test_doubled_quotes_are_one_and_a_quote_inside_a_field_is_a_character():
    assert read('"say ""hi""",5" pipe,="010"') == [(1, ['say "hi"', '5" pipe', '="010"'])]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('a\n"b', 2),
        ('a,b\nc,"d\ne,f\n', 2),
        ('a,b\nc,"d\ne,"f"\n', 2),  # the next row's opening quote would close it, and merge two rows
        ('"a\nb",x\n"c"d\n', 3),
        ('"x\ny","z', 2),
    ],
)
def test_an_unclosed_quote_is_refused_with_its_line(text, line):
    with pytest.raises(Unusable) as refusal:
        read(text)
    assert (refusal.value.code, refusal.value.line) == ("UNCLOSED_QUOTE", line)


def model(text, delimiter):
    """The same rules, one character at a time."""
    found, field, fields, line, row_line, state, closed_at = [], "", [], 1, 1, "start", 0
    i, raw = 0, ""

    def end_row():
        nonlocal field, fields, raw
        fields.append(field)
        if len(fields) > 1 or raw.strip(" \t"):
            found.append((row_line, fields))
        field, fields, raw = "", [], ""

    while i < len(text):
        c = text[i]
        newline = "\r\n" if text.startswith("\r\n", i) else c if c in "\r\n" else ""
        if state == "quoted":
            if c == '"' and text[i + 1 : i + 2] == '"':
                field, i = field + '"', i + 2
                continue
            if c == '"':
                state, i, raw = "closed", i + 1, raw + c
                continue
            if newline:
                line += 1
            field, i, raw = field + (newline or c), i + len(newline or c), raw + c
            continue
        if state == "closed" and not newline and c != delimiter:
            return "UNCLOSED_QUOTE", closed_at
        if newline:
            end_row()
            line, i, state = line + 1, i + len(newline), "start"
            row_line = line
        elif c == delimiter:
            fields.append(field)
            field, state, i, raw = "", "start", i + 1, raw + c
        elif c == '"' and state == "start":
            state, closed_at, i, raw = "quoted", line, i + 1, raw + c
        else:
            field, state, i, raw = field + c, "plain", i + 1, raw + c
    if state == "quoted":
        return "UNCLOSED_QUOTE", closed_at
    if raw or fields or field:
        end_row()
    return found


def test_it_reads_as_the_model_does_whatever_the_text():
    rng = random.Random("csv")
    for _ in range(15_000):
        delimiter = rng.choice(",;\t|")
        text = "".join(rng.choices(['"', delimiter, "\n", "\r", "\r\n", "a", " ", "ب", "\u2028"], k=rng.randint(0, 14)))
        try:
            found = read(text, delimiter)
        except Unusable as refusal:
            found = (refusal.code, refusal.line)
        assert found == model(text, delimiter), repr(text)


def read_in_parts(text, rng):
    found, rest, line, place = [], "", 1, 0
    while place < len(text):
        size = rng.randint(1, 5)
        rest, place = rest + text[place : place + size], place + size
        scan = Scan(rest, ",", line, is_last=place >= len(text))
        found += [(row.line, row.fields) for row in scan]
        rest, line = rest[scan.position :], scan.line
    return found


def test_a_text_in_parts_is_read_as_the_whole_one_is():
    rng = random.Random("parts")
    for _ in range(5_000):
        text = "".join(rng.choices(['"', ",", "\n", "\r", "\r\n", "a", " ", '"a\r\nb",'], k=rng.randint(0, 14)))
        try:
            found = read_in_parts(text, rng)
        except Unusable as refusal:
            found = (refusal.code, refusal.line)
        assert found == model(text, ","), repr(text)


def test_the_raw_row_is_what_its_sender_wrote():
    text = 'a,b\r\n"x\ny",z\r\nlast'
    assert [text[row.start : row.end] for row in rows(text, ",")] == ["a,b", '"x\ny",z', "last"]
