"""References, batches' counting, rows as text, backing off."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dispatch import backoff
from dispatch.references import concatenation, user_message_references
from dispatch.rows import integers
from tests.unit.dispatch.loads import batch


@given(st.integers(1, 1 << 40), st.integers(1, 1 << 31), st.integers(1, 255))
def test_each_part_and_attempt_has_a_reference_of_its_own(campaign, ordinal, segments):
    attempts, parts = np.divmod(np.arange(4 * segments), segments)
    ordinals, counts = np.full(4 * segments, ordinal), np.full(4 * segments, segments)
    references = user_message_references(campaign, ordinals, counts, parts + 1, attempts + 1).tolist()
    assert len(set(references)) == len(references)
    assert all(0 <= reference < 1 << 16 for reference in references)
    assert 0 <= concatenation(campaign, ordinal) < 1 << 16


def test_a_batch_is_idle_once_each_of_its_parts_has_an_end():
    one = batch()
    one.expect(5)
    one.settle(3)
    assert not one.idle.is_set()
    one.set_aside(2)
    assert one.idle.is_set()
    assert one.untidy
    one.expect(1)
    assert (one.idle.is_set(), one.untidy) == (False, False)


def test_a_lost_batch_is_stopped():
    one = batch()
    one.lose()
    assert one.lost
    assert one.stopped


def test_arrays_are_read_as_postgresql_writes_them():
    assert (integers("{}"), integers("{1,20}")) == ([], [1, 20])


def test_backing_off_doubles_within_bounds():
    for failures in (1, 2, 3, 100):
        whole = min(10.0, 1.0 * 2 ** (failures - 1))
        assert whole / 2 <= backoff.delay(failures, first=1.0, longest=10.0) <= whole
