"""The second implementation gives the postpaid examples of CHARGING, to the cent."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.unit.billing.postpaid_model import Contract, Terms, Tier, Used

CARD = [
    Tier(zone="EG", card_from=date(2026, 1, 1), card_to=None, from_unit=from_unit, rate=Decimal(rate))
    for from_unit, rate in [(1, "0.20"), (10_001, "0.18"), (50_001, "0.15")]
]


@pytest.mark.parametrize(("mode", "total"), [("graduated", "12198.00"), ("volume", "10260.00")])
def test_sixty_thousand_in_one_zone(mode, total):
    used = [Used(key="u", at=datetime(2026, 5, 2, tzinfo=UTC), zone="EG", units=60_000)]
    lines, unrated = Contract(tiers=CARD, terms=[Terms(mode=mode)]).invoice("2026-05", used)
    assert (sum(line.net + line.vat for line in lines), unrated) == (Decimal(total), 0)


def test_vat_is_rounded_line_by_line():
    tiers = [
        Tier(zone=zone, card_from=date(2026, 1, 1), card_to=None, from_unit=1, rate=Decimal("0.10050"))
        for zone in ("EG", "SA", "AE")
    ]
    used = [Used(key=t.zone, at=datetime(2026, 5, 2, tzinfo=UTC), zone=t.zone, units=100) for t in tiers]
    lines, _ = Contract(tiers=tiers).invoice("2026-05", used)
    assert [line.net for line in lines] == [Decimal("10.05")] * 3
    assert sum(line.vat for line in lines) == Decimal("4.23")
    assert sum(line.net + line.vat for line in lines) == Decimal("34.38")


@pytest.mark.parametrize(
    ("month", "gap"), [("2026-04", "700.00"), ("2026-05", "1677.42"), ("2026-06", "1000.00"), ("2026-07", None)]
)
def test_a_commitment_counts_the_days_on_which_it_holds(month, gap):
    """From 10 April on 1000.00, from 11 May on 2000.00, from 16 June on nothing."""
    terms = [
        Terms(minimum=Decimal(1000)),
        Terms(since=date(2026, 5, 11), minimum=Decimal(2000)),
        Terms(since=date(2026, 6, 16)),
    ]
    lines, _ = Contract(tiers=CARD, terms=terms, begins=date(2026, 4, 10)).invoice(month, [])
    assert [line.net for line in lines] == ([Decimal(gap)] if gap else [])
