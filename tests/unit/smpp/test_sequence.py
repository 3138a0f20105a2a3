"""Sequence numbers run from 1 to 0x7fffffff, and a run never wraps inside (SMPP 3.4 5.1.4)."""

import pytest

from smpp.sequence import LAST, Sequences


def test_runs_follow_each_other():
    sequences = Sequences()
    assert [sequences.take(), sequences.take(100), sequences.take()] == [1, 2, 102]


def test_a_run_that_would_wrap_begins_at_one():
    assert Sequences(LAST - 1).take(3) == 1


def test_the_last_number_is_used_and_one_follows():
    sequences = Sequences(LAST - 1)
    assert sequences.take(2) == LAST - 1
    assert sequences.take() == 1


@pytest.mark.parametrize("count", [0, -1, LAST + 1])
def test_a_run_has_at_least_one_number(count):
    with pytest.raises(ValueError, match="a run has"):
        Sequences().take(count)
