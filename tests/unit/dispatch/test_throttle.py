"""The carrier never counts more than the rate in any second, however long the way there takes."""

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
    assert throttle.allowance(11.0) > 0


def test_what_is_not_answered_keeps_its_slot_for_a_while_only():
    throttle = Throttle()
    throttle.change(1, 0.0)
    assert throttle.allowance(1.0) == 1
    throttle.wrote(7, 1, 1.0)
    assert throttle.allowance(2.1) == 0
    assert throttle.allowance(2.3) == 1
    throttle.answered(7, 1, 9.0)
    assert throttle.allowance(9.0) == 1


@settings(max_examples=60, deadline=None)
@given(
    rate=st.integers(1, 60),
    way=st.floats(0.0, 0.4),
    jitter=st.lists(st.tuples(st.floats(0.0, 0.02), st.floats(0.0, 0.02)), min_size=1, max_size=20),
    pause=st.floats(0.0, 0.02),
)
def test_no_second_at_the_carrier_holds_more_than_the_rate(rate, way, jitter, pause):
    """Writes arrive after a while, answers return after another; both differ from one write to the next."""
    throttle = Throttle()
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


def test_the_rate_is_used_where_answers_are_quick():
    throttle = Throttle()
    throttle.change(500, -1.0)
    now, sent, stamp = 0.0, 0, 0
    while now < 10.0:
        allowed = throttle.allowance(now)
        if allowed:
            stamp += 1
            throttle.wrote(stamp, allowed, now)
            throttle.answered(stamp, allowed, now + 0.001)
            sent += allowed
        now = max(now + 0.0005, throttle.next_at(now))
    assert 4900 <= sent <= 5000
