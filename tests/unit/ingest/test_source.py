"""INTAKE, Reading: kinds of files by their content, containers, the encoding ladder, columns, and the codes of files."""

import codecs
import gzip
import random
import stat
import struct
import zipfile
import zlib

import pytest

from ingest import container, encoding
from ingest.layout import Layout
from ingest.options import combine
from tests.unit.ingest.builders import gzipped, json_lines, sheet, workbook, zipped
from tests.unit.ingest.reading import fields, opened, read, rows_of

TABLE = "msisdn,name\n01001234567,منى\n"
ROW = [["01001234567", "منى"]]


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        gzipped(TABLE.encode()),
        zipped({"any name": TABLE}),
        zipped({"folder/x.csv": TABLE}, zipfile.ZIP_STORED),
        json_lines({"msisdn": "01001234567", "name": "منى"}),
        gzipped(json_lines({"msisdn": "01001234567", "name": "منى"})),
        zipped({"x.csv": json_lines({"msisdn": "01001234567", "name": "منى"})}),
        workbook(sheet(("msisdn", "name"), ("01001234567", "منى"))),
    ],
    ids=["csv", "csv.gz", "csv.zip", "stored", "jsonl", "jsonl.gz", "jsonl.zip", "xlsx"],
)
def test_the_kind_is_told_by_the_content(tmp_path, content):
    assert fields(tmp_path, content) == ROW


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (TABLE.encode(), "utf-8"),
        (TABLE.encode("utf-8-sig"), "utf-8"),
        (codecs.BOM_UTF16_LE + TABLE.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TABLE.encode("utf-16-be"), "utf-16-be"),
        (TABLE.encode("utf-16-le"), "utf-16-le"),
        (TABLE.encode("utf-16-be"), "utf-16-be"),
        (gzipped(TABLE.encode("utf-16")), "utf-16-le"),
    ],
    ids=["plain", "mark", "le mark", "be mark", "le", "be", "gz"],
)
def test_the_encoding_is_found_from_the_bytes(tmp_path, data, found):
    source = opened(tmp_path, data)

    assert (source.encoding, [row[1] for row in rows_of(source)]) == (found, ROW)


def test_a_declared_codec_is_tried_last(tmp_path):
    data = TABLE.encode("cp1256")

    assert read(tmp_path, data) == ("ENCODING_UNKNOWN", data.index("منى".encode("cp1256")))
    assert fields(tmp_path, data, Layout(encoding="cp1256")) == ROW
    assert opened(tmp_path, TABLE.encode(), Layout(encoding="cp1256")).encoding == "utf-8"


@pytest.mark.parametrize("before", [0, 1 << 20, (1 << 20) - 20, (3 << 20) - 21])
def test_one_bad_byte_rejects_the_file_also_under_a_declared_codec(tmp_path, before):
    data = ("msisdn,name\n" + "x" * before + TABLE).encode() + b"01001234568,\xff\n" + TABLE.encode() * 5
    place = data.index(b"\xff")

    assert read(tmp_path, data) == ("ENCODING_UNKNOWN", place)
    assert read(tmp_path, data, Layout(encoding="cp1256")) == ("ENCODING_UNKNOWN", place)


def test_a_bad_byte_is_counted_with_the_byte_order_mark_and_in_what_was_unpacked(tmp_path):
    data = codecs.BOM_UTF8 + b"msisdn\n\xff\n"

    assert read(tmp_path, data) == ("ENCODING_UNKNOWN", 10)
    assert read(tmp_path, gzipped(data)) == ("ENCODING_UNKNOWN", 10)
    assert read(tmp_path, codecs.BOM_UTF16_LE + "msisdn\n".encode("utf-16-le") + b"\0\xd8\n\0") == (
        "ENCODING_UNKNOWN",
        16,
    )


def first_bad_byte(data, codec):
    try:
        data.decode(codec)
    except UnicodeDecodeError as error:
        return error.start
    return None


