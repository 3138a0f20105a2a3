"""What a credit limit leaves is what the account owes and will be billed, in whole segments (CHARGING 26-28, 30)."""

from datetime import date

import pytest

from tests.integration.dbt.conftest import Books, books, cairo

__all__ = ["books"]


def credit(books: Books, name: str, at: str) -> int:
    found = books.execute(
        "select billing.credit_units(account_id, %s) from account.account where name = %s", cairo(at), name
    ).fetchone()
    assert found
    return int(found[0])


@pytest.fixture(scope="module")
def changed(books):
    """nile had 10,000 units, used and paid for, and pays by the month from December on; delta always did."""
    nile, delta = books.account("nile"), books.account("delta", scheme="postpaid", credit_limit="1000")
    nile.buys(10_000, at="2026-10-05 10:00", rate="0.10")
    nile.pays("1140", at="2026-10-06 10:00")
    nile.sends(10_000, at="2026-10-07 10:00")
    nile.has_card((1, "0.10"))
    delta.has_card((1, "0.10"))
    books.execute(
        "insert into account.term (account_id, effective_from, scheme, currency, vat_rate, credit_limit)"
        " values (%s, %s, 'postpaid', 'EGP', 0.14, 1000)",
        nile.account_id, date(2026, 12, 1),
    )  # fmt: skip
    return nile, delta


def test_what_units_paid_for_is_not_billed_again(books, changed):
    assert credit(books, "nile", "2026-12-15 10:00") == 8771  # 1000 / 0.114
    changed[0].sends(71, at="2026-12-16 10:00")
    assert credit(books, "nile", "2026-12-17 10:00") == 8700


def test_money_on_account_lifts_the_limit(books, changed):
    changed[1].sends(1_000, at="2026-12-02 10:00")
    assert credit(books, "delta", "2026-12-15 10:00") == 7771
    changed[1].pays("114", at="2026-12-16 10:00")
    assert credit(books, "delta", "2026-12-17 10:00") == 8771
    assert credit(books, "nile", "2026-12-17 10:00") == 8700
