"""What carriers cost: each day has one rate for the same networks, and none is of networks that there are not."""

from datetime import date
from typing import NamedTuple

import pytest

from outbound.setup.costs import faults, strange


class Rate(NamedTuple):
    network: str
    since: date
    until: date | None


def rate(since: str, until: str | None = None, network: str = "*") -> Rate:
    return Rate(network, date.fromisoformat(since), date.fromisoformat(until) if until else None)


@pytest.mark.parametrize(
    "rates",
    [
        [rate("2026-01-01"), rate("2026-01-01", network="+20"), rate("2026-01-01", network="+2010")],
        [rate("2026-04-24"), rate("2026-01-01", "2026-04-24")],
        [rate("2026-01-01", "2026-02-01"), rate("2026-03-01")],
        [],
    ],
)
def test_these_rates_leave_no_doubt(rates: list[Rate]) -> None:
    assert faults(rates) == []


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ([rate("2026-02-01", "2026-02-01")], [(0, "ends on 2026-02-01, but begins on 2026-02-01: to is the first day without it")]),
        ([rate("2026-03-01"), rate("2026-01-01")], [(1, "overlaps the rate of all networks from 2026-03-01: end it with to: 2026-03-01")]),
        (
            [rate("2026-01-01", "2026-03-02", "+20"), rate("2026-03-01", network="+20")],
            [(0, "overlaps the rate of +20 from 2026-03-01: end it with to: 2026-03-01")],
        ),
        ([rate("2026-01-01", network="WE")] * 2, [(1, "the rate of WE from 2026-01-01 stands here twice: keep one")]),
    ],
)  # fmt: skip
def test_these_contradict_each_other(rates: list[Rate], said: list[tuple[int, str]]) -> None:
    assert faults(rates) == said


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("*", None),
        ("WE", None),
        ("+20", None),
        ("+2015", None),
        ("+20151", "no network's prefix begins with 20151: name one, or some first digits of it"),
        ("We", "no network is of 'We': there are Orange, WE"),
    ],
)
def test_a_rate_is_of_networks_that_there_are(network: str, said: str | None) -> None:
    assert strange(network, ["WE", "Orange"], ["2015", "2012"]) == said
