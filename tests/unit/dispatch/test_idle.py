"""When a worker with --until-idle ends."""

import pytest

from dispatch.idle import Idle, Left, NothingCanBeSent, Sight

NOTHING = Left(0, 0, 0)


def sight(*, progress=0, busy=False, obstacles=(), stuck=False) -> Sight:
    return Sight(busy=busy, broken=frozenset(), progress=(progress,), obstacles=list(obstacles), stuck=stuck)


def test_it_ends_at_once_where_nothing_is_left():
    assert Idle().judge(NOTHING, sight(), 0.0)
    assert not Idle().judge(NOTHING, sight(busy=True), 0.0)


def test_receipts_are_waited_for_while_they_come():
    idle, waiting = Idle(), Left(0, 0, 5)
    assert not idle.judge(waiting, sight(progress=1), 0.0)
    assert not idle.judge(waiting, sight(progress=2), 19.0)
    assert not idle.judge(waiting, sight(progress=2), 38.0)
    assert idle.judge(waiting, sight(progress=2), 39.0)


def test_proof_of_what_is_in_doubt_is_waited_for_longer():
    idle, doubt = Idle(), Left(0, 3, 3)
    assert not idle.judge(doubt, sight(), 0.0)
    assert not idle.judge(doubt, sight(), 119.0)
    assert idle.judge(doubt, sight(), 120.0)


def test_a_carrier_that_is_away_for_a_moment_is_waited_for():
    idle, left = Idle(), Left(2, 0, 0)
    assert not idle.judge(left, sight(obstacles=["cairo: refused"], stuck=True), 0.0)
    assert not idle.judge(left, sight(), 4.0)
    assert not idle.judge(left, sight(obstacles=["cairo: refused"], stuck=True), 6.0)
    with pytest.raises(NothingCanBeSent, match=r"2 batches cannot be sent: cairo: refused\. Nothing is lost"):
        idle.judge(left, sight(obstacles=["cairo: refused"], stuck=True), 11.0)


def test_one_carrier_of_several_that_is_away_ends_it_once_nothing_happens_any_more():
    idle, left = Idle(), Left(1, 0, 0)
    assert not idle.judge(left, sight(progress=1, obstacles=["riyadh: refused"]), 0.0)
    assert not idle.judge(left, sight(progress=2, obstacles=["riyadh: refused"]), 59.0)
    assert not idle.judge(left, sight(progress=2, obstacles=["riyadh: refused"]), 118.0)
    with pytest.raises(NothingCanBeSent):
        idle.judge(left, sight(progress=2, obstacles=["riyadh: refused"]), 119.0)
