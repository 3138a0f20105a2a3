"""What may no longer change: closed months keep their terms and prices, a scheme changes when nothing remains."""

from datetime import date
from decimal import Decimal
from typing import Any

from outbound.setup import guards
from outbound.setup.difference import Row, difference
from outbound.setup.tables import EVER, RATE, TERM

TODAY = date(2026, 11, 15)
OPEN_FROM = date(2026, 11, 1)
NOTHING = guards.Remains(0, 0, 0)


def past(open_from: date | None = None, has_facts: bool = True) -> guards.Past:
    return guards.Past(1, TODAY, open_from, has_facts)


def term(**changed: Any) -> Row:
    plain = {
        "scheme": "prepaid", "currency": "EGP", "tax_treatment": "standard", "vat_rate": Decimal("0.14"),
        "valuation": "rerate", "recharge_tolerance": Decimal(0), "tier_mode": "graduated", "tier_scope": "zone",
        "minimum_monthly": Decimal(0), "credit_limit": None, "monthly_cap": None, "payment_days": 30,
        "activation": "confirmation",
    }  # fmt: skip
    return plain | changed


def complaints(
    before: dict[date, Row], wanted: dict[date, Row], of: guards.Past, remains: guards.Remains = NOTHING
) -> list[str]:
    old, new = ({(day,): row for day, row in side.items()} for side in (before, wanted))
    return [said for _, said in guards.term_faults(difference(TERM, old, new), old, new, of, lambda day: remains)]


def test_terms_are_free_until_the_first_close() -> None:
    assert complaints({EVER: term()}, {EVER: term(vat_rate=Decimal("0.15"))}, past()) == []


def test_after_a_close_only_days_that_are_still_open_change() -> None:
    changed = term(vat_rate=Decimal("0.15"))
    (said,) = complaints({EVER: term()}, {EVER: changed}, past(OPEN_FROM))
    assert "vat_rate cannot change from 1900-01-01 on" in said
    assert "from: 2026-11-01 or later" in said
    (said,) = complaints({EVER: term()}, {EVER: term(), date(2026, 10, 1): changed}, past(OPEN_FROM))
    assert "2026-10-01" in said
    assert complaints({EVER: term()}, {EVER: term(), OPEN_FROM: changed}, past(OPEN_FROM)) == []


def test_a_change_that_closed_months_used_is_not_taken_out() -> None:
    changed = {EVER: term(), date(2026, 10, 1): term(vat_rate=Decimal("0.15"))}
    assert complaints(changed, {EVER: term()}, past(OPEN_FROM))


def test_a_credit_limit_is_of_no_closed_figure() -> None:
    limited = term(credit_limit=Decimal(100), monthly_cap=Decimal(50))
    assert complaints({EVER: term()}, {EVER: limited}, past(OPEN_FROM)) == []


def test_the_first_close_fixes_the_valuation() -> None:
    later = {EVER: term(), date(2026, 12, 1): term(valuation="blended")}
    assert complaints({EVER: term()}, later, past(OPEN_FROM)) == [
        "valuation cannot change: the first close fixed it (CHARGING 24)"
    ]


def test_a_scheme_changes_at_the_start_of_a_month_to_come_when_nothing_remains() -> None:
    for day in (EVER, date(2026, 11, 1), date(2026, 12, 15)):
        (said,) = complaints({EVER: term()}, {EVER: term(), day: term(scheme="postpaid")}, past())
        assert "start of a month to come (CHARGING 30)" in said
    december = {EVER: term(), date(2026, 12, 1): term(scheme="postpaid")}
    assert complaints({EVER: term()}, december, past()) == []
    for left in (guards.Remains(9, 0, 0), guards.Remains(0, 9, 0), guards.Remains(0, 0, 9)):
        (said,) = complaints({EVER: term()}, december, past(), left)
        assert "while anything remains (CHARGING 30)" in said


def test_an_account_without_a_past_may_be_set_right() -> None:
    assert (
        complaints({EVER: term()}, {EVER: term(scheme="postpaid")}, past(has_facts=False), guards.Remains(1, 1, 1))
        == []
    )


def rate_complaints(before: dict[Any, Row], wanted: dict[Any, Row]) -> list[str]:
    found = difference(RATE, before, wanted)
    return [said for _, said in guards.rate_faults(found, before, past(OPEN_FROM))]


def card(rate: str, until: date | None = None) -> Row:
    return {"effective_to": until, "rate": Decimal(rate)}


def test_closed_months_keep_their_prices() -> None:
    old = {("EG", date(2026, 1, 1), 1): card("0.20")}
    ended = {("EG", date(2026, 1, 1), 1): card("0.20", date(2026, 12, 1)), ("EG", date(2026, 12, 1), 1): card("0.25")}
    assert rate_complaints(old, ended) == []
    assert rate_complaints(old, old | {("SA", date(2026, 1, 1), 1): card("0.45")}) == []
    assert rate_complaints(old, {("EG", date(2026, 1, 1), 1): card("0.25")})
    assert rate_complaints(old, {("EG", date(2026, 1, 1), 1): card("0.20", date(2026, 10, 1))})
    assert rate_complaints(old, old | {("EG", date(2026, 1, 1), 100): card("0.10")})
    assert rate_complaints(old, {})
