"""Signs of life of a worker: how late its event loop turns, when its database answered last, what it takes of the machine.

Written by the event loop, read by the thread of the health endpoint: single numbers, so that no lock is needed.
"""

import asyncio
import os
import resource
import time
from bisect import bisect_left
from itertools import accumulate

STALLED = 5.0  # seconds without a turn of the loop
DATABASE_SILENT = 15.0  # several heartbeats, and less than a lease
_TICK = 0.1
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Vitals:
    """Instants are seconds of the monotonic clock."""

    def __init__(self) -> None:
        self.turned_at = time.monotonic()
        self.database_at = float("-inf")
        self.connectors_known = False
        self.lag = 0.0  # seconds by which the last turn was late
        self.late = 0.0  # the sum of them

    async def run(self) -> None:
        """Watches the loop from inside until it is cancelled."""
        while True:
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            self.lag = max(0.0, now - self.turned_at - _TICK)
            self.late += self.lag
            self.turned_at = now

    def database_answered(self) -> None:
        self.database_at = time.monotonic()

    def troubles(self, now: float | None = None) -> list[str]:
        """Why the worker is not healthy; empty where it is."""
        now = time.monotonic() if now is None else now
        found = []
        if now - self.turned_at > STALLED:
            found.append(f"the event loop has not turned for {now - self.turned_at:.0f} s")
        if now - self.database_at > DATABASE_SILENT:
            since = "" if self.database_at == float("-inf") else f" for {now - self.database_at:.0f} s"
            found.append(f"the database has not answered{since}")
        if not self.connectors_known:
            found.append("the connectors were not read yet")
        return found


class Histogram:
    """How many observations were at most so large, cumulative, as Prometheus counts."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def buckets(self) -> list[tuple[str, float]]:
        """(upper bound, how many)."""
        bounds = [*map(str, self._bounds), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self._counts)), strict=True))


def resources() -> dict[str, int | float]:
    """Of this process: rss in bytes, cpu in seconds."""
    with open("/proc/self/statm") as statm:  # noqa: PTH123 - read each minute by a busy loop
        rss = int(statm.read().split()[1]) * _PAGE
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {"rss": rss, "cpu": round(usage.ru_utime + usage.ru_stime, 2)}
