"""gzip and zip files, unpacked as far as they are read and no further than is safe (INTAKE, UNSAFE_ARCHIVE)."""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Protocol

from ingest.refusal import Unusable

LARGEST = 4 * 2**30  # bytes that a file may unpack to
LARGEST_RATIO = 250  # texts of one template with a number each pack a hundred times smaller, bombs a thousand times
_HARMLESS = 16 * 2**20  # unpacked bytes up to which no ratio is looked at
_PIECE = 1 << 16
_LARGEST_READ = 2**20  # above all the directory of a zip: a few thousand members
_SOUND_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = "the zip archive is damaged: send it again"
_TRICK = re.compile(r"^[/\\]|^[A-Za-z]:|\\|(^|/)\.\.(/|$)|[\x00-\x1f]")


class Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes:
        """At most size bytes, and none only at the end."""
        ...


class Gunzip:
    """A gzip file's content. read raises Unusable where it is damaged, unpacks to too much, or something follows it."""

    def __init__(self, file: IO[bytes], packed: int) -> None:
        self._file = file
        self._packed = packed
        self._unpacked = 0
        self._unzip = zlib.decompressobj(wbits=31)

    def read(self, size: int = _PIECE, /) -> bytes:
        while not self._unzip.eof:
            data = self._unzip.unconsumed_tail or self._file.read(_PIECE)
            if not data:
                raise unsafe("the gzip file ends early: send it again")
            try:
                content = self._unzip.decompress(data, size)
            except zlib.error as error:
                raise unsafe("the gzip file is damaged: send it again") from error
            self._unpacked += len(content)
            refuse_bomb(self._packed, self._unpacked)
            if content:
                return content
        if self._unzip.unused_data or self._file.read(1):
            raise unsafe("something follows the gzip file's end: send it again, one file in it")
        return b""


class _Directory:
    """A zip file, as zipfile reads it: a directory that would fill the memory is refused."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _LARGEST_READ:
            raise unsafe("the zip archive has too many members")
        return self._file.read(size)


@contextmanager
def unzipped(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    """The archive, for reads of at most a MiB. Raises Unusable for one that is damaged, encrypted or a bomb."""
    try:
        archive = zipfile.ZipFile(_Directory(file))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise unsafe(_DAMAGED) from error
    try:
        with archive:
            _refuse_unsafe(archive)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise unsafe(_DAMAGED) from error


def only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    files = [member for member in archive.infolist() if not member.is_dir()]
    if not files:
        raise Unusable("EMPTY_FILE", "the zip archive has no member")
    if len(files) > 1:
        raise unsafe("the zip archive has several members: send one file in it")
    return files[0]


def member(archive: zipfile.ZipFile, which: str | zipfile.ZipInfo) -> IO[bytes]:
    """A member's content. Where it lies, and what stands there, is for the archive's writer to say, and may be wrong."""
    try:
        return archive.open(which)
    except (OSError, ValueError, RuntimeError, struct.error) as error:
        raise unsafe(_DAMAGED) from error


def refuse_bomb(packed: int, unpacked: int) -> None:
    if unpacked > LARGEST:
        raise unsafe(f"the file unpacks to more than {LARGEST} bytes")
    if unpacked > _HARMLESS and unpacked > LARGEST_RATIO * packed:
        raise unsafe(f"the file unpacks to more than {LARGEST_RATIO} times its size")


def unsafe(why: str) -> Unusable:
    return Unusable("UNSAFE_ARCHIVE", why)


def _refuse_unsafe(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    for member in members:
        if member.flag_bits & 0x1:
            raise unsafe("the zip archive is encrypted")
        if member.compress_type not in _SOUND_METHODS:
            raise unsafe("the zip archive is packed in another way than deflate")
        if _TRICK.search(member.orig_filename) or stat.S_ISLNK(member.external_attr >> 16):
            raise unsafe("the zip archive's member has a name that leads elsewhere, or is a link")
    if len({member.filename for member in members}) < len(members):
        raise unsafe("the zip archive has two members of one name")
    refuse_bomb(sum(member.compress_size for member in members), sum(member.file_size for member in members))
    for member in members:
        refuse_bomb(member.compress_size, member.file_size)