def test_the_place_of_a_bad_byte_is_python_s_wherever_the_pieces_end(tmp_path, monkeypatch):
    monkeypatch.setattr(encoding, "PIECE", 5)
    rng = random.Random("bad bytes")
    for codec in ("utf-8", "utf-16-le", "utf-16-be", "cp1256", "gb18030", "shift_jis"):
        for _ in range(200):
            data = bytearray("msisdn,منى😀,ab\n".encode(codec, "ignore") * 2)
            data[rng.randrange(len(data))] = rng.randrange(256)
            path = tmp_path / "file"
            path.write_bytes(data)
            bad = encoding._first_bad_byte(container.Content(path, None), encoding.Encoding(codec))
            assert bad == first_bad_byte(data, codec), (codec, bytes(data))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ("EMPTY_FILE", None)),
        (gzipped(b""), ("EMPTY_FILE", None)),
        (zipped({}), ("EMPTY_FILE", None)),
        (zipped({"x": b""}), ("EMPTY_FILE", None)),
        (b" \r\n\n", ("EMPTY_FILE", None)),
        ("\u00a0\n\u2003".encode(), ("EMPTY_FILE", None)),
        (codecs.BOM_UTF8, ("EMPTY_FILE", None)),
        (b"msisdn,text\n", ("NO_ROWS", None)),
        (b"msisdn,text\n\n  \n", ("NO_ROWS", None)),
        (b'msisdn,text\n1,"x\n', ("UNCLOSED_QUOTE", 2)),
        (b'"msisdn,text\n1,x\n', ("UNCLOSED_QUOTE", 1)),
        (b"name,text\nx,y\n", ("NO_RECIPIENT_COLUMN", None)),
        (b"01001234567,hi\n01001234568,hi\n", ("NO_RECIPIENT_COLUMN", None)),
        (b"msisdn,Mobile\n1,2\n", ("DOUBLE_RECIPIENT_COLUMN", None)),
        (b"\xef\xbb\xbfmsisdn,x\0\n1,2\n", ("BAD_BYTE", None)),
        (b" <html><table></table></html>", ("NOT_A_TABLE", None)),
        (b'<?xml version="1.0"?><x/>', ("NOT_A_TABLE", None)),
        (b'[{"msisdn": 1}]', ("NOT_A_TABLE", None)),
        (b"\xd0\xcf\x11\xe0rest", ("NOT_A_TABLE", None)),
        (b"%PDF-1.7", ("NOT_A_TABLE", None)),
        (b"\x89PNG\r\n", ("NOT_A_TABLE", None)),
        (b"\xff\xd8\xff\xe0", ("NOT_A_TABLE", None)),
        (gzipped(b"%PDF-1.7"), ("NOT_A_TABLE", None)),
        (zipped({"x.xls": b"\xd0\xcf\x11\xe0rest"}), ("NOT_A_TABLE", None)),
        (codecs.BOM_UTF32_LE + "msisdn\n".encode("utf-32-le"), ("ENCODING_UNKNOWN", 0)),
    ],
    ids=range(25),
)
def test_a_file_that_cannot_be_used_has_a_code(tmp_path, data, expected):
    assert read(tmp_path, data) == expected


