"""The window bounds what a crash leaves in doubt: offer, then complete, expire or close."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smpp.window import NOBODY, SequenceInUse, Window, WindowFull


@pytest.fixture
def window():
    return Window(size=10, timeout=60)


def test_a_run_takes_its_room_and_answers_give_it_back(window):
    window.offer(1, 6, now=0)
    assert (len(window), window.room) == (6, 4)

    window.complete([1, 3])

    assert (len(window), window.room) == (4, 6)


def test_a_run_that_does_not_fit_is_refused_whole(window):
    window.offer(1, 8, now=0)

    with pytest.raises(WindowFull, match="3 requests offered, 2 of 10"):
        window.offer(9, 3, now=0)

    assert window.room == 2


def test_an_answer_counts_once_and_only_for_what_waits(window):
    window.offer(5, 1, now=0)

    assert window.complete([4]).tolist() == [NOBODY]
    assert window.complete([5, 5]).tolist() == [0, NOBODY]
    assert window.complete([5]).tolist() == [NOBODY]


def test_a_number_that_still_waits_cannot_be_offered_again(window):
    window.offer(1, 3, now=0)

    with pytest.raises(SequenceInUse):
        window.offer(3, 1, now=0)


def test_overdue_requests_come_out_oldest_first_and_leave_room(window):
    window.offer(10, 2, now=0)
    window.offer(1, 2, now=30)
    window.complete([10])

    assert window.next_deadline() == 60
    assert window.expire(now=59.9) == []
    assert window.expire(now=60) == [11]
    assert window.expire(now=90) == [1, 2]
    assert window.room == 10
    assert window.next_deadline() is None


def test_closing_hands_back_what_was_in_flight_oldest_first(window):
    window.offer(7, 3, now=0)
    window.offer(1, 2, now=1)
    window.complete([8])

    assert window.close() == [7, 9, 1, 2]
    assert window.room == 10


def test_an_answer_gives_the_handle_of_its_request_also_when_it_is_overdue(window):
    window.offer(1, 3, now=0, handles=np.array([70, 80, 90]))

    assert window.complete([2, 9]).tolist() == [80, NOBODY]
    assert window.expire(now=60) == [1, 3]
    assert window.complete([3, 3]).tolist() == [90, NOBODY]
    assert len(window) == 0


def test_a_request_waits_on_while_the_numbers_go_round(window):
    window.offer(1, 2, now=0, handles=np.array([7, 8]))
    window.complete([2])
    for first in range(3, 5000, 5):
        window.offer(first, 5, now=0, handles=first)
        window.complete(range(first, first + 5))

    assert 1 in window
    assert len(window) == 1
    assert window.complete([1]).tolist() == [7]
    assert window.close() == []


STEPS = st.lists(st.tuples(st.sampled_from(["offer", "answer", "expire"]), st.integers(1, 400)), max_size=80)


@given(STEPS)
def test_like_a_plain_dictionary_with_deadlines(steps):
    """Long enough for the sequence numbers to come round while some requests still wait."""
    window, model, late, sequence = Window(size=500, timeout=9), {}, {}, 1
    for now, (step, amount) in enumerate(steps):
        if step == "offer" and amount <= 500 - len(model):
            window.offer(sequence, amount, now, handles=np.arange(amount) + 3 * sequence)
            model |= {sequence + i: (now + 9, i + 3 * sequence) for i in range(amount)}
            sequence += amount
        elif step == "answer":
            answered = [*list(model)[-amount:], *list(late)[:2]]
            handles = [model[number][1] if number in model else late[number] for number in answered]
            assert window.complete(answered).tolist() == handles
            model = {number: kept for number, kept in model.items() if number not in answered}
            late = {number: handle for number, handle in late.items() if number not in answered}
        elif step == "expire":
            overdue = [number for number, (deadline, _) in model.items() if deadline <= now]
            assert window.expire(now) == overdue
            late = dict(list((late | {number: model[number][1] for number in overdue}).items())[-500:])
            model = {number: kept for number, kept in model.items() if number not in overdue}
        assert len(window) == len(model)
        assert window.next_deadline() == min((deadline for deadline, _ in model.values()), default=None)
    assert window.close() == list(model)
