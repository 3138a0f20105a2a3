"""What takes two people: a credit that one proposed is approved by another one, and by nobody else."""

import httpx
import pytest

from tests.acceptance.portal.stage import PASSWORD

INVOICE = """
with

line as (

    select jsonb_populate_record(null::billing.invoice_line, jsonb_build_object('invoice_id', 900001, 'n', 1, 'account_id', account_id,
        'kind', 'usage', 'zone', 'EG', 'from_unit', 1, 'quantity', 50, 'rate', '0.20', 'net', '10.00', 'vat_rate', '0.14', 'vat', '1.40',
        'tax_treatment', 'standard')) as written
    from account.account
    where name = 'delta'

),

invoice as (

    select jsonb_populate_record(null::billing.invoice, jsonb_build_object('invoice_id', 900001, 'account_id', account_id,
        'legal_entity_id', legal_entity_id, 'year', 2020, 'number', 900001, 'label', '2020-900001', 'kind', 'month', 'month', '2020-01-01',
        'issue_day', '2020-02-01', 'due_day', '2020-03-02', 'issued_at', '2020-02-01 00:00Z', 'issued_by', 'root', 'currency', 'EGP', 'net', '10.00',
        'vat', '1.40', 'total', '11.40')) as written
    from account.account
    where name = 'delta'

),

issued as (

    insert into billing.invoice overriding system value
    select (jsonb_populate_record(invoice.written, jsonb_build_object(
        'content_hash', billing.content_hash(billing.invoice_content(invoice.written, array[line.written]))))).*
    from invoice, line

)

insert into billing.invoice_line
select (written).*
from line
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
