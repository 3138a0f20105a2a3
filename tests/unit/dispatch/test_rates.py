"""How a rate is shared out: equally, but for what workers have no use for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.rates import fair


@pytest.mark.parametrize(
    ("rate", "demands", "shares"),
    [
        (500, {7: None}, {7: 500}),
        (500, {1: None, 2: None, 3: None}, {1: 167, 2: 167, 3: 166}),
        (500, {1: 1, 2: None, 3: 1}, {1: 1, 2: 498, 3: 1}),
        (500, {1: 100, 2: None, 3: None}, {1: 100, 2: 200, 3: 200}),
        (500, {1: 1, 2: 1}, {1: 250, 2: 250}),
        (500, {1: 300, 2: 100}, {1: 350, 2: 150}),
        (2, {1: None, 2: None, 3: None}, {1: 1, 2: 1, 3: 0}),
    ],
)
def test_shares(rate: int, demands: dict[int, int | None], shares: dict[int, int]) -> None:
    assert fair(rate, demands) == shares


@given(
    rate=st.integers(1, 5000),
    demands=st.dictionaries(st.integers(1, 30), st.none() | st.integers(0, 6000), min_size=1, max_size=8),
)
def test_all_of_it_is_shared_out_and_nobody_gets_less_than_an_equal_part_of_what_it_wants(
    rate: int, demands: dict[int, int | None]
) -> None:
    shares = fair(rate, demands)
    assert sum(shares.values()) == rate
    equal = rate // len(demands)
    for worker, demand in demands.items():
        assert shares[worker] >= min(equal, rate if demand is None else demand)
    alike = [shares[worker] for worker, demand in demands.items() if demand is None]
    assert not alike or max(alike) - min(alike) <= 1
