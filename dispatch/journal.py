"""The journal of one run of a worker: a file in shared memory that survives the process, whatever kills it.

It holds, per line to a carrier, a mark that is advanced BEFORE each write, and the end of each attempt as it becomes
known. With the intents in the database that tells of every attempt of a dead worker: ended (a record), never written
(beyond the mark), or in doubt. The file is locked while the worker lives; it survives no reboot (nothing is flushed),
so it counts on the same boot only.
"""

import fcntl
import mmap
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dispatch.boot import boot_id
from outbound.errors import OutboundError

LINES = 512  # to carriers, of one worker
CAPACITY = 1 << 17  # records; a record may be overwritten once its attempt's end is committed
_MAGIC = b"OBJRNL01"
_HEADER = struct.Struct("<8s64sq")  # magic, boot id, epoch
_MARKS = 256  # offset of the marks, 8 octets each
_RECORDS = _MARKS + 8 * LINES
# checksum, line, kind, length of the id, place, sent, answered (us), status, id
_RECORD = struct.Struct("<IHBBqqqI64s")
_SIZE = _RECORD.size
LONGEST_ID = 64  # octets of a carrier's message id that count (SMPP 3.4 5.2.23)
_ANSWERED, _NOT_SENT = 1, 2


class JournalLost(OutboundError):
    """The journal cannot be made: the message says why."""


class Ending(NamedTuple):
    """How an attempt ended. status: the answer's command_status, None for what was never written. Microseconds UTC."""

    status: int | None
    message_id: bytes
    sent_us: int
    answered_us: int


class Journal:
    """The writing side. Calls are in order of time; a record counts as soon as the call returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        size = _RECORDS + CAPACITY * _SIZE
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("x+b")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # a hole in the file would kill the process with SIGBUS on a full disk, in the middle of sending
            os.posix_fallocate(self._file.fileno(), 0, size)
        except OSError as error:
            raise JournalLost(
                f"the journal {path} cannot be made ({error.strerror}): "
                f"{size >> 20} MB must be free below OUTBOUND_HOME, and it must be writable"
            ) from None
        self._map = mmap.mmap(self._file.fileno(), size)
        self._marks = memoryview(self._map)[_MARKS:_RECORDS].cast("q")
        self._next = 0
        _HEADER.pack_into(self._map, 0, _MAGIC, boot_id().encode(), 0)

    def name(self, epoch: int) -> None:
        """Says whose journal it is, once the epoch has its number."""
        _HEADER.pack_into(self._map, 0, _MAGIC, boot_id().encode(), epoch)

    def mark(self, line: int, place: int) -> None:
        """Everything of this line up to this place may be written from now on: one store of 8 octets, never torn."""
        self._marks[line] = place

    def answered(self, line: int, place: int, ending: Ending) -> None:
        self._record(line, _ANSWERED, place, ending)

    def not_sent(self, line: int, place: int) -> None:
        """This attempt was not and will not be written, though the mark may pass it."""
        self._record(line, _NOT_SENT, place, Ending(None, b"", 0, 0))

    def close(self) -> None:
        """Lets go of the lock; the file stays."""
        self._marks.release()
        self._map.close()
        self._file.close()

    def remove(self) -> None:
        """For an epoch that is settled."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _record(self, line: int, kind: int, place: int, ending: Ending) -> None:
        message_id = ending.message_id[:LONGEST_ID]
        record = _RECORD.pack(
            0, line, kind, len(message_id), place, ending.sent_us, ending.answered_us, ending.status or 0, message_id
        )
        at = _RECORDS + self._next * _SIZE
        self._map[at : at + _SIZE] = zlib.crc32(record[4:]).to_bytes(4, "little") + record[4:]
        self._next = (self._next + 1) % CAPACITY


@dataclass(frozen=True, slots=True)
class Remains:
    """What a dead worker's journal says. marks: line -> place; endings: (line, place) -> Ending."""

    boot_id: str
    epoch: int
    marks: dict[int, int]
    endings: dict[tuple[int, int], Ending]


class Estate:
    """A journal whose worker is dead, held under its lock so that nobody else settles it at the same time."""

    def __init__(self, path: Path) -> None:
        """BlockingIOError: its worker lives, or another one settles it. FileNotFoundError: not on this machine."""
        self.path = path
        self._file = path.open("rb")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise

    def __enter__(self) -> "Estate":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self) -> Remains:
        """A record that the death tore does not count: its attempt is in doubt."""
        content = self._file.read()
        if len(content) < _RECORDS + CAPACITY * _SIZE or content[:8] != _MAGIC:
            return Remains("", 0, {}, {})
        _, boot, epoch = _HEADER.unpack_from(content)
        marks = memoryview(content)[_MARKS:_RECORDS].cast("q")
        endings = {}
        for at in range(_RECORDS, _RECORDS + CAPACITY * _SIZE, _SIZE):
            checksum, line, kind, length, place, sent, answered, status, message_id = _RECORD.unpack_from(content, at)
            if kind == 0 or checksum != zlib.crc32(content[at + 4 : at + _SIZE]):
                continue
            endings[line, place] = Ending(status if kind == _ANSWERED else None, message_id[:length], sent, answered)
        return Remains(boot.rstrip(b"\0").decode(), epoch, {i: mark for i, mark in enumerate(marks) if mark}, endings)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
