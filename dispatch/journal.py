"""The journal of one run of a worker: a file in shared memory that survives the process, whatever kills it.

It holds, per line to a carrier, a mark that is advanced BEFORE each write, and the end of each attempt as it becomes
known. With the intents in the database that tells of every attempt of a dead worker: ended (a record), never written
(beyond the mark), or in doubt. The file is locked while the worker lives; it survives no reboot (nothing is flushed),
so it counts on the same boot only.

Records go round a ring. A count says how many were ever written: it is raised after they stand whole, in the order of
the program, which a killed process leaves in memory as it is. What the death interrupted lies beyond the count.
"""

import fcntl
import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatch.boot import boot_id
from outbound.errors import OutboundError

Numbers = npt.NDArray[np.int64]

LINES = 512  # to carriers, of one worker
CAPACITY = 1 << 18  # records; a record may be overwritten once its attempt's end is committed
MOST_OPEN = CAPACITY // 4  # attempts without a committed end
LONGEST_ID = 64  # octets of a carrier's message id that count (SMPP 3.4 5.2.23)
_MAGIC = b"OBJRNL02"
_HEADER = struct.Struct("<8s64sq")  # magic, boot id, epoch
_COUNT = 128  # offset of the count, 8 octets
_MARKS = 256  # offset of the marks, 8 octets each
_RECORDS = _MARKS + 8 * LINES
_RECORD = np.dtype(
    [
        ("place", "<i8"), ("sent_us", "<i8"), ("answered_us", "<i8"), ("status", "<i8"), ("line", "<i4"),
        ("kind", "u1"), ("length", "u1"), ("pad", "V2"), ("message_id", f"S{LONGEST_ID}"),
    ]
)  # fmt: skip
_SIZE = _RECORD.itemsize
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
        self._marks = np.frombuffer(self._map, "<i8", LINES, _MARKS)
        self._count = np.frombuffer(self._map, "<i8", 1, _COUNT)
        self._records = np.frombuffer(self._map, _RECORD, CAPACITY, _RECORDS)
        _HEADER.pack_into(self._map, 0, _MAGIC, boot_id().encode(), 0)

    def name(self, epoch: int) -> None:
        """Says whose journal it is, once the epoch has its number."""
        _HEADER.pack_into(self._map, 0, _MAGIC, boot_id().encode(), epoch)

    def mark(self, line: int, place: int) -> None:
        """Everything of this line up to this place may be written from now on: one store of 8 octets, never torn."""
        self._marks[line] = place

    def answered(
        self, line: int, places: Numbers, statuses: Numbers, message_ids: npt.NDArray[np.bytes_], sent_us: Numbers,
        answered_us: int,
    ) -> None:  # fmt: skip
        """message_ids: as the carrier wrote them."""
        records = np.zeros(len(places), _RECORD)
        records["place"], records["line"], records["kind"] = places, line, _ANSWERED
        records["status"], records["sent_us"], records["answered_us"] = statuses, sent_us, answered_us
        records["message_id"] = message_ids
        records["length"] = np.char.str_len(records["message_id"])
        self._append(records)

    def not_sent(self, line: int, places: Numbers) -> None:
        """These attempts were not and will not be written, though the mark may pass them."""
        records = np.zeros(len(places), _RECORD)
        records["place"], records["line"], records["kind"] = places, line, _NOT_SENT
        self._append(records)

    def close(self) -> None:
        """Lets go of the lock; the file stays."""
        del self._marks, self._count, self._records
        self._map.close()
        self._file.close()

    def remove(self) -> None:
        """For an epoch that is settled."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _append(self, records: "np.ndarray[tuple[int], np.dtype[np.void]]") -> None:
        count = int(self._count[0])
        at = count % CAPACITY
        fits = min(len(records), CAPACITY - at)
        self._records[at : at + fits] = records[:fits]
        self._records[: len(records) - fits] = records[fits:]
        self._count[0] = count + len(records)


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
        """The newest half of the ring: the oldest records may be torn, and their attempts are committed."""
        content = self._file.read()
        if len(content) < _RECORDS + CAPACITY * _SIZE or content[:8] != _MAGIC:
            return Remains("", 0, {}, {})
        _, boot, epoch = _HEADER.unpack_from(content)
        marks = np.frombuffer(content, "<i8", LINES, _MARKS)
        count = int(np.frombuffer(content, "<i8", 1, _COUNT)[0])
        ring = np.frombuffer(content, _RECORD, CAPACITY, _RECORDS)
        newest = ring[np.arange(max(0, count - CAPACITY // 2), count) % CAPACITY]
        endings = {
            (line, place): Ending(status if kind == _ANSWERED else None, message_id[:length], sent_us, answered_us)
            for place, sent_us, answered_us, status, line, kind, length, _, message_id in newest.tolist()
        }
        return Remains(
            boot.rstrip(b"\0").decode(),
            epoch,
            {line: int(marks[line]) for line in np.flatnonzero(marks).tolist()},
            endings,
        )

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
