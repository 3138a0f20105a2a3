"""Deferred revenue posts in the valuation of the account's terms, and a ledger that posts the other one is told (CHARGING 24)."""

import pytest

from billing.build import BuildFailed, dbt

POSTS_THE_OTHER = """
    update finance.deferred_revenue
    set closing = rerate_value + blended_value - closing, revalued = revalued + rerate_value + blended_value - 2 * closing
    where account = %s
"""


def test_the_other_valuation_never_posts(books):
    accounts = [books.account(valuation, valuation=valuation) for valuation in ("rerate", "blended")]
    for account in accounts:
        account.buys(4_000, at="2026-09-01 10:00", rate="0.10")
        account.buys(5_000, at="2026-09-01 12:00", rate="0.08")
    figures = books.as_of("2026-09-02 00:00")
    (rerate,), (blended,) = (figures.of("finance.deferred_revenue", account.name) for account in accounts)
    assert rerate.closing == rerate.rerate_value == blended.rerate_value
    assert blended.closing == blended.blended_value == rerate.blended_value != rerate.rerate_value
    dbt("test", "--select", "deferred_revenue")
    for account in accounts:
        books.execute(POSTS_THE_OTHER, account.name)
        with pytest.raises(BuildFailed, match="the_valuation_of_the_account_posts"):
            dbt("test", "--select", "deferred_revenue")
        books.execute(POSTS_THE_OTHER, account.name)
        dbt("test", "--select", "deferred_revenue")
