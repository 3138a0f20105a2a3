"""A set of E.164 numbers in a file that says of millions at once who is a member, and each member's rank (INTAKE, Speed).

A rank is a member's place, 0.., among all members in order: what is known of each can then stand in a plain array.

The numbers of a country's operators lie close together, so a dense set is a bitmap. The number line is cut into pages of
2^16 numbers, of which only those with a member are kept, one after the other in slots of 2^10 words of 64 bits. For each
word it is noted how many members come before it: a rank is that count and the bits below the member's own in its word.
A directory leads from a page's number to its slot; slot 0 is a page without members, for every page that is not kept, so
that a look-up is the same few array operations whatever it is asked. Where the bitmap would be larger than the sorted
numbers themselves the set is these numbers, and a look-up a binary search.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import numpy.typing as npt

from outbound.errors import OutboundError

Numbers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.uint32]

PAGE_BITS = 16
WORD_BITS = 6
_WORDS = 1 << (PAGE_BITS - WORD_BITS)
_SLOT_BYTES = _WORDS * (8 + 4)
_MAGIC = int.from_bytes(b"E164SET1", "little")
_HEADER = 8  # int64 each: magic, slots (0: sorted numbers), members, and five that are not used
_BLOCK = 1 << 15  # look-ups whose intermediate arrays stay in the processor's cache
_BUILD_BLOCK = 1 << 20
_WIDEST = 1 << 26  # pages between the first and the last, up to which the directory is a plain array


class DamagedSet(OutboundError):
    """The file is no whole set of numbers: remove it, and it is built anew."""


class MemberSet(Protocol):
    """Members are distinct; n numbers are asked at once, in any order, members or not."""

    def __len__(self) -> int: ...

    def ranks(self, msisdns: Numbers) -> Numbers:
        """int64[n]: each number's rank, -1 where it is no member."""
        ...


