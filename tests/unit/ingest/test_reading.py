"""INTAKE, Reading: encodings, kinds of files, columns, and the codes of files that cannot be used."""

import codecs
import gzip
import random

import pytest
from ingest.table import read

from ingest.layout import Layout
from ingest.options import combine
from ingest.refusal import Unusable

TABLE = "msisdn,name\n01001234567,منى\n"


def compressed(data):
    """The same bytes in every run: each test has its name from them."""
    return gzip.compress(data, mtime=0)


def code(data, layout=None):
    """The code of a refusal with its place, or None."""
    try:
        read(data if isinstance(data, bytes) else data.encode(), layout or Layout())
    except Unusable as refusal:
        return refusal.code, refusal.line if refusal.line is not None else refusal.byte
    return None


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TABLE.encode(), "utf-8"),
        (TABLE.encode("utf-8-sig"), "utf-8"),
        (codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"), "utf-16-be"),
        (TABLE.encode("utf-16-le"), "utf-16-le"),
        (TABLE.encode("utf-16-be"), "utf-16-be"),
        (compressed(TABLE.encode()), "utf-8"),
    ],
)
def test_the_encoding_is_found_from_the_bytes(data, encoding):
    found = read(data, Layout())

    assert (found.encoding, found.rows[0].fields) == (encoding, ["01001234567", "منى"])


def test_a_declared_codec_is_tried_last():
    data = TABLE.encode("cp1256")

    assert code(data) == ("ENCODING_UNKNOWN", data.index("منى".encode("cp1256")))
    assert read(data, Layout(encoding="cp1256")).rows[0].fields[1] == "منى"
    assert read(TABLE.encode(), Layout(encoding="cp1256")).encoding == "utf-8"


def test_one_bad_byte_rejects_the_file_also_under_a_declared_codec():
    data = TABLE.encode() + b"01001234568,\xff\n" + TABLE.encode()
    place = data.index(b"\xff")

    assert code(data) == ("ENCODING_UNKNOWN", place)
    assert code(data, Layout(encoding="cp1256")) == ("ENCODING_UNKNOWN", place)


def test_byte_offsets_count_the_byte_order_mark():
    assert code(codecs.BOM_UTF8 + b"msisdn\n\xff\n") == ("ENCODING_UNKNOWN", 10)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ("EMPTY_FILE", None)),
        (b" \r\n\n", ("EMPTY_FILE", None)),
        (codecs.BOM_UTF8, ("EMPTY_FILE", None)),
        ("msisdn,text\n", ("NO_ROWS", None)),
        ("msisdn,text\n\n  \n", ("NO_ROWS", None)),
        ('msisdn,text\n1,"x\n', ("UNCLOSED_QUOTE", 2)),
        ("name,text\nx,y\n", ("NO_RECIPIENT_COLUMN", None)),
        ("01001234567,hi\n01001234568,hi\n", ("NO_RECIPIENT_COLUMN", None)),
        ("msisdn,Mobile\n1,2\n", ("DOUBLE_RECIPIENT_COLUMN", None)),
        ("<html><table></table></html>", ("NOT_A_TABLE", None)),
        ('{"msisdn": 1}\n', ("NOT_A_TABLE", None)),
        (b"PK\x03\x04rest", ("NOT_A_TABLE", None)),
        (b"\xd0\xcf\x11\xe0rest", ("NOT_A_TABLE", None)),
        (b"%PDF-1.7", ("NOT_A_TABLE", None)),
        (compressed(b"msisdn\n1\n")[:-4], ("UNSAFE_ARCHIVE", None)),
        (compressed(b"msisdn\n1\n") + b"more", ("UNSAFE_ARCHIVE", None)),
        (codecs.BOM_UTF32_LE + "msisdn\n".encode("utf-32-le"), ("ENCODING_UNKNOWN", 0)),
    ],
)
def test_a_file_that_cannot_be_used_has_a_code(data, expected):
    assert code(data) == expected


@pytest.mark.parametrize(
    "name",
    [
        "msisdn",
        "MSISDN",
        " Mobile Number ",
        "phone_no",
        "Phone-Number",
        "number",
        "رقم الجوال",
        "الموبايل",
        "\u200fالهاتف",
    ],
)
def test_the_column_of_numbers_goes_by_many_names(name):
    assert read(f"name,{name}\nx,01001234567\n".encode(), Layout()).recipient == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_sniffed_or_declared(delimiter):
    text = (
        f"msisdn{delimiter}text\n1{delimiter}a, b; c\n".encode()
        if delimiter not in ",;"
        else f"msisdn{delimiter}text\n1{delimiter}a\n".encode()
    )

    assert read(text, Layout()).delimiter == delimiter
    assert read(text, Layout(delimiter=delimiter)).delimiter == delimiter


def test_a_file_of_one_column_has_no_delimiter_to_find():
    assert [row.fields for row in read(b"msisdn\n1\n2\n", Layout()).rows] == [["1"], ["2"]]


def test_headerless_only_where_it_is_said():
    layout = combine({"header": False}, {}).layout
    found = read(b"01001234567,hi\n01001234568,ho\n", layout)

    assert (found.header, len(found.rows), found.rows[0].line) == (["msisdn", "text"], 2, 1)


def test_a_mutated_file_is_read_or_refused_and_never_crashes():
    rng = random.Random("fuzz")
    sources = [
        TABLE.encode(),
        ('msisdn;text\r\n1;"a;\n""b"\r\n' * 3).encode("utf-16"),
        compressed(TABLE.encode() * 20),
    ]
    for _ in range(3_000):
        data = bytearray(rng.choice(sources))
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(data))
            if rng.random() < 0.5:
                data[place] = rng.randrange(256)
            else:
                del data[place : place + rng.randrange(1, 8)]
            data = data or bytearray(b"x")
        refusal = code(bytes(data), Layout(encoding=rng.choice((None, "cp1256"))))
        assert refusal is None or refusal[0].isupper()
