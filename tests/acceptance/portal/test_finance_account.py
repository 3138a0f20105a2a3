"""An account's books on one page: what finance reads there is what the marts and the ledger hold."""

import csv
import io

import httpx

from tests.acceptance.portal.stage import PASSWORD


def test_an_account_s_books_and_its_ledger_balance(visiting, stage):
    page = visiting("finance@example.com").go("/finance/accounts/nile")
    told = page.inner_text("main")
    assert "PO-Nilometer-1" in told
    assert stage.value("select label from billing.invoice") in told
    worth = stage.value(
        "select sum(carrying_value) from finance.prepaid_lots where account = 'nile' and state = 'open'"
    )
    assert f"{worth:.2f} EGP" in told
    page.click("text=As a table")
    closing = stage.value(
        "select closing from finance.deferred_revenue where account = 'nile' order by month desc limit 1"
    )
    assert f"{closing:,}" in page.inner_text("details table")
    text = page.request.get(page.url + "?format=csv").text()
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert len(rows) == stage.value("select count(*) from finance.ledger_entries where account = 'nile'") > 0
    assert round(sum(float(row["debit"]) - float(row["credit"]) for row in rows), 6) == 0


def test_an_account_that_is_not_there_is_not_found_and_customers_see_none(stage):
    for email, path in (
        ("finance@example.com", "/finance/accounts/nobody"),
        ("nadia@nile.example", "/finance/accounts/nile"),
        ("operator@example.com", "/finance/accounts/nile"),
    ):
        with httpx.Client(base_url=stage.url, timeout=60) as client:
            client.post("/sign-in", data={"email": email, "password": PASSWORD})
            assert client.get(path).status_code == 404
