"""Prepaid accounts as a finance department would tell them: the worked examples of CHARGING, with dates and cents."""

from decimal import Decimal

import pytest

from tests.integration.dbt.conftest import Books, Figures, cairo

CENT12, CENT10, CENT9, CENT8 = Decimal("0.12"), Decimal("0.10"), Decimal("0.09"), Decimal("0.08")


@pytest.fixture(scope="module")
def stories(books: Books) -> Books:
    """Each story is an account: by summer 6,000 of 10,000 SMS at 0.10 are used, then something happens."""

    def l1(name: str, *, used: int = 6_000):
        account = books.account(name)
        account.buys(10_000, at="2026-03-15 10:00", rate="0.10")
        if used:
            account.sends(used, at="2026-05-01 09:00")
        return account

    l1("untouched", used=0)
    l1("more").buys(5_000, at="2026-09-01 12:00", rate="0.08")
    l1("exact").buys(4_000, at="2026-09-01 12:00", rate="0.09")
    l1("short").buys(3_999, at="2026-09-01 12:00", rate="0.08")
    twice = l1("twice")
    twice.buys(2_000, at="2026-06-01 12:00", rate="0.08")
    twice.buys(2_500, at="2026-06-02 12:00", rate="0.08")
    thirds = books.account("thirds")
    thirds.buys(3, at="2026-03-15 10:00", rate="0.005")
    thirds.sends(1, at="2026-03-16 10:00")
    thirds.sends(1, at="2026-03-17 10:00")
    goodwill = books.account("goodwill")
    goodwill.is_granted(1_000, at="2026-03-01 10:00")
    goodwill.buys(1_000, at="2026-03-15 10:00", rate="0.10")
    goodwill.is_refunded(2_000, at="2026-03-20 10:00")
    for name, then in [("used-before", None), ("used-before-buys", "2026-05-01 10:00")]:
        late = books.account(name)
        late.buys(100, at="2026-03-15 10:00", rate="0.10")
        late.sends(30, at="2026-03-16 10:00", key="U")
        late.is_refunded(100, at="2026-03-20 10:00", net="10.00")
        late.is_granted(40, at="2026-03-21 10:00")
        if then:
            late.buys(50, at=then, rate="0.12")
    taken_back = books.account("reversed-later")
    taken_back.buys(100, at="2026-03-15 10:00", rate="0.10")
    taken_back.sends(30, at="2026-03-16 10:00", key="U")
    taken_back.is_refunded(100, at="2026-03-20 10:00", net="10.00")
    taken_back.is_given_back("U", at="2026-04-02 10:00")
    early = books.account("reversed-before")
    early.buys(10, at="2026-03-15 10:00", rate="0.10")
    early.is_given_back("U", at="2026-03-20 10:00")
    early.is_given_back("not there", at="2026-03-20 11:00")
    early.sends(4, at="2026-03-20 10:00", key="U")
    debtor = books.account("debtor")
    debtor.buys(100, at="2026-03-15 10:00", rate="0.10")
    debtor.sends(150, at="2026-03-16 10:00")
    debtor.buys(80, at="2026-04-01 10:00", rate="0.20")
    owing = books.account("owing")
    owing.buys(100, at="2026-03-15 10:00", rate="0.10")
    owing.sends(130, at="2026-03-16 10:00")
    owing.sends(20, at="2026-03-17 10:00")
    owing.is_granted(10, at="2026-03-18 10:00")
    returned = l1("returned")
    returned.buys(5_000, at="2026-09-01 12:00", rate="0.08")
    returned.is_given_back("past_usage-2", at="2026-09-01 13:00")
    blended = books.account("blended", valuation="blended")
    blended.buys(10_000, at="2026-03-15 10:00", rate="0.10")
    blended.sends(6_000, at="2026-05-01 09:00")
    blended.buys(5_000, at="2026-09-01 12:00", rate="0.08")
    l1("payer", used=0).pays("500.00", at="2026-04-01 10:00")
    migrant = books.account("migrant")
    opening = books.execute(
        "insert into account.opening (account_id, business_key, at, receivable)"
        " values (%s, 'start', '2026-01-01 00:00+02', 250.00) returning opening_id",
        migrant.account_id,
    ).fetchone()
    books.execute(
        "insert into account.opening_lot (account_id, opening_id, n, opened_at, last_valid_day, units, rate,"
        " carrying_value) values (%s, %s, 1, '2025-08-01 00:00+03', '2026-07-31', 1000, 0.10, 100.00)",
        migrant.account_id,
        opening[0],
    )
    migrant.sends(400, at="2026-02-01 10:00")
    return books