class SortedNumbers:
    """A sparse set. numbers: int64[members], ascending."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def ranks(self, msisdns: Numbers) -> Numbers:
        if not len(self._numbers):
            return np.full(len(msisdns), -1, np.int64)
        order = np.argsort(msisdns)  # one way through memory is several times as fast as many jumps
        asked = msisdns[order]
        places = np.searchsorted(self._numbers, asked)
        places[places == len(self._numbers)] = 0
        places[self._numbers[places] != asked] = -1
        found = np.empty(len(msisdns), np.int64)
        found[order] = places
        return found


class RankBitmap:
    """A dense set. words, before: [slots * 2^10], a page's words and the members before each; pages: int64[slots - 1],
    ascending, which page is in slots 1, 2 ..."""

    def __init__(self, words: Words, before: Counts, pages: Numbers, members: int) -> None:
        self._words, self._before, self._pages, self._members = words, before, pages, members
        self._first = int(pages[0])
        self._span = int(pages[-1]) - self._first + 1
        self._directory: npt.NDArray[np.int32] | None = None
        if self._span <= _WIDEST:
            # most of it is never touched, and takes no memory then; the last entry is for what lies outside
            self._directory = np.zeros(self._span + 1, np.int32)
            self._directory[pages - self._first] = np.arange(1, len(pages) + 1, dtype=np.int32)

    def __len__(self) -> int:
        return self._members

    def ranks(self, msisdns: Numbers) -> Numbers:
        found = np.empty(len(msisdns), np.int64)
        for start in range(0, len(msisdns), _BLOCK):
            found[start : start + _BLOCK] = self._ranks(msisdns[start : start + _BLOCK])
        return found

    def _ranks(self, msisdns: Numbers) -> Numbers:
        place = self._slots(msisdns >> PAGE_BITS)
        place <<= PAGE_BITS - WORD_BITS
        place |= (msisdns >> WORD_BITS) & (_WORDS - 1)
        word = self._words[place]
        bit = np.left_shift(np.uint64(1), (msisdns & 63).astype(np.uint64))
        rank = self._before[place] + np.bitwise_count(word & (bit - np.uint64(1))).astype(np.int64)
        rank[(word & bit) == 0] = -1
        return rank

    def _slots(self, page: Numbers) -> Numbers:
        if self._directory is None:
            at = np.searchsorted(self._pages, page)
            at[at == len(self._pages)] = 0
            return np.where(self._pages[at] == page, at + 1, 0)
        # a page before the first one is, without its sign, far behind the last one
        offset = np.minimum((page - self._first).view(np.uint64), np.uint64(self._span)).view(np.int64)
        return self._directory[offset].astype(np.int64)


def write(members: Numbers, file: BinaryIO) -> None:
    """Writes a set. members: int64[n], ascending, distinct, not negative; it may be a memory map larger than memory."""
    slots = _slots_needed(members)
    is_dense = 0 < slots * _SLOT_BYTES <= members.nbytes
    header = np.zeros(_HEADER, np.int64)
    header[:3] = _MAGIC, slots if is_dense else 0, len(members)
    file.write(header.tobytes())
    parts: Iterable[npt.NDArray[Any]] = _bitmap(members, slots) if is_dense else _blocks(members)
    file.writelines(part.tobytes() for part in parts)


def load(path: Path) -> MemberSet:
    """Opens a written set as a memory map: at once, and shared by all processes. Raises DamagedSet, FileNotFoundError."""
    size = path.stat().st_size
    if size < _HEADER * 8:
        raise DamagedSet(f"{path} ends within its header: remove it")
    mapped = np.memmap(path, np.uint8, mode="r")
    magic, slots, members = (int(value) for value in mapped[: _HEADER * 8].view(np.int64)[:3])
    kept = max(slots - 1, 0)
    expected = _HEADER * 8 + (slots * _SLOT_BYTES + kept * 8 if slots else members * 8)
    if magic != _MAGIC or size != expected:
        raise DamagedSet(f"{path} is no whole set of numbers ({size} bytes, {expected} expected): remove it")
    content = np.asarray(mapped[_HEADER * 8 :])
    if not slots:
        return SortedNumbers(content.view(np.int64))
    words, before, pages = np.split(content, [slots * _WORDS * 8, slots * _SLOT_BYTES])
    return RankBitmap(words.view(np.uint64), before.view(np.uint32), pages.view(np.int64), members)


def _blocks(members: Numbers) -> Iterator[Numbers]:
    for start in range(0, len(members), _BUILD_BLOCK):
        yield members[start : start + _BUILD_BLOCK]


def _slots_needed(members: Numbers) -> int:
    """One for each page with a member, and the empty one."""
    pages, last = 1, -1
    for block in _blocks(members):
        page = block >> PAGE_BITS
        pages += int(page[0] != last) + int(np.count_nonzero(np.diff(page)))
        last = int(page[-1])
    return pages


def _bitmap(members: Numbers, slots: int) -> tuple[Words, Counts, Numbers]:
    words = np.zeros(slots * _WORDS, np.uint64)
    pages = np.empty(slots - 1, np.int64)
    slot = 0
    for block in _blocks(members):
        page = block >> PAGE_BITS
        is_new = np.diff(page, prepend=pages[slot - 1] if slot else -1) != 0
        slot_of = slot + np.cumsum(is_new)
        pages[slot_of[is_new] - 1] = page[is_new]
        slot = int(slot_of[-1])
        place = (slot_of << (PAGE_BITS - WORD_BITS)) | ((block >> WORD_BITS) & (_WORDS - 1))
        bits = np.left_shift(np.uint64(1), (block & 63).astype(np.uint64))
        first = np.flatnonzero(np.diff(place, prepend=-1))  # of each word, whose bits lie together
        words[place[first]] |= np.bitwise_or.reduceat(bits, first)
    counts = np.bitwise_count(words)
    before = np.cumsum(counts, dtype=np.uint32)
    before -= counts
    return words, before, pages
