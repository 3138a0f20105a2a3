"""How fast one session may send: never more than its rate in any sliding second.

Pure: the time comes in. A token bucket would let nearly twice the rate through in a second that
begins with a full bucket; here every segment occupies a slot, and the slot frees one second later.
"""

import math
from collections import deque

UNLIMITED = 1 << 30


class Pace:
    """Ask for the allowance, spend what was sent, come back at `next_at`.

    rate: segments a second; None = no limit. A fraction is kept to, never exceeded: 2.5 lets 2 through
    in a second, 0.5 one in two seconds. Instants are seconds of any monotonic clock.
    """

    def __init__(self, rate: float | None) -> None:
        self._sent: deque[tuple[float, int]] = deque()  # instant, segments; oldest first
        self._occupied = 0
        self.change(rate)

    def change(self, rate: float | None) -> None:
        """A new rate counts at once; what was sent before still occupies its slots."""
        if rate is not None and not (rate > 0 and math.isfinite(rate)):
            raise ValueError(f"a rate is a positive number of segments a second or None, not {rate!r}")
        self.rate = rate
        self._slots = UNLIMITED if rate is None else max(1, math.floor(rate))
        self._hold = 1.0 if rate is None or rate >= 1 else 1.0 / rate

    def allowance(self, now: float) -> int:
        """How many segments may be sent at this instant."""
        self._free(now)
        return max(0, self._slots - self._occupied)

    def spend(self, segments: int, now: float) -> None:
        """So many segments were just sent; more than the allowance only delays what follows."""
        if segments and self.rate is not None:
            self._sent.append((now, segments))
            self._occupied += segments

    def next_at(self, now: float) -> float:
        """The earliest instant with an allowance of at least one."""
        excess = self._occupied - self._slots
        for instant, segments in self._sent:
            if excess < 0:
                break
            excess -= segments
            if excess < 0:
                return max(now, instant + self._hold)
        return now

    def _free(self, now: float) -> None:
        while self._sent and self._sent[0][0] + self._hold <= now:
            self._occupied -= self._sent.popleft()[1]
