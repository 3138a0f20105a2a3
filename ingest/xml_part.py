"""A part of a workbook, read as a stream of XML events in bounded memory: no DTD, so no entity and no bomb of them."""

from collections.abc import Iterator
from typing import Protocol
from xml.parsers import expat
from zipfile import ZipFile

from ingest import archive
from ingest.refusal import Unusable

_PIECE = 1 << 16
_LARGEST_TOKEN = 2**20  # bytes of a tag, which the parser keeps until it ends


class Handler(Protocol):
    """Names are without the root's prefix; those of another namespace keep theirs."""

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def characters(self, data: str) -> None: ...


def feed(parts: ZipFile, name: str, handler: Handler) -> Iterator[None]:
    """Tells the handler what is in the part, and stops for the caller after each piece of it."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_dtd
    parser.StartElementHandler = lambda tag, attributes: _begin(parser, handler, tag, attributes)
    parser.CharacterDataHandler = handler.characters
    read = 0
    written = written_name(parts, name)
    if written is None:
        raise damaged()
    try:
        with archive.member(parts, written) as part:
            while piece := part.read(_PIECE):
                read += len(piece)
                parser.Parse(piece, False)
                if read - parser.CurrentByteIndex > _LARGEST_TOKEN:
                    raise archive.unsafe("the workbook holds a tag of more than a MiB")
                yield
        parser.Parse(b"", True)
    except (expat.ExpatError, KeyError, ValueError, IndexError, OverflowError) as error:
        raise damaged() from error
    yield


def read(parts: ZipFile, name: str, handler: Handler) -> None:
    """A part of which all is kept."""
    for _ in feed(parts, name, handler):
        pass


def damaged() -> Unusable:
    return Unusable("NOT_A_TABLE", "the workbook is damaged: save it again as XLSX, or as CSV")


def written_name(parts: ZipFile, name: str) -> str | None:
    """The part's name as it is written, if it is there: OPC names are the same in whatever case."""
    return next((written for written in parts.namelist() if written.lower() == name.lower()), None)


def _begin(parser: expat.XMLParserType, handler: Handler, tag: str, attributes: dict[str, str]) -> None:
    """At the root element: its prefix is that of all elements that count; mostly there is none, and nothing to strip."""
    prefix, colon, _ = tag.rpartition(":")
    if colon:
        prefix += colon
        parser.StartElementHandler = lambda name, values: handler.start(name.removeprefix(prefix), values)
        parser.EndElementHandler = lambda name: handler.end(name.removeprefix(prefix))
    else:
        parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    handler.start(tag.removeprefix(prefix), attributes)


def _refuse_dtd(*_: object) -> None:
    raise archive.unsafe("the workbook holds a document type, and may hold a bomb of entities")
