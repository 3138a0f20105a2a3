"""Finance sees whether the books agree and goes from an account to its postings; nobody else does."""

import io

from pypdf import PdfReader


def test_from_the_overview_to_an_account_s_postings(visiting, stage):
    farida = visiting("finance@example.com")
    page = farida.go("/finance")
    told = page.inner_text("main")
    assert "agrees" in told
    assert "38.60 EGP" in told  # what nile has paid for and not had
    page.click("tbody a:has-text('nile')")
    page.wait_for_url("**/finance/accounts/nile")
    page = farida.go("/finance/ledger?account=nile")
    debit, credit = (
        stage.value(f"select sum({side}) from finance.ledger_entries where account = 'nile'")
        for side in ("debit", "credit")
    )
    rows = page.request.get(page.url + "&format=csv").text().splitlines()[1:]
    columns = [row.split(",") for row in rows]
    assert (sum(float(row[5] or 0) for row in columns), sum(float(row[6] or 0) for row in columns)) == (
        float(debit), float(credit),
    )  # fmt: skip
    assert debit == credit


def test_an_issued_invoice_of_any_account_opens(visiting, stage):
    label = stage.value("select label from billing.invoice")
    farida = visiting("finance@example.com")
    page = farida.go("/finance/invoices?state=issued")
    assert label in page.inner_text("table")
    answer = page.request.get(f"{stage.url}/finance/documents/{label}")
    assert label in PdfReader(io.BytesIO(answer.body())).pages[0].extract_text()


def test_drafts_are_told_from_what_was_issued(visiting):
    page = visiting("manager@example.com").go("/finance/invoices?state=draft")
    assert "delta" in page.inner_text("table")
    assert "nile" not in page.inner_text("table")


def test_books_are_no_customer_s_and_no_operator_s_business(visiting):
    for email in ("nadia@nile.example", "operator@example.com"):
        visitor = visiting(email)
        for path in ("/finance", "/finance/ledger", "/finance/accounts?format=csv"):
            assert visitor.page.request.get(visitor.stage.url + path).status == 404
