"""How many segments a worker may write now, so that the carrier never counts more than the rate in any second.

Pure: the time comes in. A rate of N is N slots: a segment occupies one from its write until a second after the carrier
surely counted it. The way there takes now longer, now shorter, so a second between two writes is no second between two
arrivals; what is certain is that a segment was counted before its answer came, and by the way back before. Way there
and way back of two different segments take together at least the shortest round trip that was ever seen, where both
ways are now and then quick together. So a slot frees at the answer + 1 s - the shortest round trip, and what follows in
it arrives a second later at least.
"""

import heapq
from collections import deque
from dataclasses import dataclass

from smpp.pace import UNLIMITED

QUANTUM = 0.01  # seconds of the rate that are written at once, and by which a wake-up that came late is made up for
SPREAD = 0.5  # of its time at the rate passes after a write, where so much is BEHIND; in proportion less where less is
BEHIND = 0.1  # seconds of the rate
TRUSTED = 100  # answered writes before the shortest round trip counts: a busy start shows none of the short ones
MARGIN = 0.0001  # seconds by which a round trip may be shorter than any before, beside what the shortest ones differ by
LATE = 1.0  # seconds beyond its second after which a slot frees without an answer


@dataclass(slots=True)
class _Write:
    """at: when; left: segments without an answer."""

    at: float
    left: int


class Throttle:
    """rate: whole segments a second, None = no limit, 0 = nothing. Instants are seconds of one monotonic clock. late: see
    LATE, infinity where every segment has its end. by_write: the instants are those of writes; else something that takes
    now longer, now shorter comes between, the shortest ways there and back never meet, and nothing is taken off."""

    def __init__(self, late: float = LATE, *, by_write: bool = True) -> None:
        self._late = late
        self._by_write = by_write
        self.rate: int | None = None
        self._free = 0
        self._freeing: list[tuple[float, int]] = []  # heap: when, how many slots
        self._writes: dict[int, _Write] = {}  # not wholly answered, by stamp
        self._order: deque[int] = deque()
        self._round_trips = 0
        self._shortest = [float("inf")] * 4  # round trips, ascending
        self._not_before = float("-inf")

    def change(self, rate: int | None, now: float) -> None:
        """More slots come one by one over a second; fewer are taken evenly from those that are there. What was written
        without a limit was not counted: a limit begins with a second of silence."""
        before = self.rate
        self.rate = rate
        if rate is None or before is None:
            self._free, self._freeing = 0, []
            self._writes.clear()
            self._order.clear()
            if rate is not None:
                self.hold(now + 1.0)
                self._stagger(rate, now + 1.0)
        elif rate > before:
            self._stagger(rate - before, now)
        else:
            self._take_away(before - rate)

    def hold(self, until: float) -> None:
        """Nothing before that."""
        self._not_before = max(self._not_before, until)

    def allowance(self, now: float) -> int:
        """Segments that may be written at this instant."""
        if self.rate is None:
            return UNLIMITED if now >= self._not_before else 0
        if self.rate == 0 or now < self._not_before:
            return 0
        self._collect(now)
        return max(0, min(self._free, self._quantum))

    def wrote(self, stamp: int, segments: int, now: float) -> None:
        """So many segments were just written; stamp: what `answered` calls this write by."""
        if self.rate is None or not segments:
            return
        write = self._writes.get(stamp)
        if write is None:
            self._writes[stamp] = _Write(now, segments)
            self._order.append(stamp)
        else:
            write.left += segments
        rested = self._free == self.rate
        self._free -= segments
        if self._free <= 0 or not self.rate:
            return
        if rested:
            others, self._free = self._free, 0
            self._stagger(others, now + segments / self.rate)
        else:
            pause = segments / self.rate * min(SPREAD, self._free / self.rate / BEHIND)
            self._not_before = max(self._not_before, now - QUANTUM) + pause

    def answered(self, stamp: int, segments: int, now: float, *, lost: bool = False) -> None:
        """The carrier has counted them. lost: their session ended, nobody knows when they were counted."""
        write = self._writes.get(stamp)
        if write is None:
            return
        at = now + 1.0
        if not lost:
            at -= self._certain(now - write.at)
        heapq.heappush(self._freeing, (at, min(segments, write.left)))
        write.left -= segments
        if write.left <= 0:
            del self._writes[stamp]

    def next_at(self, now: float) -> float:
        """When to ask again, where the allowance is 0 or was used up: within a second, and after every answer."""
        at = now + 1.0
        if now < self._not_before:
            return min(at, self._not_before)
        if self._free > 0 and self.rate != 0:
            return now
        return max(now, min(at, self._freeing[0][0])) if self._freeing else at

    # inside

    def _certain(self, round_trip: float) -> float:
        """How long way there and way back take at least. The few shortest lie close together where the shortest one is
        about as short as they become."""
        self._round_trips += 1
        if round_trip < self._shortest[-1]:
            self._shortest = sorted([*self._shortest[:-1], round_trip])
        if self._round_trips < TRUSTED or not self._by_write:
            return 0.0
        return max(0.0, self._shortest[0] - 2 * (self._shortest[-1] - self._shortest[0]) - MARGIN)

    @property
    def _quantum(self) -> int:
        return max(1, int((self.rate or 0) * QUANTUM))

    def _collect(self, now: float) -> None:
        """The slots that are free by now."""
        while self._freeing and self._freeing[0][0] <= now:
            self._free += heapq.heappop(self._freeing)[1]
        self._skip_answered()
        while self._order and self._writes[self._order[0]].at + 1.0 + self._late <= now:
            self._free += self._writes.pop(self._order.popleft()).left
            self._skip_answered()

    def _skip_answered(self) -> None:
        while self._order and self._order[0] not in self._writes:
            self._order.popleft()

    def _stagger(self, slots: int, begin: float) -> None:
        """So many slots that free evenly over a second."""
        done = 0
        while done < slots:
            some = min(self._quantum, slots - done)
            heapq.heappush(self._freeing, (begin + done / slots, some))
            done += some

    def _take_away(self, slots: int) -> None:
        """First the free ones, then some of each moment; what is missing then is owed by those without an answer."""
        idle = max(0, min(self._free, slots))
        self._free -= idle
        slots -= idle
        total = sum(count for _, count in self._freeing)
        kept = max(0, total - slots)
        self._free -= slots - (total - kept)
        seen = 0
        left = []
        for at, count in sorted(self._freeing):
            some = (seen + count) * kept // total - seen * kept // total
            seen += count
            if some:
                left.append((at, some))
        self._freeing = left
