"""The circuit opens where a carrier cannot take anything, lets a few messages try it, and closes when they get through."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dispatch.breaker import (
    BAD,
    ENOUGH,
    FAILURES,
    FIRST_PAUSE,
    GOOD,
    LONGEST_PAUSE,
    PROBES,
    WINDOW,
    Breaker,
    State,
)


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    breaker.answered(0, ENOUGH, 0, now)
    assert breaker.state is State.OPEN
    return breaker


def test_it_opens_when_answers_say_that_the_carrier_is_ill() -> None:
    breaker = Breaker()
    breaker.answered(0, ENOUGH - 1, 0, 0.0)
    assert breaker.usable(0.0)
    breaker.answered(0, 1, 0, 1.0)
    assert not breaker.usable(1.0)
    assert breaker.news() == [(State.OPEN, f"{ENOUGH} of {ENOUGH} answers say that the carrier is ill")]


def test_refusals_for_what_messages_are_say_nothing_of_the_carrier() -> None:
    breaker = Breaker()
    breaker.answered(0, 0, 10 * ENOUGH, 0.0)
    breaker.answered(ENOUGH, ENOUGH, 0, 0.0)
    assert breaker.state is State.CLOSED


def test_old_answers_are_forgotten() -> None:
    breaker = Breaker()
    breaker.answered(0, ENOUGH - 1, 0, 0.0)
    breaker.answered(0, 1, 0, WINDOW)
    assert breaker.state is State.CLOSED


def test_it_opens_after_failures_in_a_row_and_a_bind_lets_a_few_messages_try() -> None:
    breaker = Breaker()
    for n in range(FAILURES):
        assert breaker.usable(2.0 * n)
        breaker.failed("refused", 2.0 * n)
        breaker.failed("refused, another session", 2.0 * n + 0.5)
    now = 2.0 * FAILURES
    assert not breaker.usable(now)
    breaker.bound()
    assert breaker.allowance(0, now) == PROBES
    assert breaker.allowance(PROBES, now) == 0
    breaker.answered(GOOD, 0, 0, now)
    assert breaker.allowance(1000, now) is None


def test_whatever_is_accepted_begins_the_row_anew() -> None:
    breaker = Breaker()
    for n in range(3 * FAILURES):
        breaker.failed("lost", 2.0 * n)
        breaker.answered(1, 0, 0, 2.0 * n + 1)
    assert breaker.state is State.CLOSED


def test_a_bind_does_not_heal_a_carrier_that_refuses_everything() -> None:
    breaker = opened()
    breaker.bound()
    assert breaker.state is State.OPEN


def test_pauses_double_within_bounds_and_begin_anew_once_it_closed() -> None:
    breaker, now, pauses = opened(), 0.0, []
    for _ in range(6):
        began = now
        while not breaker.usable(now):
            now += 0.5
        pauses.append(now - began)
        breaker.answered(0, BAD, 0, now)
    assert pauses == [FIRST_PAUSE, 10.0, 20.0, 40.0, LONGEST_PAUSE, LONGEST_PAUSE]
    now += LONGEST_PAUSE
    assert breaker.usable(now)
    breaker.answered(GOOD, 0, 0, now)
    breaker.answered(0, ENOUGH, 0, now)
    assert not breaker.usable(now + FIRST_PAUSE - 0.1)
    assert breaker.usable(now + FIRST_PAUSE)


def test_each_transition_is_told_once_also_where_the_next_follows_at_once() -> None:
    breaker = opened()
    assert breaker.usable(FIRST_PAUSE)
    breaker.answered(GOOD, 0, 0, FIRST_PAUSE)
    assert [state for state, _ in breaker.news()] == [State.OPEN, State.HALF_OPEN, State.CLOSED]
    assert breaker.news() == []


class AnyHistory(RuleBasedStateMachine):
    """Whatever happens: it is never open for longer than the longest pause, and never lets many try."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker()
        self.now = 0.0
        self.open_since: float | None = None

    @rule(seconds=st.floats(0.0, 30.0))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def fail(self) -> None:
        self.breaker.failed("lost", self.now)

    @rule()
    def bind(self) -> None:
        self.breaker.bound()

    @rule(good=st.integers(0, 60), ill=st.integers(0, 60), others=st.integers(0, 60))
    def answer(self, good: int, ill: int, others: int) -> None:
        self.breaker.answered(good, ill, others, self.now)

    @invariant()
    def holds(self) -> None:
        allowance = self.breaker.allowance(0, self.now)
        if self.breaker.state is not State.OPEN:
            self.open_since = None
        elif self.open_since is None:
            self.open_since = self.now
        assert self.open_since is None or self.now - self.open_since < LONGEST_PAUSE
        assert allowance == {State.OPEN: 0, State.HALF_OPEN: PROBES, State.CLOSED: None}[self.breaker.state]


TestAnyHistory = AnyHistory.TestCase
