"""The carrier never counts more than the rate in any second, however long the way there takes."""

from bisect import bisect_left
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.throttle import Throttle
from smpp.pace import UNLIMITED


def test_without_a_rate_there_is_no_limit_and_with_none_at_all_nothing_goes():
    throttle = Throttle()
    assert throttle.allowance(0.0) == UNLIMITED
    throttle.change(0, 0.0)
    assert throttle.allowance(100.0) == 0


def test_a_limit_begins_with_a_second_of_silence_where_there_was_none():
    throttle = Throttle()
    throttle.change(100, 10.0)
    assert throttle.allowance(10.9) == 0
    assert throttle.next_at(10.9) == 11.0
    assert throttle.next_at(9.0) == 10.0
    assert throttle.allowance(11.0) > 0


def test_what_is_not_answered_keeps_its_slot_for_a_while_only():
    throttle = Throttle()
    throttle.change(1, 0.0)
    assert throttle.allowance(1.0) == 1
    throttle.wrote(7, 1, 1.0)
    assert throttle.allowance(2.9) == 0
    assert throttle.allowance(3.0) == 1
    throttle.answered(7, 1, 9.0)
    assert throttle.allowance(9.0) == 1


@settings(max_examples=60)
@given(
    rate=st.integers(1, 60),
    way=st.floats(0.0, 0.4),
    jitter=st.lists(st.tuples(st.floats(0.0, 0.02), st.floats(0.0, 0.02)), min_size=1, max_size=20),
    pause=st.floats(0.0, 0.02),
    by_write=st.booleans(),
)
def test_no_second_at_the_carrier_holds_more_than_the_rate(rate, way, jitter, pause, by_write):
    """Writes arrive after a while, answers return after another; both differ from one write to the next. Where the
    instants are those of writes both ways are now and then as quick as they can be."""
    jitter = [(0.0, 0.0), *jitter] if by_write else jitter
    throttle = Throttle(by_write=by_write)
    throttle.change(rate, -1.0)
    now, arrivals, answers, stamp = 0.0, [], [], 0
    while now < 4.0:
        for due, which, count in [one for one in answers if one[0] <= now]:
            throttle.answered(which, count, due)
            answers.remove((due, which, count))
        allowed = throttle.allowance(now)
        if allowed:
            there, back = (way / 2 + more for more in jitter[stamp % len(jitter)])
            stamp += 1
            throttle.wrote(stamp, allowed, now)
            arrivals += [now + there] * allowed
            answers.append((now + there + back, stamp, allowed))
        now = max(now + 0.001, min([throttle.next_at(now) + pause, *(one[0] for one in answers)]))
    assert arrivals
    for first in arrivals:
        assert sum(first <= at < first + 1.0 for at in arrivals) <= rate


@pytest.mark.parametrize("way", [0.0, 0.001, 0.005, 0.02, 0.2])
def test_the_rate_is_used_however_long_answers_take(way: float) -> None:
    """Of an exact timer and answers that always take the same time a thousandth of the rate is lost at most."""
    arrivals = simulate(Throttle(), rate=500, seconds=20.0, way=way)
    assert sum(at < arrivals[0] + 20.0 for at in arrivals) >= 0.999 * 20 * 500 - 500 * way
    assert most_in_a_second(arrivals) <= 500


def test_after_a_pause_the_rate_is_spread_over_the_second() -> None:
    throttle = Throttle()
    throttle.change(500, -1.0)
    simulate(throttle, rate=None, seconds=2.0, way=0.005)
    arrivals = simulate(throttle, rate=None, seconds=3.0, way=0.005, begin=10.0)
    assert most_in_a_second(arrivals, seconds=0.1) <= 60


def test_a_stall_is_made_up_for_at_once() -> None:
    """20 ms every 0.7 s in which nothing is written cost less than a thousandth."""
    arrivals = simulate(Throttle(), rate=500, seconds=20.0, way=0.005, stalls=0.02)
    assert sum(at < arrivals[0] + 20.0 for at in arrivals) >= 0.999 * 20 * 500
    assert most_in_a_second(arrivals) <= 500


