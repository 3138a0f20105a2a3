"""What takes two people: a credit that one proposed is approved by another one, and by nobody else."""

import httpx
import pytest

from tests.acceptance.portal.stage import PASSWORD

INVOICE = """
with

invoice as (

    insert into billing.invoice (account_id, legal_entity_id, year, number, label, kind, month, issue_day, issued_by, currency,
        net, vat, total, content_hash)
    select account_id, legal_entity_id, 2020, 900001, '2020-900001', 'month', '2020-01-01', '2020-02-01', 'root', 'EGP',
        10.00, 1.40, 11.40, sha256('')
    from account.account
    where name = 'delta'
    returning invoice_id, account_id

)

insert into billing.invoice_line (invoice_id, n, account_id, kind, zone, from_unit, quantity, rate, net, vat_rate, vat, tax_treatment)
select invoice_id, 1, account_id, 'usage', 'EG', 1, 50, 0.20, 10.00, 0.14, 1.40, 'standard'
from invoice
returning 1
"""


@pytest.fixture
def farida(stage):
    with httpx.Client(base_url=stage.url, timeout=60) as client:
        client.post("/sign-in", data={"email": "finance@example.com", "password": PASSWORD})
        yield client


def test_a_proposed_credit_is_approved_by_another_person_and_not_by_its_own(farida, visiting, stage):
    assert "Nothing waits." in farida.get("/approvals/credits").text
    assert "Nothing waits." in farida.get("/approvals").text
    stage.value(INVOICE)
    stage.outbound("credit", "2020-900001", "--draft", "--line", "1", "--net", "5.00", "--reason", "S3 missed")

    page = visiting("finance@example.com").go("/approvals/credits?state=draft")
    page.click("main table a")
    page.click("text=Say what would happen")
    page.wait_for_selector("text=Nothing is done yet")
    assert "net 5.00, VAT 0.70" in page.inner_text(".command-text")
    assert stage.value("select count(*) from billing.credit_note") == 0
    page.click("text=Do it")
    page.wait_for_selector("text=credits line 1 of 2020-900001 as")
    assert stage.row("select net, issued_by from billing.credit_note") == (5, "finance@example.com")
    assert "approved" in page.goto(f"{stage.url}/approvals/credits").text()

    own = {"invoice": "2020-900001", "line": "1", "net": "2.00", "reason": "late", "confirmed": "yes"}
    assert farida.post("/finance/record/credit", data=own).status_code == 200
    draft = stage.value("select max(draft_credit_id) from billing.draft_credit")
    refused = farida.post("/finance/record/approve-credit", data={"draft": str(draft), "confirmed": "yes"})
    assert refused.status_code == 422
    assert "someone else has to approve it" in refused.text
    turned_down = farida.post(
        "/finance/record/reject-credit", data={"draft": str(draft), "reason": "no", "confirmed": "yes"}
    )
    assert turned_down.status_code == 200
    assert stage.value("select count(*) from billing.credit_note") == 1
