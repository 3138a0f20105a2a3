"""How long each step of the demo took, on the clock on the wall."""

import time
from collections.abc import Callable


class Stopwatch:
    """`lap("setup")`: the time since the last lap was the set-up's. say: told of each lap as it ends."""

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        self._started = self._last = time.monotonic()
        self._say = say
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name] = self.laps.get(name, 0.0) + now - self._last
        self._last = now
        self._say(f"{now - self._started:5.0f}s  {name} done")

    @property
    def total(self) -> float:
        return time.monotonic() - self._started
