"""Rules of prepaid units that the worked examples leave out, each as a story with dates and cents, in one build."""

from decimal import Decimal

import pytest

from tests.integration.dbt.conftest import Account, Books, Figures

CENT10, CENT8 = Decimal("0.10"), Decimal("0.08")


def submits(account: Account, segment: int, *, at: str) -> None:
    """One segment of the account's campaign, accepted by a carrier."""
    account.books.execute("select dispatch.ensure_days('2026-09-01', '2026-09-01')")
    account.books.execute(
        "insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, command_status,"
        " answered_at, sent_at, epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)"
        " values (%s, %s, 1, %s, 1, 'accepted', 0, %s, %s, 1, 1, 1, 1, 1, 1, 1, 'EG')",
        account.account_id, account.account_id, segment, at, at,
    )  # fmt: skip


def instant(books: Books) -> None:
    account = books.account("instant")
    account.sends(8, at="2026-05-01 10:00")
    account.is_refunded(4, at="2026-05-01 10:00")
    account.is_granted(5, at="2026-05-01 10:00")
    account.buys(10, at="2026-05-01 10:00", rate="0.10")


def brought_in(books: Books) -> None:
    account = books.account("brought-in")
    books.execute(
        "with opened as (insert into account.opening (account_id, business_key, at) values (%s, 'start',"
        " '2026-05-01 00:00+03') returning account_id, opening_id)"
        " insert into account.opening_lot (account_id, opening_id, n, opened_at, last_valid_day, units, rate, carrying_value)"
        " select account_id, opening_id, 1, '2026-01-01 00:00+02', '2028-12-31', 100, 0.10, 10.00 from opened",
        account.account_id,
    )
    account.buys(100, at="2026-09-01 12:00", rate="0.08")


@pytest.fixture(scope="module")
def figures(books: Books) -> Figures:
    instant(books)
    brought_in(books)
    generous = books.account("generous")
    generous.is_granted(1_000, at="2026-05-01 10:00")
    generous.buys(999, at="2026-06-01 10:00", rate="0.10")
    for name, units in [("similar", 3_600), ("too-small", 3_599)]:
        account = books.account(name, recharge_tolerance="0.1")
        account.buys(4_000, at="2026-05-01 10:00", rate="0.10")
        account.buys(units, at="2026-09-01 12:00", rate="0.08")
    expired = books.account("expired")
    expired.buys(100, at="2026-03-15 10:00", rate="0.10")
    expired.buys(50, at="2027-03-16 00:00", rate="0.08")
    two_lots = books.account("two-lots")
    two_lots.buys(100, at="2026-05-01 10:00", rate="0.10")
    two_lots.buys(50, at="2026-06-01 10:00", rate="0.20")
    two_lots.sends(120, at="2026-07-01 10:00")
    across = books.account("across")
    across.buys(2, at="2026-05-01 10:00", rate="1.00")
    across.buys(10, at="2026-09-01 12:00", rate="0.50")
    submits(across, 1, at="2026-09-01 11:59:59.999999+03")
    submits(across, 2, at="2026-09-01 12:00:00.000001+03")
    owing = books.account("owing")
    owing.sends(5, at="2026-05-01 10:00")
    owing.is_granted(3, at="2026-06-01 10:00")
    owing.buys(4, at="2026-07-01 10:00", rate="0.10")
    for name, batches in [("by-one", [1, 1, 1]), ("at-once", [3])]:
        account = books.account(name)
        account.buys(3, at="2026-05-01 10:00", rate="0.005")
        for day, units in enumerate(batches, start=2):
            account.sends(units, at=f"2026-05-0{day} 10:00")
    return books.as_of("2027-04-01 00:00")


def test_purchase_grant_refund_and_use_of_one_instant_come_in_that_order(figures):
    """CHARGING 6, 13: recorded the other way round. 10 bought, 5 given, 4 paid ones refunded; use takes the lot opened first."""
    assert figures.lots("instant") == [(3, Decimal(0), "2027-05-01")]
    assert figures.ledger("instant") == {"VAT": "0.08", "receivable": "0.68", "usage revenue": "0.60"}


def test_goodwill_counts_in_what_remains(figures):
    """CHARGING 7, 10, 22: 999 units do not extend 1,000, though nobody paid for those; they keep a year of their own."""
    assert figures.lots("generous") == [(1_000, Decimal(0), "2027-05-01"), (999, CENT10, "2027-06-01")]


def test_a_tolerance_of_a_tenth_extends_what_is_a_tenth_short(figures):
    """CHARGING 8: 3,600 are 90 % of 4,000, and 3,599 are not."""
    assert figures.lots("similar") == [(7_600, CENT8, "2027-09-01")]
    assert figures.lots("too-small") == [(4_000, CENT10, "2027-05-01"), (3_599, CENT8, "2027-09-01")]


def test_a_recharge_shortens_nothing(figures):
    """CHARGING 9: the lot that was brought in is valid for longer than twelve months from the recharge."""
    assert figures.lots("brought-in") == [(200, CENT8, "2028-12-31")]


def test_expired_units_do_not_come_back(figures):
    """CHARGING 11, 20: they lapsed at the instant of the recharge, before it."""
    assert figures.lots("expired") == [(50, CENT8, "2028-03-16")]
    assert figures.ledger("expired")["breakage"] == "10.00"


def test_the_lot_that_expires_first_is_used_first(figures):
    """CHARGING 13: 100 at 0.10, then 20 at 0.20."""
    assert figures.lots("two-lots") == [(30, Decimal("0.20"), "2027-06-01")]
    assert figures.ledger("two-lots")["usage revenue"] == "14.00"


def test_a_message_across_a_recharge_pays_both_rates(figures):
    """CHARGING 14: its first segment at 1.00, its second at 0.50."""
    assert figures.lots("across") == [(10, Decimal("0.50"), "2027-09-01")]
    assert figures.ledger("across")["usage revenue"] == "1.50"


def test_a_shortfall_is_served_by_what_comes_next_oldest_first(figures):
    """CHARGING 15: three units by the grant, at nothing, two by the purchase."""
    assert figures.lots("owing") == [(2, CENT10, "2027-07-01")]
    assert figures.ledger("owing")["usage revenue"] == "0.20"


def test_revenue_does_not_depend_on_how_use_was_batched(figures):
    """CHARGING 18: three units at half a cent come to 0.02 sold and 0.02 used, one by one or at once."""
    for name in ("by-one", "at-once"):
        assert figures.ledger(name) == {"receivable": "0.02", "usage revenue": "0.02"}
