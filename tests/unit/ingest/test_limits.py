"""INTAKE, DAILY_LIMIT: which limit holds on a day."""

from datetime import date, timedelta

import pytest

from ingest.limits import limit_on
from ingest.options import Policy

SET_UP = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("plain", "for_new", "age", "expected"),
    [
        (None, None, 0, (None, False)),
        (1000, None, 0, (1000, False)),
        (1000, 50, 29, (50, True)),
        (1000, 50, 30, (1000, False)),  # the first day on which it is not new any more
        (None, 50, 0, (50, True)),
        (None, 50, 30, (None, False)),
        (40, 50, 0, (40, False)),  # never above the usual one
        (40, 0, 0, (0, True)),
    ],
)
def test_a_new_account_has_the_lower_limit(plain, for_new, age, expected):
    policy = Policy(max_segments_per_day=plain, new_account_days=30, new_account_segments_per_day=for_new)

    assert limit_on(SET_UP + timedelta(days=age), SET_UP, policy) == expected