def encrypted():
    data = bytearray(zipped({"x.csv": TABLE}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def link():
    data = bytearray(zipped({"x.csv": "/etc/passwd"}))
    entry = data.index(b"PK\x01\x02")
    data[entry + 38 : entry + 42] = struct.pack("<I", (stat.S_IFLNK | 0o777) << 16)
    return bytes(data)


def bomb(size):
    """A zip of zeros."""
    return zipped({"x.csv": bytes(size)})


def lying_bomb():
    """Its directory says that it unpacks to a few bytes."""
    data = bytearray(bomb(40_000_000))
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 1_000)
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        gzipped(b"msisdn\n1\n")[:-4],
        gzipped(b"msisdn\n1\n" * 1_000)[:30],
        gzipped(b"msisdn\n1\n") + b"more",
        gzipped(b"msisdn\n1\n") * 2,
        gzipped(b"msisdn\n1\n")[:-8] + bytes(8),
        gzipped(gzipped(b"msisdn\n1\n")),
        gzipped(zipped({"x.csv": TABLE})),
        zipped({"x.gz": gzipped(b"msisdn\n1\n")}),
        zipped({"x.zip": zipped({"x.csv": TABLE})}),
        zipped({"x.csv": TABLE, "y.csv": TABLE}),
        zipped({"../x.csv": TABLE}),
        zipped({"/etc/x.csv": TABLE}),
        zipped({"C:x.csv": TABLE}),
        zipped({"a\\..\\x.csv": TABLE}),
        zipped({"x.csv": TABLE}, zipfile.ZIP_BZIP2),
        zipped({"x.csv": TABLE}, zipfile.ZIP_LZMA),
        zipped({"x.csv": TABLE})[:-30],
        zipped({"x.csv": TABLE}, zipfile.ZIP_STORED).replace("منى".encode(), b"xxxxxx"),
        b"PK\x03\x04rest",
        encrypted(),
        link(),
        bomb(40_000_000),
        lying_bomb(),
        gzipped(bytes(40_000_000)),
        zipped({f"{place}.csv": b"" for place in range(20_000)}),
    ],
    ids=range(25),
)
def test_an_archive_that_is_not_safe_is_refused(tmp_path, data):
    assert read(tmp_path, data) == ("UNSAFE_ARCHIVE", None)


def test_a_text_that_packs_well_is_no_bomb(tmp_path):
    text = "msisdn,text\n" + "".join(f"2010{place:08},{'the same for all of you ' * 20}\n" for place in range(60_000))

    assert len(read(tmp_path, gzipped(text.encode()))) == 60_000


def test_a_large_gzip_is_unpacked_as_far_as_it_is_read(tmp_path):
    packed = zlib.compressobj(wbits=31)
    data = packed.compress(b"msisdn\n" + b"1" * 5_000_000) + packed.flush()
    path = tmp_path / "file"
    path.write_bytes(data)

    with container.look(path).open() as content:
        assert len(content.read(1_000)) <= 1_000
    assert gzip.decompress(data).startswith(b"msisdn")


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
def test_the_column_of_numbers_goes_by_many_names(tmp_path, name):
    assert opened(tmp_path, f"name,{name}\nx,01001234567\n".encode()).recipient == 1


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_sniffed_or_declared(tmp_path, delimiter):
    text = f'\n"msisdn"{delimiter}text\n1{delimiter}a\n'.encode()

    for layout in (Layout(), Layout(delimiter=delimiter)):
        assert fields(tmp_path, text, layout) == [["1", "a"]]


def test_a_file_of_one_column_has_no_delimiter_to_find(tmp_path):
    assert fields(tmp_path, b"msisdn\n1\n2\n") == [["1"], ["2"]]


def test_headerless_only_where_it_is_said(tmp_path):
    source = opened(tmp_path, b"\n01001234567,hi,x\n01001234568,ho,y\n", combine({"header": False}, {}).layout)

    assert source.header == ["msisdn", "text", "3"]
    assert [row[:2] for row in rows_of(source)] == [(2, ["01001234567", "hi", "x"]), (3, ["01001234568", "ho", "y"])]


def test_a_mutated_file_is_read_or_refused_and_never_crashes(tmp_path):
    rng = random.Random("fuzz")
    sources = [
        TABLE.encode(),
        ('msisdn;text\r\n1;"a;\n""b"\r\n' * 3).encode("utf-16"),
        gzipped(TABLE.encode() * 20),
        zipped({"x.csv": TABLE * 20}),
        json_lines({"msisdn": "1", "name": "x"}, {"msisdn": 2.5, "name": None}),
    ]
    for _ in range(700):
        data = bytearray(rng.choice(sources))
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(data))
            if rng.random() < 0.5:
                data[place] = rng.randrange(256)
            else:
                del data[place : place + rng.randrange(1, 8)]
            data = data or bytearray(b"x")
        found = read(tmp_path, bytes(data), Layout(encoding=rng.choice((None, "cp1256"))))
        assert isinstance(found, list) or found[0].isupper()
