"""What intake and reports do with a landing zone, whatever kind of store it is."""

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from outbound.errors import OutboundError

DROPPED = ("campaigns", "bases", "optouts")
RESULTS = "results"
ARCHIVE = "archive"
FOLDERS = (*DROPPED, RESULTS)  # the archive is made when something is moved there
BLOCK = 1 << 20


class Unreachable(OutboundError):
    """A landing zone cannot be used: whose, why, and what to do. Its other files would fare no better."""


class NotTaken(OutboundError):
    """One file cannot be had as it was seen. The next look sees it as it is then."""


class StillChanging(NotTaken):
    """The file changed since it was seen: wait until it is complete and try again."""


class Gone(NotTaken):
    """The file is not there any more."""


class NotReadable(NotTaken):
    """The file is there and may not be read: give the user of the landing zone the right."""


class Found(NamedTuple):
    """A file as a look found it. name: as the store has it; bytes that are no UTF-8 as lone surrogates.

    version: what tells drops of the same name, size and modification time apart, where the store can: a folder's time of
    the last change of any kind, a bucket's ETag; 0 on SFTP.
    """

    folder: str
    name: str
    size: int
    modified_ns: int
    version: int | str


class Zone(ABC):
    """An open landing zone; used by one thread. Each step may be repeated, also after it was cut short.

    is_atomic: a file is never seen half written there.
    """

    is_atomic = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:  # noqa: B027  a folder has nothing to close
        """Ends its connection."""

    @abstractmethod
    def prepare(self) -> None:
        """Makes the folders that are missing."""

    @abstractmethod
    def look(self, folder: str) -> list[Found]:
        """The regular files of a folder, in any order; links are not followed, for they lead out of the zone."""

    @abstractmethod
    def find(self, folder: str, name: str) -> Found | None:
        """One file as it is now."""

    @abstractmethod
    def copy(self, found: Found, target: Path) -> bytes:
        """Copies a file to a path on this machine, durably; its SHA-256. Raises StillChanging, Gone."""

    @abstractmethod
    def read(self, found: Found, most: int) -> bytes:
        """The first `most` bytes of a small file. Raises Gone."""

    @abstractmethod
    def write(self, folder: str, name: str, blocks: Iterable[bytes]) -> None:
        """Puts a file there, in the place of one of that name, so that nobody ever sees a part of it."""

    @abstractmethod
    def archive(self, found: Found, name: str) -> bool:
        """Moves a file to the archive under another name. False where it is not the one that was found: that stays.

        True, too, where it is not there any more.
        """

    @abstractmethod
    def place(self, folder: str, name: str = "") -> str:
        """Where that is, for a person to read."""


def gathered(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in blocks that are worth a request each."""
    whole = bytearray()
    for block in blocks:
        whole += block
        if len(whole) >= BLOCK:
            yield bytes(whole)
            whole.clear()
    if whole:
        yield bytes(whole)


def store(blocks: Iterable[bytes], target: Path) -> tuple[bytes, int]:
    """Writes blocks to a path of this machine, durably; their SHA-256 and size."""
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as copy:
        for block in blocks:
            digest.update(block)
            size += len(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.digest(), size
