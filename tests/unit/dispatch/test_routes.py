"""Where messages go: the most specific route, the cheapest of its connectors that is usable, equals by weight."""

from collections import Counter
from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dispatch.routes import NO_ROUTE, NOT_NOW, Route, Routes, understood

EVERYONE = frozenset(range(1, 10))


def chosen(routes: Routes, *msisdns: int, network: int = 0, usable: frozenset[int] = EVERYONE) -> list[int]:
    numbers = np.array(msisdns, np.int64)
    return routes.connectors(numbers, np.full(len(numbers), network, np.int32), usable).tolist()


def prefixes(*written: str) -> list[Route]:
    return [Route(prefix=prefix) for prefix in written]


def test_the_longest_prefix_wins() -> None:
    routes = Routes({1: prefixes("20", "2010"), 2: prefixes("201", "966")})
    assert chosen(routes, 201011111111, 201511111111, 202011111111, 966511111111, 441111) == [1, 2, 1, 2, NO_ROUTE]
    assert chosen(Routes({}), 201) == [NO_ROUTE]
    assert chosen(Routes({1: prefixes("2010")}), 20, 2010, 20105) == [NO_ROUTE, 1, 1]


def test_an_operators_route_goes_before_prefixes_and_follows_the_network_of_the_message() -> None:
    routes = Routes(
        {1: prefixes("20", "2010"), 2: [Route(operator="Vodafone EG", cost=Decimal(9))]},
        {7: "Vodafone EG", 8: "Etisalat EG"},
    )
    assert chosen(routes, 201011111111, network=7) == [2]
    assert chosen(routes, 201011111111, network=8) == [1]
    assert chosen(routes, 441111, network=7) == [2]


def test_the_cheapest_that_is_usable_goes_first_then_the_next_then_the_shorter_prefix() -> None:
    routes = Routes(
        {
            1: [Route(prefix="20", cost=Decimal("0.03"))],
            2: [Route(prefix="20", cost=Decimal("0.020"))],
            3: [Route(prefix="2010", cost=Decimal("0.5"))],
        }
    )
    number = 201011111111
    assert chosen(routes, number) == [3]
    assert chosen(routes, number, usable=frozenset({1, 2})) == [2]
    assert chosen(routes, number, usable=frozenset({1})) == [1]
    assert chosen(routes, number, 33, usable=frozenset({4})) == [NOT_NOW, NO_ROUTE]


def test_equals_share_exactly_by_weight_and_take_turns() -> None:
    routes = Routes({n: [Route(prefix="20", weight=weight)] for n, weight in ((1, 3), (2, 1), (3, 4))})
    numbers = [201000000000 + n for n in range(4000)]
    to = chosen(routes, *numbers)
    assert Counter(to) == {1: 1500, 2: 500, 3: 2000}
    assert Counter(to[:800]) == {1: 300, 2: 100, 3: 400}
    assert chosen(routes, *numbers) == to
    assert Counter(chosen(routes, *numbers, usable=frozenset({1, 2}))) == {1: 3000, 2: 1000}


def test_single_messages_are_shared_too() -> None:
    routes = Routes({1: [Route(prefix="20", weight=3)], 2: [Route(prefix="20", weight=1)]})
    counts = Counter(chosen(routes, 201000000000 + n)[0] for n in range(4000))
    assert 2900 < counts[1] < 3100


def test_routes_are_kept_as_a_prefix_or_with_their_keys() -> None:
    assert understood(["20", {"operator": "WE", "cost": "0.012", "weight": 2}]) == [
        Route(prefix="20"),
        Route(operator="WE", cost=Decimal("0.012"), weight=2),
    ]


@given(
    weights=st.lists(st.integers(1, 1000), min_size=1, max_size=6),
    count=st.integers(1, 3000),
    first=st.integers(0, 10**9),
)
def test_each_share_is_exact_to_within_one_message(weights: list[int], count: int, first: int) -> None:
    """Whatever prefixes lead there: what counts is which connectors are equals."""
    routes = Routes(
        {n: [Route(prefix=prefix, weight=weight) for prefix in ("20", "21")] for n, weight in enumerate(weights, 1)}
    )
    numbers = [200_000_000_000 + first + 10_000_000_000 * (n % 2) for n in range(count)]
    counts = Counter(chosen(routes, *numbers))
    for connector, weight in enumerate(weights, 1):
        assert abs(counts[connector] - count * weight / sum(weights)) < 1


beginnings = st.lists(st.sampled_from("12"), min_size=1, max_size=4).map("".join)
costs = st.sampled_from([Decimal(0), Decimal(1)])
served = st.one_of(
    st.builds(Route, beginnings, st.none(), costs, st.integers(1, 5)),
    st.builds(Route, st.none(), st.sampled_from("AB"), costs, st.integers(1, 5)),
)


@given(
    routes=st.dictionaries(st.integers(1, 5), st.lists(served, max_size=4), max_size=5),
    messages=st.lists(st.tuples(st.integers(1, 2300), st.integers(1, 4)), max_size=40),
    usable=st.frozensets(st.integers(1, 5)),
)
def test_a_plain_model_agrees(
    routes: dict[int, list[Route]], messages: list[tuple[int, int]], usable: frozenset[int]
) -> None:
    operators = {1: "A", 2: "B", 3: "A", 4: "other"}
    got = Routes(routes, operators).connectors(
        np.array([number for number, _ in messages], np.int64),
        np.array([network for _, network in messages], np.int32),
        usable,
    )
    for (number, network), connector in zip(messages, got.tolist(), strict=True):
        ranked = [
            (99 if one.operator else len(one.prefix or ""), -one.cost, owner)
            for owner, of_owner in routes.items()
            for one in of_owner
            if one.operator == operators[network] or (one.prefix and str(number).startswith(one.prefix))
        ]
        allowed = [one for one in ranked if one[2] in usable]
        if not ranked:
            assert connector == NO_ROUTE
        elif not allowed:
            assert connector == NOT_NOW
        else:
            assert connector in {owner for *best, owner in allowed if tuple(best) == max(allowed)[:2]}
