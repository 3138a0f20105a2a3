"""What waits for a connector: whose turn it is, in which order, and that no part is lost or counted twice."""

from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dispatch.apart import Apart
from dispatch.waiting import Waiting
from tests.unit.dispatch.loads import batch, load

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def take(waiting: Waiting, most: int):
    """(campaign, recipients) of the next parts."""
    taken = waiting.take(most, NOW, 0.0)
    return None if taken is None else (taken[0].batch.campaign_id, taken[0].msisdns[taken[1]].tolist())


def test_equally_urgent_campaigns_take_turns_and_each_keeps_its_order():
    waiting = Waiting(None, lambda: None)
    waiting.add(load(range(100, 105), of=batch(1)))
    waiting.add(load(range(200, 202), of=batch(2)))

    assert [take(waiting, 2) for _ in range(5)] == [
        (1, [100, 101]), (2, [200, 201]), (1, [102, 103]), (1, [104]), None,
    ]  # fmt: skip


def test_the_more_urgent_go_first():
    waiting = Waiting(None, lambda: None)
    waiting.add(load([100, 101], of=batch(1, priority=200)))
    waiting.add(load([200, 201], of=batch(2, priority=100)))

    assert [take(waiting, 1) for _ in range(4)] == [(2, [200]), (2, [201]), (1, [100]), (1, [101])]


def test_what_is_tried_again_is_the_campaigns_next():
    waiting = Waiting(None, lambda: None)
    parts = load([100, 101, 102], of=batch(1))
    waiting.add(parts)
    _, at = waiting.take(2, NOW, 0.0)
    waiting.first(parts, at[:1])

    assert take(waiting, 5) == (1, [100])
    assert take(waiting, 5) == (1, [102])
    assert len(waiting) == 0


def test_the_rest_of_a_refused_message_goes_back_to_its_batch():
    waiting = Waiting(None, lambda: None)
    parts = load([100, 101], segments=2)
    parts.batch.expect(4)
    waiting.add(parts)
    waiting.take(1, NOW, 0.0)
    parts.refuse(np.array([0]))

    assert take(waiting, 5) == (1, [101, 101])
    assert parts.batch.unsettled == 3


def test_a_stopped_batch_gets_everything_back():
    waiting = Waiting(None, lambda: None)
    first, second = load([100, 101], of=batch(1)), load([200], of=batch(2))
    for parts in (first, second):
        parts.batch.expect(len(parts))
        waiting.add(parts)
    first.batch.stop()

    assert take(waiting, 5) == (2, [200])
    assert (first.batch.idle.is_set(), first.batch.untidy, len(waiting)) == (True, True, 0)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 6)), min_size=1, max_size=8), st.data())
def test_each_part_comes_out_once_or_goes_back(adds, data):
    """Also where recipients are kept apart, and their parts wait for each other."""
    apart = Apart() if data.draw(st.booleans()) else None
    waiting = Waiting(apart, lambda: None)
    loads = []
    for campaign, size in adds:
        parts = load([100 + n % 3 for n in range(size)], of=batch(campaign))
        parts.batch.expect(size)
        loads.append(parts)
        waiting.add(parts)
    out: list[tuple[object, int]] = []
    while (taken := waiting.take(data.draw(st.integers(1, 4)), NOW, 0.0)) is not None:
        parts, at = taken
        out += [(parts, place) for place in at.tolist()]
        if data.draw(st.booleans()):
            waiting.free(parts, at, in_doubt=False)
    assert len(waiting) == sum(map(len, loads)) - len(out)
    assert len(set(out)) == len(out)
    waiting.give_back()
    assert len(waiting) == 0
    for parts in loads:
        assert parts.batch.unsettled == sum(1 for of, _ in out if of is parts)


def test_a_campaign_that_has_spent_its_rate_keeps_nobody_waiting():
    waiting = Waiting(None, lambda: None)
    slow, quick = load(range(10), of=batch(1, rate=2)), load(range(10), of=batch(2, priority=200))
    waiting.add(slow)
    waiting.add(quick)
    left = {1: 3, 2: 100}

    def taken():
        found = waiting.take(4, NOW, 0.0, lambda of: left[of.campaign_id])
        if found is None:
            return None
        left[found[0].batch.campaign_id] -= len(found[1])
        return found[0].batch.campaign_id, len(found[1])

    assert [taken() for _ in range(5)] == [(1, 3), (2, 4), (2, 4), (2, 2), None]
    assert len(waiting) == 7
    assert waiting.ready(seconds=2.0) == 4
    slow.batch.stop()
    assert taken() is None
    assert len(waiting) == 0
