"""A landing zone in a folder that this machine sees."""

import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from outbound.landing.zone import ARCHIVE, BLOCK, FOLDERS, Found, Gone, StillChanging, Unreachable, Zone, store

_LATEST_NS = 2**63 - 1  # the year 2262; file systems keep later times, 64 bits do not


class Local(Zone):
    """A file is known by its ctime: a copy, a rename and an overwrite are new drops."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def prepare(self) -> None:
        """Refuses a folder that is a link: an account that may change its zone's folders would get at another one's."""
        for name in (*FOLDERS, ARCHIVE):
            if (self._root / name).is_symlink():
                raise Unreachable(f"{self._root / name} is a link: put a folder in its place")
        for name in FOLDERS:
            (self._root / name).mkdir(parents=True, exist_ok=True)

    def look(self, folder: str) -> list[Found]:
        """A system call a file and next to nothing else: a folder may hold ten thousands."""
        found = []
        with os.scandir(self._root / folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    try:
                        status = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    modified_ns = min(status.st_mtime_ns, _LATEST_NS)
                    found.append(Found(folder, entry.name, status.st_size, modified_ns, status.st_ctime_ns))
        return found

    def find(self, folder: str, name: str) -> Found | None:
        try:
            status = (self._root / folder / name).lstat()
        except OSError:  # not there, or its name would be longer than names can be
            return None
        return _found(folder, name, status) if stat.S_ISREG(status.st_mode) else None

    def copy(self, found: Found, target: Path) -> bytes:
        with self._open(found) as source:
            if _found(found.folder, found.name, os.fstat(source.fileno())) != found:
                raise StillChanging(f"{self._path(found)} changed since it was seen: try again once it is complete")
            sha256, size = store(_blocks(source), target)
            after = _found(found.folder, found.name, os.fstat(source.fileno()))
        if after != found or size != found.size:
            target.unlink()
            raise StillChanging(f"{self._path(found)} changed while it was read: try again once it is complete")
        return sha256

    def read(self, found: Found, most: int) -> bytes:
        with self._open(found) as source:
            return source.read(most)

    def write(self, folder: str, name: str, blocks: Iterable[bytes]) -> None:
        target = self._root / folder / name
        part = target.with_name(f".{os.fsencode(name)[:100].decode('ascii', 'replace')}.{secrets.token_hex(4)}.part")
        try:
            store(blocks, part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _settle(target.parent)

    def archive(self, found: Found, name: str) -> bool:
        path, target = self._path(found), self._root / ARCHIVE / name
        before = _status(path)
        if before is None:
            return True
        if _found(found.folder, found.name, before) != found:
            return False
        target.parent.mkdir(exist_ok=True)
        path.replace(target)
        moved = target.lstat()
        if (before.st_ino, before.st_size, before.st_mtime_ns) != (moved.st_ino, moved.st_size, moved.st_mtime_ns):
            target.replace(path)  # it was overwritten between the look and the move
            return False
        return True

    def place(self, folder: str, name: str = "") -> str:
        return str(self._root / folder / name)

    def _path(self, found: Found) -> Path:
        return self._root / found.folder / found.name

    def _open(self, found: Found) -> BinaryIO:
        try:
            return os.fdopen(os.open(self._path(found), os.O_RDONLY | os.O_NOFOLLOW), "rb")
        except FileNotFoundError:
            raise Gone(f"{self._path(found)} is not there any more") from None


def _found(folder: str, name: str, status: os.stat_result) -> Found:
    return Found(folder, name, status.st_size, min(status.st_mtime_ns, _LATEST_NS), status.st_ctime_ns)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _blocks(source: BinaryIO) -> Iterator[bytes]:
    while block := source.read(BLOCK):
        yield block


def _settle(folder: Path) -> None:
    """Makes a rename outlive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
