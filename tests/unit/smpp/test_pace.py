"""No sliding second ever holds more than the contracted rate, and the rate is used."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smpp.pace import Pace


def busiest_second(sent: list[tuple[float, int]]) -> int:
    """The most segments in any half-open interval of one second."""
    return max((sum(n for at, n in sent if start <= at < start + 1.0) for start, _ in sent), default=0)


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.integers(0, 700), st.integers(1, 60)), max_size=80),
)
def test_no_sliding_second_exceeds_the_rate(rate, steps):
    pace, now, sent = Pace(rate), 0.0, []
    for milliseconds, wanted in steps:
        now += milliseconds / 1000
        count = min(wanted, pace.allowance(now))
        pace.spend(count, now)
        sent.append((now, count))
    assert busiest_second(sent) <= rate


def test_the_rate_is_used_to_the_full():
    pace, now, total = Pace(500), 0.0, 0
    while now < 10:
        count = pace.allowance(now)
        pace.spend(count, now)
        total += count
        now = max(pace.next_at(now), now + 0.001)
    assert total == 5000


def test_a_burst_must_wait_for_the_whole_second_after_it():
    pace = Pace(10)
    pace.spend(10, now=5.0)

    assert pace.allowance(5.999) == 0
    assert pace.next_at(5.5) == 6.0
    assert pace.allowance(6.0) == 10


def test_next_at_is_when_the_first_slot_frees():
    pace = Pace(3)
    pace.spend(1, now=0.0)
    assert pace.next_at(0.1) == 0.1
    pace.spend(2, now=0.5)

    assert pace.next_at(0.6) == 1.0


def test_no_rate_no_limit():
    pace = Pace(None)
    pace.spend(10**6, now=0.0)

    assert pace.allowance(0.0) > 10**6
    assert pace.next_at(0.0) == 0.0


def test_a_fraction_is_never_exceeded():
    pace = Pace(0.5)
    pace.spend(1, now=0.0)
    assert pace.allowance(1.9) == 0
    assert pace.allowance(2.0) == 1
    assert Pace(2.5).allowance(0.0) == 2


def test_a_lower_rate_counts_at_once_and_remembers_what_was_sent():
    pace = Pace(10)
    pace.spend(4, now=0.0)
    pace.spend(4, now=0.5)
    pace.change(5)

    assert pace.allowance(0.6) == 0
    assert pace.next_at(0.6) == 1.0
    assert pace.allowance(1.0) == 1


@pytest.mark.parametrize("rate", [0, -1, math.inf, math.nan])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match="positive number"):
        Pace(rate)
