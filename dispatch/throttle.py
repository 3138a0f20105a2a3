"""How many segments a worker may write now, so that the carrier never counts more than the rate in any second.

Pure: the time comes in. The way to the carrier takes now longer, now shorter, so a second between two writes is no
second between two arrivals. A segment therefore occupies its slot until a second after its answer: by then it has
surely been counted. Where every answer takes long, as much of that is taken off as is no jitter; and a slot frees
without an answer in the end.
"""

from collections import deque
from dataclasses import dataclass

from smpp.pace import UNLIMITED, Pace

QUANTUM = 0.01  # seconds of the rate that are written at once: spreads a second's segments over the second
SPREAD = 0.8  # of the time that the segments of a write take at the rate passes before the next one
JITTER = 0.05  # seconds by which two ways to the carrier may differ
LATE = 0.25  # seconds that a segment may be on its way at most, beyond its second


@dataclass(slots=True)
class _Write:
    """at: when; left: segments without an answer."""

    at: float
    left: int = 0


class Throttle:
    """rate: segments a second, None = no limit, 0 = nothing. Instants are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self.rate: float | None = None
        self._pace = Pace(None)
        self._unanswered: dict[int, _Write] = {}  # by the stamp of the write
        self._order: deque[int] = deque()
        self._pending = 0
        self._round_trip = float("inf")
        self._not_before = float("-inf")

    def change(self, rate: float | None, now: float) -> None:
        """What was written without a limit was not counted: a limit begins with a second of silence."""
        if rate is not None and self.rate is None:
            self.hold(now + 1.0)
        self.rate = rate
        if rate is None:
            self._unanswered.clear()
            self._order.clear()
            self._pending = 0
        if rate is None or rate > 0:
            self._pace.change(rate)

    def hold(self, until: float) -> None:
        """Nothing before that."""
        self._not_before = max(self._not_before, until)

    def allowance(self, now: float) -> int:
        if self.rate == 0 or now < self._not_before:
            return 0
        if self.rate is None:
            return UNLIMITED
        self._forget_late(now)
        free = self._pace.allowance(now) - self._pending
        return max(0, min(free, int(self.rate * QUANTUM) or 1))

    def wrote(self, stamp: int, segments: int, now: float) -> None:
        """So many segments were just written; stamp: what `answered` calls this write by."""
        if self.rate is None:
            return
        if stamp not in self._unanswered:
            self._unanswered[stamp] = _Write(now)
            self._order.append(stamp)
        self._unanswered[stamp].left += segments
        self._pending += segments
        if self.rate:
            self.hold(now + SPREAD * segments / self.rate)

    def answered(self, stamp: int, segments: int, now: float, *, lost: bool = False) -> None:
        """The carrier has counted them. lost: their session ended, nobody knows when they were counted."""
        write = self._unanswered.get(stamp)
        if write is None:
            return
        if not lost:
            self._round_trip = min(self._round_trip, now - write.at)
        write.left -= segments
        self._pending -= segments
        self._pace.spend(segments, now if lost else now - max(0.0, self._round_trip - JITTER))
        if write.left <= 0:
            del self._unanswered[stamp]

    def next_at(self, now: float) -> float:
        """When to ask again, where the allowance is 0 or was used up."""
        if now < self._not_before:
            return self._not_before
        return max(now + 0.002, self._pace.next_at(now))

    def _forget_late(self, now: float) -> None:
        while self._order:
            write = self._unanswered.get(self._order[0])
            if write is not None:
                if write.at + 1.0 + LATE > now:
                    return
                self._pending -= write.left
                del self._unanswered[self._order[0]]
            self._order.popleft()
