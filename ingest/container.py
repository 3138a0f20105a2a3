"""What a file is, told by its content and never by its name, and its bytes out of gzip or zip (INTAKE, Reading)."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from zipfile import ZipFile

from ingest import archive
from ingest.archive import Gunzip, Readable
from ingest.refusal import Unusable

PIECE = 2**20
GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook, or one with a password: save it as XLSX or CSV"),
    (b"%PDF", "a PDF document: save its table as CSV"),
    (b"{\\rtf", "a text document: save its table as CSV"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"II*\0", "an image"),
    (b"MM\0*", "an image"),
    (b"Rar!\x1a\x07", "a RAR archive: send the file as it is, or as gzip or zip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: send the file as it is, or as gzip or zip"),
    (b"BZh", "a bzip2 archive: send the file as it is, or as gzip or zip"),
    (b"\xfd7zXZ\0", "an xz archive: send the file as it is, or as gzip or zip"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive: send the file as it is, or as gzip or zip"),
    (b"SQLite format 3\0", "a database: save the table as CSV"),
    (b"PAR1", "a Parquet file: save it as CSV"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)


@dataclass(frozen=True)
class Content:
    """A file's content. packing: None, gzip or zip. is_workbook: of XLSX, else text in whatever encoding."""

    path: Path
    packing: str | None
    is_workbook: bool = False

    @contextmanager
    def open(self) -> Iterator[Readable]:
        """The content from its beginning. Reads raise Unusable (UNSAFE_ARCHIVE)."""
        with self.path.open("rb") as file:
            if self.packing == "gzip":
                yield Gunzip(file, self.path.stat().st_size)
            elif self.packing == "zip":
                with (
                    archive.unzipped(file) as unzipped,
                    archive.member(unzipped, archive.only_member(unzipped)) as member,
                ):
                    yield member
            else:
                yield file

    @contextmanager
    def open_archive(self) -> Iterator[ZipFile]:
        """The workbook's parts; out of a container it is unpacked to a temporary file, since it is not read in order."""
        with self._seekable() as file, archive.unzipped(file) as parts:
            yield parts

    @contextmanager
    def _seekable(self) -> Iterator[IO[bytes]]:
        if self.packing is None:
            with self.path.open("rb") as file:
                yield file
            return
        with self.open() as packed, tempfile.TemporaryFile() as copy:
            for piece in pieces(packed):
                copy.write(piece)
            copy.seek(0)
            yield copy


def look(path: Path) -> Content:
    """What kind of file it is. Raises Unusable: EMPTY_FILE, NOT_A_TABLE, UNSAFE_ARCHIVE, MACROS."""
    packing = None
    with path.open("rb") as file:
        head = file.read(16)
    if head.startswith(GZIP):
        packing = "gzip"
    elif head.startswith(ZIP):
        if _is_workbook(Content(path, None)):
            return Content(path, None, is_workbook=True)
        packing = "zip"
    found = Content(path, packing)
    if packing is not None:
        with found.open() as content:
            head = next(pieces(content, 16), b"")
        if head.startswith(ZIP) and _is_workbook(found):
            return Content(path, packing, is_workbook=True)
        if head.startswith((GZIP, *ZIP)):
            raise archive.unsafe("an archive in an archive: send the file in one")
    if not head:
        raise Unusable("EMPTY_FILE", "the file has no content")
    for magic, what in _OTHERS:
        if head.startswith(magic):
            raise Unusable("NOT_A_TABLE", what)
    return found


def pieces(content: Readable, size: int = PIECE) -> Iterator[bytes]:
    """The content in pieces of this size, the last one shorter."""
    buffer = bytearray()
    while piece := content.read(min(size - len(buffer), PIECE)):
        buffer += piece
        if len(buffer) == size:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)


def _is_workbook(content: Content) -> bool:
    """Whether a zip archive is an XLSX workbook. Raises Unusable for other documents that are zip archives."""
    with content.open_archive() as parts:
        names = {name.lower() for name in parts.namelist()}
        if any(name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names):
            raise Unusable("MACROS", "a workbook with macros: save it as XLSX or CSV")
        if "mimetype" in names or "word/document.xml" in names or "ppt/presentation.xml" in names:
            raise Unusable("NOT_A_TABLE", "a document of another kind: save its table as XLSX or CSV")
        if "xl/workbook.bin" in names:
            raise Unusable("NOT_A_TABLE", "a binary Excel workbook: save it as XLSX or CSV")
        if "xl/workbook.xml" not in names:
            return False
        if "[content_types].xml" in names:
            types = next(name for name in parts.namelist() if name.lower() == "[content_types].xml")
            with archive.member(parts, types) as part:
                if b"macroenabled" in part.read(PIECE).lower():
                    raise Unusable("MACROS", "a workbook with macros: save it as XLSX or CSV")
        return True
