"""What a workbook says beside its sheets: which there are, its shared strings, which styles are dates."""

import mmap
import posixpath
import re
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple
from zipfile import ZipFile

from ingest import archive, xml_part
from ingest.chunking import LONGEST_FIELD

_LARGEST_PART = 32 * 2**20  # bytes of those parts that are kept
_MOST_STRINGS = 10_000_000  # of which a place of 8 bytes each is kept
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_EASTERN_DATES = frozenset((*range(27, 37), *range(50, 59)))


class Sheet(NamedTuple):
    part: str
    is_hidden: bool


@dataclass(frozen=True)
class Contents:
    """sheets: of cells, in their order. date_styles: the styles that show a number as a date. since_1904: days are
    counted from then."""

    sheets: list[Sheet]
    date_styles: frozenset[int]
    since_1904: bool


class SharedStrings:
    """The texts that cells point to, in a temporary file: there may be many millions."""

    def __init__(self, texts: "mmap.mmap | bytes", ends: "array[int]") -> None:
        self._texts = texts
        self._ends = ends

    def __getitem__(self, place: int) -> str:
        if place < 0:
            raise IndexError(place)
        return self._texts[self._ends[place] : self._ends[place + 1]].decode()


def contents(parts: ZipFile) -> Contents:
    book, relations, styles = _Book(), _Relations(), _Styles()
    _read(parts, "xl/workbook.xml", book)
    _read(parts, "xl/_rels/workbook.xml.rels", relations)
    if xml_part.written_name(parts, "xl/styles.xml") is not None:
        _read(parts, "xl/styles.xml", styles)
    sheets = [Sheet(relations.parts[key], hidden) for key, hidden in book.sheets if key in relations.parts]
    return Contents(sheets, styles.dates(), book.since_1904)


@contextmanager
def shared_strings(parts: ZipFile) -> Iterator[SharedStrings]:
    if xml_part.written_name(parts, "xl/sharedStrings.xml") is None:
        yield SharedStrings(b"", array("q", (0,)))
        return
    with tempfile.TemporaryFile() as file:
        strings = _Strings()
        for _ in xml_part.feed(parts, "xl/sharedStrings.xml", strings):
            file.write(strings.taken())
        file.flush()
        if strings.ends[-1] == 0:
            yield SharedStrings(b"", strings.ends)
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as texts:
            yield SharedStrings(texts, strings.ends)


class Text:
    """What a cell or a shared string says, put together from its runs; no more of it than a field may have and one
    character, since that makes it too long already."""

    def __init__(self) -> None:
        self._runs: list[str] = []
        self._length = 0

    def add(self, data: str) -> None:
        if self._length <= LONGEST_FIELD:
            self._runs.append(data)
            self._length += len(data)

    def taken(self) -> str:
        """The text, which begins anew."""
        found = "".join(self._runs)[: LONGEST_FIELD + 1]
        self._runs, self._length = [], 0
        return _ESCAPED.sub(_unescaped, found) if "_x" in found else found


def _unescaped(found: re.Match[str]) -> str:
    """XLSX writes characters that XML has not as _x000D_; halves of surrogate pairs are no characters."""
    character = chr(int(found[1], 16))
    return found[0] if "\ud800" <= character <= "\udfff" else character


class _Quiet:
    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def characters(self, data: str) -> None: ...


class _Book(_Quiet):
    def __init__(self) -> None:
        self.sheets: list[tuple[str, bool]] = []
        self.since_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            keys = [value for key, value in attributes.items() if key.endswith(":id")]
            self.sheets.append((keys[0], attributes.get("state", "visible") != "visible"))


class _Relations(_Quiet):
    """parts: of the sheets of cells, by key; charts and links to other files are none."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes["Type"].endswith("/worksheet") and "TargetMode" not in attributes:
            self.parts[attributes["Id"]] = posixpath.normpath(posixpath.join("/xl", attributes["Target"]))[1:]


class _Styles(_Quiet):
    def __init__(self) -> None:
        self._formats: dict[int, str] = {}
        self._styles: list[int] = []
        self._in_cells = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._formats[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            self._styles.append(int(attributes.get("numFmtId", 0)))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False

    def dates(self) -> frozenset[int]:
        from openpyxl.styles import numbers

        codes = numbers.BUILTIN_FORMATS | self._formats
        dates = {key for key, code in codes.items() if numbers.is_date_format(code)} | _EASTERN_DATES
        return frozenset(place for place, key in enumerate(self._styles) if key in dates)


class _Strings:
    def __init__(self) -> None:
        self.ends = array("q", (0,))
        self._new = bytearray()
        self._text = Text()
        self._in_text = self._in_reading = False

    def taken(self) -> bytes:
        """What came since the last call, as UTF-8."""
        new, self._new = bytes(self._new), bytearray()
        return new

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "t":
            self._in_text = not self._in_reading
        elif name == "rPh":  # how East Asian characters are read
            self._in_reading = True

    def characters(self, data: str) -> None:
        if self._in_text:
            self._text.add(data)

    def end(self, name: str) -> None:
        if name == "t":
            self._in_text = False
        elif name == "rPh":
            self._in_reading = False
        elif name == "si":
            encoded = self._text.taken().encode()
            self._new += encoded
            self.ends.append(self.ends[-1] + len(encoded))
            if len(self.ends) > _MOST_STRINGS:
                raise archive.unsafe(f"the workbook has more than {_MOST_STRINGS} shared strings")


def _read(parts: ZipFile, name: str, handler: xml_part.Handler) -> None:
    written = xml_part.written_name(parts, name)
    if written is not None and parts.getinfo(written).file_size > _LARGEST_PART:
        raise archive.unsafe(f"the workbook's {name} unpacks to more than {_LARGEST_PART} bytes")
    xml_part.read(parts, name, handler)
