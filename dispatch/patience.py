"""What a worker does when a carrier says that it cannot take more: nothing for a moment, longer each time it is said
again, and less of the rate than it might have, so that others may use the rest.

Pure: the time comes in, seconds of any monotonic clock.
"""

from collections import deque

FIRST = 0.5  # seconds without a segment
LONGEST = 5.0
REMEMBERED = 5.0  # seconds after it was said that only what was accepted lately is asked for


class Patience:
    """Of one connector in one worker."""

    def __init__(self) -> None:
        self._pause = 0.0
        self._until = float("-inf")
        self._refused_at = float("-inf")
        self._accepted: deque[tuple[int, int]] = deque()  # whole second, how many

    def refused(self, now: float) -> float:
        """The carrier asks for patience: until when nothing is written. What was under way together counts once."""
        self._refused_at = now
        if now >= self._until:
            self._pause = min(LONGEST, 2 * self._pause) if self._pause else FIRST
            self._until = now + self._pause
        return self._until

    def accepted(self, segments: int, now: float) -> None:
        if now >= self._until:
            self._pause = 0.0
        second = int(now)
        if self._accepted and self._accepted[-1][0] == second:
            segments += self._accepted.pop()[1]
        self._accepted.append((second, segments))
        while self._accepted[0][0] < second - REMEMBERED:
            self._accepted.popleft()

    def wants(self, now: float) -> int | None:
        """Segments a second that the carrier takes from this worker, a tenth more than lately; None = whatever it may."""
        if now - self._refused_at > REMEMBERED:
            return None
        best = max((count for second, count in self._accepted if now - second <= REMEMBERED), default=0)
        return max(1, best + -(-best // 10))
