"""What is due later, exact to a fraction of a millisecond: the loop's own timers know whole ones, and would make of a carrier
that answers after 5 ms one that answers after 5 to 7."""

import heapq
import time
from collections.abc import Callable
from itertools import count

from outbound.alarm import Alarm


class Delays:
    """Made anywhere, used inside one event loop."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()  # what is due at one instant goes in the order that it came
        self._alarm: Alarm | None = None

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), call))
        if self._alarm is None:
            self._alarm = Alarm(self._ring)
        self._alarm.set(self._due[0][0])

    def _ring(self) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()
        if self._due and self._alarm is not None:
            self._alarm.set(self._due[0][0])

    def close(self) -> None:
        """What is due is not done any more."""
        self._due.clear()
        if self._alarm is not None:
            self._alarm.close()
