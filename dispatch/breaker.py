"""A connector's circuit breaker: keeps messages away from a carrier that cannot take any, and tries it with a few.

Pure: the time comes in, seconds of any monotonic clock.
"""

from collections import deque
from enum import Enum

FAILURES = 5  # binds refused and sessions lost one after the other, without anything accepted in between
AT_ONCE = 1.0  # seconds in which several failures (of a connector's sessions) are one
WINDOW = 10.0  # seconds whose answers are looked at
ENOUGH = 50  # answers that say something
ILL = 0.9  # of them, and the carrier is ill
FIRST_PAUSE = 5.0  # seconds before a carrier that is ill is tried again: doubled each time
LONGEST_PAUSE = 60.0
PROBES = 10  # segments without an answer while it is tried
GOOD = 5  # accepted ones that close the circuit
BAD = 3  # ill answers that open it again


class State(Enum):
    CLOSED = "circuit_closed"  # messages flow
    OPEN = "circuit_open"  # none
    HALF_OPEN = "circuit_half_open"  # a few, to see


_AFTER = {  # the table of transitions
    State.CLOSED: {State.OPEN},
    State.OPEN: {State.HALF_OPEN},
    State.HALF_OPEN: {State.OPEN, State.CLOSED},
}


class Breaker:
    def __init__(self) -> None:
        self.state = State.CLOSED
        self._news: list[tuple[State, str]] = []
        self._failures = 0
        self._failed_at = float("-inf")
        self._answers: deque[tuple[float, int, int]] = deque()  # half second, how many, of them ill
        self._total = self._ill = 0  # of these
        self._until = 0.0
        self._pause = FIRST_PAUSE
        self._good = self._bad = 0

    def news(self) -> list[tuple[State, str]]:
        """Each transition since this was asked last, and its reason."""
        news, self._news = self._news, []
        return news

    def usable(self, now: float) -> bool:
        """Whether messages may go there now; a circuit that was open long enough is half open from here on."""
        if self.state is State.OPEN and now >= self._until:
            self._go(State.HALF_OPEN, f"tried again after {self._pause:g} s")
        return self.state is not State.OPEN

    def allowance(self, unanswered: int, now: float) -> int | None:
        """How many more segments may be written beside those that are not answered; None = as many as there are."""
        if not self.usable(now):
            return 0
        return None if self.state is State.CLOSED else max(0, PROBES - unanswered)

    def failed(self, why: str, now: float) -> None:
        """A bind was refused or came to nothing, or a session was lost, and none stands."""
        if now - self._failed_at < AT_ONCE:
            return
        self._failed_at = now
        self._failures += 1
        if self.state is State.HALF_OPEN or (self.state is State.CLOSED and self._failures >= FAILURES):
            self._open(f"{self._failures} times in a row: {why}", now)

    def bound(self) -> None:
        """A session stands: where that was what failed, a few messages are tried on it."""
        if self.state is State.OPEN and self._failures >= FAILURES:
            self._go(State.HALF_OPEN, "a session is bound")

    def answered(self, good: int, ill: int, others: int, now: float) -> None:
        """So many segments were accepted, refused for the carrier's illness, refused for what they are."""
        if good:
            self._failures = 0
        if self.state is State.HALF_OPEN:
            self._good += good
            self._bad += ill
            if self._bad >= BAD:
                self._open("the carrier still refuses everything", now)
            elif self._good >= GOOD:
                self._pause = FIRST_PAUSE
                self._go(State.CLOSED, "the carrier accepts messages")
            return
        if self.state is State.CLOSED:
            self._count(good + ill + others, ill, now)
            if self._total >= ENOUGH and self._ill >= ILL * self._total:
                self._open(f"{self._ill} of {self._total} answers say that the carrier is ill", now)

    def _count(self, answers: int, ill: int, now: float) -> None:
        self._total += answers
        self._ill += ill
        when = now // 0.5 * 0.5
        if self._answers and self._answers[-1][0] == when:
            _, before, ill_before = self._answers.pop()
            answers, ill = answers + before, ill + ill_before
        self._answers.append((when, answers, ill))
        while self._answers[0][0] <= now - WINDOW:
            _, forgotten, of_them_ill = self._answers.popleft()
            self._total -= forgotten
            self._ill -= of_them_ill

    def _open(self, reason: str, now: float) -> None:
        if self.state is State.HALF_OPEN:
            self._pause = min(LONGEST_PAUSE, 2 * self._pause)
        self._until = now + self._pause
        self._go(State.OPEN, reason)

    def _go(self, state: State, reason: str) -> None:
        assert state in _AFTER[self.state]  # noqa: S101
        self.state = state
        self._news.append((state, reason))
        self._good = self._bad = 0
        self._answers.clear()
        self._total = self._ill = 0