def test_a_machine_that_wakes_it_late_costs_a_small_share_no_more_than_that() -> None:
    """8 ms late, of slots that are 6 ms apart: both the answer and the slot that it frees are seen so much later."""
    arrivals = simulate(Throttle(), rate=167, seconds=20.0, way=0.005, late=0.008)
    assert sum(at < arrivals[0] + 20.0 for at in arrivals) >= 0.985 * 20 * 167
    assert most_in_a_second(arrivals) <= 167


def test_what_a_busy_start_shows_of_the_way_is_not_taken_for_its_length() -> None:
    """The first 300 ms each way takes 2 ms longer than ever after."""
    arrivals = simulate(Throttle(), rate=167, seconds=4.0, way=0.005, busy=0.3)
    assert most_in_a_second(arrivals) <= 167


@pytest.mark.parametrize(("before", "after"), [(500, 250), (250, 500), (500, 0), (0, 300), (167, 166)])
def test_a_share_changes_evenly_and_never_exceeds_the_greater_one(before: int, after: int) -> None:
    throttle = Throttle()
    throttle.change(before, -1.0)
    first = simulate(throttle, rate=None, seconds=3.0, way=0.005)
    throttle.change(after, 3.0)
    second = simulate(throttle, rate=None, seconds=4.0, way=0.005, begin=3.0)
    assert most_in_a_second([*first, *second]) <= max(before, after)
    settled = [at for at in second if at >= 4.2]
    assert most_in_a_second(settled or [0.0]) <= max(after, 1)
    assert most_in_a_second(settled or [0.0], seconds=0.1) <= after * 0.12 + 4
    if after:
        assert len([at for at in settled if at < 6.2]) >= 2 * after * 0.99


@settings(max_examples=40)
@given(changes=st.lists(st.tuples(st.floats(0.05, 2.5), st.integers(0, 80)), min_size=1, max_size=6))
def test_whatever_becomes_of_the_rate_a_second_holds_no_more_than_its_greatest(
    changes: list[tuple[float, int]],
) -> None:
    throttle = Throttle()
    throttle.change(50, -1.0)
    arrivals, now, rates = [], 0.0, [(-1.0, 50)]
    for seconds, rate in changes:
        arrivals += simulate(throttle, rate=None, seconds=seconds, way=0.003, begin=now)
        now += seconds
        throttle.change(rate, now)
        rates.append((now, rate))
    arrivals += simulate(throttle, rate=None, seconds=2.0, way=0.003, begin=now)
    for first in arrivals:
        held = sum(first <= at < first + 1.0 for at in arrivals)
        in_force = [
            rate
            for (since, rate), (until, _) in zip(rates, [*rates[1:], (float("inf"), 0)], strict=True)
            if until + 1.0 > first - 0.01 and since < first + 1.0
        ]
        assert held <= max(in_force)


def simulate(
    throttle: Throttle,
    *,
    rate: int | None,
    seconds: float,
    way: float,
    begin: float = 0.0,
    stalls: float = 0.0,
    late: float = 0.0,
    busy: float = 0.0,
) -> list[float]:
    """Arrivals at a carrier that is `way` of a round trip away, of a sender that always has something to send. rate:
    None = as it is. stalls: so long nothing happens, every 0.7 s. late: so long after it should it looks again. busy:
    so long the way takes 4 ms more."""
    if rate is not None:
        throttle.change(rate, begin - 1.0)
    now, arrivals, stamp = begin, [], int(begin * 1e6)
    answers: deque[tuple[float, int, int]] = deque()
    while now < begin + seconds:
        while answers and answers[0][0] <= now:
            _, which, count = answers.popleft()
            throttle.answered(which, count, now)
        while allowed := throttle.allowance(now):
            stamp += 1
            throttle.wrote(stamp, allowed, now)
            trip = way + 0.004 if now < begin + busy else way
            arrivals += [now + trip / 2] * allowed
            answers.append((now + trip, stamp, allowed))
        now = max(now + 1e-5, min([throttle.next_at(now), *(one[0] for one in list(answers)[:1])]) + late)
        if stalls and now % 0.7 < stalls:
            now += stalls - now % 0.7
    for _, which, count in answers:
        throttle.answered(which, count, begin + seconds)
    return arrivals


def most_in_a_second(arrivals: list[float], seconds: float = 1.0) -> int:
    return max(bisect_left(arrivals, at + seconds) - place for place, at in enumerate(arrivals))