@pytest.fixture(scope="module")
def autumn(stories: Books) -> Figures:
    return stories.as_of("2026-09-02 00:00")


@pytest.fixture(scope="module")
def expired(stories: Books, autumn: Figures) -> Figures:
    return stories.as_of("2027-03-16 00:00")


@pytest.fixture(scope="module")
def back_in_spring(stories: Books, expired: Figures) -> Figures:
    return stories.as_of("2026-04-15 00:00")


def test_a_purchase_is_deferred_for_twelve_months(autumn):
    assert autumn.lots("untouched") == [(10_000, CENT10, "2027-03-15")]
    assert autumn.ledger("untouched") == {"deferred revenue": "1000.00", "VAT": "140.00", "receivable": "1140.00"}


def test_a_recharge_of_more_than_remains_extends_and_rerates_everything(autumn):
    assert autumn.lots("more") == [(9_000, CENT8, "2027-09-01")]
    ledger = autumn.ledger("more")
    assert (ledger["deferred revenue"], ledger["revaluation"], ledger["receivable"]) == ("720.00", "-80.00", "1596.00")


def test_a_recharge_of_exactly_what_remains_extends(autumn):
    assert autumn.lots("exact") == [(8_000, CENT9, "2027-09-01")]
    ledger = autumn.ledger("exact")
    assert (ledger["deferred revenue"], ledger["revaluation"]) == ("720.00", "-40.00")


def test_one_sms_short_of_what_remains_changes_nothing_of_the_old_lot(autumn):
    assert autumn.lots("short") == [(4_000, CENT10, "2027-03-15"), (3_999, CENT8, "2027-09-01")]
    assert autumn.ledger("short")["deferred revenue"] == "719.92"
    assert "revaluation" not in autumn.ledger("short")


def test_what_is_left_after_twelve_months_lapses_at_midnight_in_cairo(stories, expired):
    assert expired.lots("short") == [(3_999, CENT8, "2027-09-01")]
    ledger = expired.ledger("short")
    assert (ledger["breakage"], ledger["deferred revenue"]) == ("400.00", "319.92")
    (entry,) = {line.at for line in expired.of("finance.ledger_entries", "short") if line.kind == "expiry"}
    assert entry.isoformat() == "2027-03-15T22:00:00+00:00"


def test_two_small_recharges_do_not_add_up(autumn):
    assert autumn.lots("twice") == [
        (4_000, CENT10, "2027-03-15"),
        (2_000, CENT8, "2027-06-01"),
        (2_500, CENT8, "2027-06-02"),
    ]


def test_rounding_to_cents_does_not_drift(autumn):
    assert autumn.lots("thirds") == [(1, Decimal("0.005"), "2027-03-15")]
    ledger = autumn.ledger("thirds")
    assert (ledger["deferred revenue"], ledger["usage revenue"]) == ("0.01", "0.01")


def test_a_refund_pays_back_no_more_than_was_paid(autumn):
    assert autumn.lots("goodwill") == []
    assert autumn.ledger("goodwill") == {}  # all of it came back: 100.00 net and 14.00 VAT
    refund = [line for line in autumn.of("finance.ledger_entries", "goodwill") if line.kind == "refund"]
    assert {line.ledger_account[:4]: line.debit - line.credit for line in refund} == {
        "1200": Decimal("-114.00"),
        "2100": Decimal("200.00"),
        "2200": Decimal("14.00"),
        "4300": Decimal("-100.00"),
    }


def test_a_refund_stays_what_it_was_when_use_of_before_it_comes_to_light(autumn):
    """CHARGING 21: 100 units were paid back, of which 30 had been used: 3.00 too much, and the 30 are still to be taken."""
    assert autumn.lots("used-before") == [(40, Decimal(0), "2027-03-21")]  # goodwill is not paid back
    assert autumn.ledger("used-before") == {"usage revenue": "3.00", "revaluation": "3.00"}
    assert [(row.units, row.refunded, row.since) for row in autumn.of("finance.shortfalls", "used-before")] == [
        (0, 30, cairo("2026-03-20 10:00"))
    ]
    assert autumn.of("finance.rating_errors", "used-before") == []  # nothing keeps the month from its close


def test_what_was_paid_back_and_used_is_taken_from_the_next_purchase(autumn):
    """At its rate: 30 x 0.12 of what was bought goes against the 3.00 that were paid too much."""
    name = "used-before-buys"
    assert autumn.lots(name) == [(60, CENT12, "2027-05-01")]
    assert autumn.ledger(name) == {
        "VAT": "0.84", "deferred revenue": "7.20", "receivable": "6.84", "revaluation": "4.20", "usage revenue": "3.00",
    }  # fmt: skip
    assert autumn.of("finance.shortfalls", name) == []


