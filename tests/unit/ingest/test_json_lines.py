"""INTAKE, Reading: JSON Lines. One flat object a line, everything as it is written."""

import random

import pytest

from tests.unit.ingest.builders import json_lines
from tests.unit.ingest.reading import fields, opened, read

FIRST = b'{"msisdn": "1", "name": "a"}\n'


def test_the_header_is_the_keys_of_the_first_object(tmp_path):
    source = opened(tmp_path, json_lines({"name": "a", "msisdn": "1"}, {"msisdn": "2", "name": "b"}))

    assert (source.header, source.recipient) == (["name", "msisdn"], 1)
    assert fields(tmp_path, json_lines({"name": "a", "msisdn": "1"}, {"msisdn": "2", "name": "b"})) == [
        ["a", "1"],
        ["b", "2"],
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("201001234567", "201001234567"),
        ("201001234567.0", "201001234567.0"),
        ("2.01001E+11", "2.01001E+11"),
        ("9" * 5_000, "9" * 5_000),
        ("true", "true"),
        ("false", "false"),
        ("null", ""),
        ('"NA"', "NA"),
        ('"a\\nb"', "a\nb"),
        ('"\\ud83d\\ude00"', "😀"),
    ],
)
def test_values_are_text_as_they_are_written(tmp_path, written, expected):
    content = FIRST + f'{{"msisdn": {written}, "name": "x"}}'.encode()

    assert read(tmp_path, content)[1] == (2, [expected, "x"], 0, content.splitlines()[1].decode())


@pytest.mark.parametrize(
    ("line", "expected", "fault"),
    [
        ('{"msisdn": "2"}', ["2", ""], "FIELD_COUNT"),
        ('{"msisdn": "2", "name": "x", "more": 1}', ["2", "x"], "FIELD_COUNT"),
        ('{"msisdn": "2", "name": ["x"]}', ["", ""], "FIELD_COUNT"),
        ('{"msisdn": "2", "name": {"x": 1}}', ["", ""], "FIELD_COUNT"),
        ('{"msisdn": "2", "name": {}}', ["", ""], "FIELD_COUNT"),
        ('{"msisdn": "2", "msisdn": "3", "name": "x"}', ["", ""], "FIELD_COUNT"),
        ('{"msisdn": "2", "name": "x"', ["", ""], "FIELD_COUNT"),
        ('{"msisdn": "2", "name": NaN}', ["", ""], "FIELD_COUNT"),
        ('["2", "x"]', ["", ""], "FIELD_COUNT"),
        ("2,x", ["", ""], "FIELD_COUNT"),
        ('{"a":' * 100_000, ["", ""], "FIELD_COUNT"),
        ('{"msisdn": "2", "name": "\\u0000"}', ["2", "\0"], "BAD_BYTE"),
        ('{"msisdn": "2", "name": "\\ud800x"}', ["2", "?x"], "BAD_BYTE"),
    ],
    ids=range(13),
)
def test_a_line_that_is_no_object_like_the_first_is_marked(tmp_path, line, expected, fault):
    content = FIRST + line.encode() + b"\n" + FIRST

    assert [row[1:3] for row in read(tmp_path, content)] == [(["1", "a"], 0), (expected, fault), (["1", "a"], 0)]


def test_a_value_is_too_long_beyond_10_000_characters(tmp_path):
    content = json_lines(*({"msisdn": "1", "name": "ب" * length} for length in (1, 10_000, 10_001)))

    assert [row[2] for row in read(tmp_path, content)] == [0, 0, "FIELD_TOO_LONG"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"msisdn": "1"\n', ("NOT_A_TABLE", 1)),
        (b'{\n  "rows": []\n}\n', ("NOT_A_TABLE", 1)),
        (b'{"msisdn": {"a": 1}}\n', ("NOT_A_TABLE", 1)),
        (b'{"name": "a"}\n', ("NO_RECIPIENT_COLUMN", None)),
        (b"{}\n", ("NO_RECIPIENT_COLUMN", None)),
        (b'{"msisdn": "a", "phone": "b"}\n', ("DOUBLE_RECIPIENT_COLUMN", None)),
        (b'{"msisdn": "a", "\\ud800": "b"}\n', ("BAD_BYTE", None)),
        (FIRST + b'{"msisdn": "' + b"1" * 18_000_000, ("FIELD_TOO_LONG", 2)),
    ],
    ids=range(8),
)
def test_a_file_whose_first_line_is_no_flat_object_is_refused(tmp_path, content, expected):
    assert read(tmp_path, content, block=4_000_000) == expected


def test_lines_are_counted_whatever_their_ends_and_wherever_blocks_end(tmp_path):
    rng = random.Random("lines")
    for _ in range(200):
        text, expected, line = "", [], 1
        for _ in range(rng.randint(1, 8)):
            row = [str(rng.randrange(100)), rng.choice(["", "ب", "a\u2028b\u0085"])]
            text += f'{{"msisdn": "{row[0]}", "name": "{row[1]}"}}'
            expected.append((line, row))
            for _ in range(rng.randint(1, 2)):
                end = rng.choice(["\n", "\r\n", "\r"])
                # a CR before an LF is one end with it
                line += 0 if text.endswith("\r") and end == "\n" else 1
                text += end
        found = read(tmp_path, text.encode("utf-8-sig"), block=rng.randint(1, 40))
        assert [row[:2] for row in found] == expected, text
