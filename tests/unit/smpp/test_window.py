"""The window bounds what a crash leaves in doubt: offer, then complete, expire or close."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smpp.window import SequenceInUse, Window, WindowFull


@pytest.fixture
def window():
    return Window(size=10, timeout=60)


def test_a_run_takes_its_room_and_answers_give_it_back(window):
    window.offer(1, 6, now=0)
    assert (len(window), window.room) == (6, 4)

    window.complete_all([1, 3])

    assert (len(window), window.room) == (4, 6)


def test_a_run_that_does_not_fit_is_refused_whole(window):
    window.offer(1, 8, now=0)

    with pytest.raises(WindowFull, match="3 requests offered, 2 of 10"):
        window.offer(9, 3, now=0)

    assert window.room == 2


def test_an_answer_counts_once_and_only_for_what_waits(window):
    window.offer(5, 1, now=0)

    assert not window.complete(4)
    assert window.complete(5)
    assert not window.complete(5)


def test_a_number_that_still_waits_cannot_be_offered_again(window):
    window.offer(1, 3, now=0)

    with pytest.raises(SequenceInUse):
        window.offer(3, 1, now=0)


def test_overdue_requests_come_out_oldest_first_and_leave_room(window):
    window.offer(10, 2, now=0)
    window.offer(1, 2, now=30)
    window.complete(10)

    assert window.next_deadline() == 60
    assert window.expire(now=59.9) == []
    assert window.expire(now=60) == [11]
    assert window.expire(now=90) == [1, 2]
    assert window.room == 10
    assert window.next_deadline() is None


def test_closing_hands_back_what_was_in_flight_oldest_first(window):
    window.offer(7, 3, now=0)
    window.offer(1, 2, now=1)
    window.complete(8)

    assert window.close() == [7, 9, 1, 2]
    assert window.room == 10


@given(st.lists(st.tuples(st.sampled_from(["offer", "answer", "expire"]), st.integers(1, 5)), max_size=60))
def test_like_a_plain_dictionary_with_deadlines(steps):
    window, model, sequence = Window(size=12, timeout=3), {}, 1
    for now, (step, amount) in enumerate(steps):
        if step == "offer" and amount <= 12 - len(model):
            window.offer(sequence, amount, now)
            model |= dict.fromkeys(range(sequence, sequence + amount), now + 3)
            sequence += amount
        elif step == "answer":
            answered = list(model)[-amount:]
            window.complete_all(answered)
            model = {number: deadline for number, deadline in model.items() if number not in answered}
        elif step == "expire":
            overdue = [number for number, deadline in model.items() if deadline <= now]
            assert window.expire(now) == overdue
            model = {number: deadline for number, deadline in model.items() if number not in overdue}
        assert len(window) == len(model)
        assert window.next_deadline() == min(model.values(), default=None)
    assert window.close() == list(model)
