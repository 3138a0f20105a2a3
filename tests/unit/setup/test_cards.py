"""Rate cards give every unit of a day one rate: tiers and days neither overlap nor leave out the first unit."""

from datetime import date
from typing import NamedTuple

import pytest

from outbound.setup.cards import faults


class Tier(NamedTuple):
    zone: str
    since: date
    until: date | None
    from_unit: int


def card(since: str, until: str | None = None, *units: int, zone: str = "EG") -> list[Tier]:
    ends = date.fromisoformat(until) if until else None
    return [Tier(zone, date.fromisoformat(since), ends, unit) for unit in units or (1,)]


@pytest.mark.parametrize(
    "tiers",
    [
        card("2026-01-01"),
        card("2026-01-01", None, 1, 10_001, 50_001),
        card("2026-01-01", "2027-01-01") + card("2027-01-01"),
        card("2027-01-01") + card("2026-01-01", "2027-01-01"),
        card("2026-01-01") + card("2026-06-01", zone="SA"),
        card("2026-01-01", "2026-02-01") + card("2026-06-01"),
        [],
    ],
)
def test_these_cards_leave_no_doubt(tiers: list[Tier]) -> None:
    assert faults(tiers) == []


@pytest.mark.parametrize(
    ("tiers", "at", "said"),
    [
        (card("2026-01-01", None, 1, 1), 0, "more than one tier from unit 1"),
        (card("2026-01-01", None, 100), 0, "no rate for unit 1"),
        (card("2026-01-01") + card("2026-06-01"), 0, "end it with to: 2026-06-01"),
        (card("2026-01-01", "2026-07-01") + card("2026-06-01"), 0, "end it with to: 2026-06-01"),
        (card("2026-01-01", "2026-01-01"), 0, "to is the first day without it"),
        (card("2026-01-01", "2026-06-01") + card("2026-01-01", None, 100), 1, "end on different days"),
    ],
)
def test_a_doubt_is_told_with_the_tier_that_causes_it(tiers: list[Tier], at: int, said: str) -> None:
    found = faults(tiers)
    assert any(n == at and said in message for n, message in found)