def test_units_given_back_go_to_the_refund_that_waits_for_them(autumn):
    assert autumn.lots("reversed-later") == []
    assert autumn.ledger("reversed-later") == {}
    assert autumn.of("finance.shortfalls", "reversed-later") == []


def test_a_reversal_waits_for_its_usage(autumn):
    """CHARGING 6, 23: at one instant it comes first; one of a usage that never comes waits where it is seen."""
    assert autumn.lots("reversed-before") == [(10, CENT10, "2027-03-15")]
    assert "usage revenue" not in autumn.ledger("reversed-before")
    assert [(row.units, row.refunded, row.reversals) for row in autumn.of("finance.shortfalls", "reversed-before")] == [
        (0, 0, 1)
    ]
    assert autumn.of("finance.rating_errors", "reversed-before") == []


def test_what_was_used_without_balance_and_is_not_served_is_told(autumn):
    """30 of the 16th and 20 of the 17th; a grant serves 10 of the oldest (CHARGING 15)."""
    assert [(row.units, row.since) for row in autumn.of("finance.shortfalls", "owing")] == [
        (40, cairo("2026-03-16 10:00"))
    ]
    assert autumn.of("finance.shortfalls", "debtor") == []


def test_a_shortfall_is_served_by_the_next_purchase_at_its_rate(autumn):
    assert autumn.lots("debtor") == [(30, Decimal("0.20"), "2027-04-01")]
    ledger = autumn.ledger("debtor")
    assert (ledger["usage revenue"], ledger["deferred revenue"]) == ("20.00", "6.00")


def test_units_given_back_go_to_the_lot_that_succeeded_theirs(autumn):
    assert autumn.lots("returned") == [(15_000, CENT8, "2027-09-01")]
    ledger = autumn.ledger("returned")
    # 600.00 of revenue return, 480.00 of it as deferred revenue at today's rate
    assert (ledger["deferred revenue"], ledger["revaluation"]) == ("1200.00", "-200.00")
    assert "usage revenue" not in ledger


def test_the_blended_valuation_spreads_the_money_instead_of_revaluing_it(autumn):
    (lot,) = [lot for lot in autumn.of("finance.prepaid_lots", "blended") if lot.remaining]
    assert (lot.carrying_value, lot.blended_value) == (Decimal("720.00"), Decimal("800.00"))
    assert autumn.ledger("blended")["deferred revenue"] == "800.00"
    assert "revaluation" not in autumn.ledger("blended")


def test_a_payment_settles_the_receivable(autumn):
    """CHARGING 25."""
    ledger = autumn.ledger("payer")
    assert (ledger["bank"], ledger["receivable"]) == ("500.00", "640.00")


def test_a_migrating_account_brings_its_lots_and_its_receivable(autumn):
    assert autumn.lots("migrant") == []  # they were valid until the end of July
    assert autumn.ledger("migrant") == {
        "breakage": "60.00", "opening balances": "150.00", "receivable": "250.00", "usage revenue": "40.00",
    }  # fmt: skip


def test_a_build_for_an_earlier_instant_knows_nothing_of_what_came_later(back_in_spring):
    assert back_in_spring.lots("more") == [(10_000, CENT10, "2027-03-15")]
    assert back_in_spring.ledger("short") == {"deferred revenue": "1000.00", "VAT": "140.00", "receivable": "1140.00"}


def test_deferred_revenue_is_what_the_open_lots_are_worth(autumn, expired, back_in_spring):
    for figures in (autumn, expired, back_in_spring):
        for account in {row.account for row in figures.rows["finance.prepaid_lots"]}:
            lots = figures.of("finance.prepaid_lots", account)
            value = sum(lot.blended_value if account == "blended" else lot.carrying_value for lot in lots)
            assert Decimal(figures.ledger(account).get("deferred revenue", "0")) == value


def test_every_unit_is_used_lapsed_refunded_or_left(autumn, expired):
    for figures in (autumn, expired):
        for account in {row.account for row in figures.rows["finance.prepaid_lots"]}:
            moved = sum(line.units for line in figures.of("finance.ledger_entries", account))
            assert moved == sum(lot.remaining for lot in figures.of("finance.prepaid_lots", account))


def test_the_live_balance_agrees_with_the_ledger(stories, autumn):
    for account_id, name in stories.execute("select account_id, name from account.account").fetchall():
        live = stories.execute("select billing.available_units(%s, '2026-09-02 00:00+03')", account_id).fetchone()
        assert live[0] == sum(lot.remaining for lot in autumn.of("finance.prepaid_lots", name)), name
