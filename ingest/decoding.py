"""Bytes to text: what kind of file it is, told by its content, and in which encoding (INTAKE, Reading)."""

import codecs
import re
import zlib
from typing import NamedTuple

from ingest.refusal import Unusable

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_OTHERS = (
    (b"PK\x03\x04", "an XLSX workbook or a zip archive: save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save it as CSV"),
    (b"%PDF", "a PDF document: save its table as CSV"),
)
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
LARGEST = 4 * 2**30  # what a gzip file may unpack to


class Decoded(NamedTuple):
    text: str
    encoding: str


def unpack(data: bytes) -> bytes:
    """The table's bytes: a gzip file's content. Raises Unusable for what is no table, or not a safe archive."""
    if data.startswith(b"\x1f\x8b"):
        data = _gunzip(data)
    for magic, what in _OTHERS:
        if data.startswith(magic):
            raise Unusable("NOT_A_TABLE", what)
    return data


def _gunzip(data: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=31)
    try:
        content = unzip.decompress(data, LARGEST)
    except zlib.error as error:
        raise Unusable("UNSAFE_ARCHIVE", "the gzip file is damaged: send it again") from error
    if unzip.unconsumed_tail:
        raise Unusable("UNSAFE_ARCHIVE", f"the gzip file unpacks to more than {LARGEST} bytes")
    if not unzip.eof or unzip.unused_data:
        raise Unusable("UNSAFE_ARCHIVE", "the gzip file ends early, or something follows it: send it again")
    return content


def decode(data: bytes, declared: str | None) -> Decoded:
    """BOM, UTF-16 by its NULs, strict UTF-8, the declared codec; Unusable (ENCODING_UNKNOWN) with the byte offset.

    A codec that can read any byte would also read a damaged UTF-8 file, so a declared one is not tried on a file that
    is UTF-8 but for a few bytes.
    """
    if data.startswith(_UTF32):
        raise Unusable("ENCODING_UNKNOWN", "UTF-32 is not read: save the file as UTF-8", byte=0)
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return Decoded(_strictly(data[len(bom) :], encoding, len(bom)), encoding)
    if guessed := _utf16_by_nulls(data):
        return Decoded(_strictly(data, guessed, 0), guessed)
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        first_bad = error.start
    if declared is None or codecs.lookup(declared).name == "utf-8" or _is_damaged_utf8(data):
        raise Unusable("ENCODING_UNKNOWN", "not UTF-8, and no other encoding is declared that fits", byte=first_bad)
    return Decoded(_strictly(data, declared, 0), declared)


def _strictly(data: bytes, encoding: str, before: int) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unusable("ENCODING_UNKNOWN", f"not {encoding}", byte=before + error.start) from error


def _utf16_by_nulls(data: bytes) -> str | None:
    """ASCII characters in UTF-16 have a NUL in each second byte: in tables they are many, the other side has none."""
    sample = data[:65536]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if not even and odd * 10 >= len(sample) // 2 > 0:
        return "utf-16-le"
    if not odd and even * 10 >= len(sample) // 2 > 0:
        return "utf-16-be"
    return None


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether most of what is beyond ASCII is UTF-8."""
    whole = sum(len(found) for found in _MULTIBYTE.findall(data))
    beyond_ascii = len(data) - len(data.translate(None, bytes(range(0x80, 0x100))))
    return 2 * whole > beyond_ascii


def refuse_other_texts(text: str) -> None:
    """Raises Unusable for texts that are no table: HTML, XML, JSON."""
    start = text[:1000].lstrip()[:1]
    if start == "<":
        raise Unusable("NOT_A_TABLE", "HTML or XML: save the table as CSV")
    if start in ("{", "["):
        raise Unusable("NOT_A_TABLE", "JSON: save the table as CSV")
