"""A carrier that cannot take more is left alone, longer each time, and asked for less."""

from dispatch.patience import FIRST, LONGEST, REMEMBERED, Patience


def test_what_was_under_way_together_counts_once_and_what_is_said_again_twice_as_long() -> None:
    patience, now, pauses = Patience(), 10.0, []
    for _ in range(6):
        until = patience.refused(now)
        assert patience.refused(now + 0.1) == until
        pauses.append(until - now)
        now = until
    assert pauses == [FIRST, 1.0, 2.0, 4.0, LONGEST, LONGEST]


def test_whatever_is_accepted_after_the_pause_ends_it() -> None:
    patience = Patience()
    until = patience.refused(0.0)
    patience.accepted(5, until - 0.1)  # was under way
    assert patience.refused(until) == until + 2 * FIRST
    patience.accepted(1, until + 2 * FIRST)
    assert patience.refused(until + 3.0) == until + 3.0 + FIRST


def test_it_asks_for_a_little_more_than_was_accepted_as_long_as_it_remembers() -> None:
    patience = Patience()
    assert patience.wants(0.0) is None
    for second in range(10):
        patience.accepted(20, second + 0.1)
        patience.accepted(20, second + 0.6)
    patience.refused(9.9)
    assert patience.wants(10.0) == 44
    assert patience.wants(9.9 + REMEMBERED + 0.1) is None


def test_it_asks_for_one_at_least() -> None:
    patience = Patience()
    patience.refused(0.0)
    assert patience.wants(1.0) == 1
