"""A credit for a missed SLA target is proposed by one and issued by another, and never comes to more than its line."""

from decimal import Decimal

import psycopg
import pytest

from billing.voiding import void
from tests.integration.billing.test_issuing import month_invoice


@pytest.fixture
def label(operator, monkeypatch) -> str:
    monkeypatch.setenv("OUTBOUND_ACTOR", "maha@telecom.example")
    return month_invoice(operator, "10.05")


def propose(operator, label: str, net: str = "5.00", *more: str) -> dict:
    return operator.does("credit", label, "--net", net, "--reason", "S3 missed", "--class", "sla", *more)


def test_a_proposal_credits_nothing_until_somebody_else_approves(operator, label, monkeypatch):
    draft = propose(operator, label)
    assert (draft["state"], draft["net"], draft["class"]) == ("draft", "5.00", "sla")
    assert operator.sql("select count(*) from billing.credit_note") == [(0,)]
    own = operator.run("credit-draft", "approve", draft["draft_credit"])
    assert "was proposed by maha@telecom.example: someone else has to approve it" in own.error
    monkeypatch.setenv("OUTBOUND_ACTOR", "omar@telecom.example")
    said = operator.does("credit-draft", "approve", draft["draft_credit"], "--dry-run")["says"]
    assert operator.sql("select count(*) from billing.credit_note") == [(0,)]
    done = operator.does("credit-draft", "approve", draft["draft_credit"])
    assert (
        done["says"]
        == said
        == [
            (
                f"credits line 1 of {label} as {done['credit_note']}: net 5.00, VAT 0.70, receivable -5.70 EGP;"
                " proposed by maha@telecom.example: S3 missed"
            )
        ]
    )
    assert operator.sql("select class, net, vat, issued_by from billing.credit_note") == [
        ("sla", Decimal("5.00"), Decimal("0.70"), "omar@telecom.example")
    ]
    again = operator.run("credit-draft", "approve", draft["draft_credit"])
    assert "was approved by omar@telecom.example already" in again.error
    assert operator.sql("select actor, action from account.audit where action like '%credit' order by audit_id") == [
        ("maha@telecom.example", "propose credit"),
        ("omar@telecom.example", "credit"),
    ]


def test_a_credit_is_decided_by_finance(operator, label, monkeypatch):
    draft = propose(operator, label)["draft_credit"]
    monkeypatch.setenv("OUTBOUND_ACTOR", "nour@telecom.example")  # an operator
    for words in (("approve", draft), ("reject", draft, "--reason", "x")):
        assert "nour@telecom.example may not agree" in operator.run("credit-draft", *words).error
    assert operator.sql("select count(*) from billing.credit_decision") == [(0,)]


def test_proposals_and_credits_never_come_to_more_than_the_line(operator, label, monkeypatch):
    propose(operator, label, "6.00")
    operator.does("credit", label, "--net", "4.00", "--reason", "late")
    more = operator.run("credit", label, "--net", "0.06", "--reason", "x", "--class", "sla")
    assert "10.00 is credited or proposed: no more than 0.05 can be" in more.error
    operator.does("credit", label, "--net", "3.00", "--reason", "late")  # one that is issued goes before a proposal
    monkeypatch.setenv("OUTBOUND_ACTOR", "omar@telecom.example")
    assert "no more than 3.05 can be" in operator.run("credit-draft", "approve", 1).error


def test_what_was_turned_down_can_be_credited_again(operator, label):
    draft = propose(operator, label, "10.05")["draft_credit"]
    operator.does("credit-draft", "reject", draft, "--reason", "was our carrier's fault")
    assert operator.does("credit-draft", "list")["draft_credits"] == []
    assert [row["state"] for row in operator.does("credit-draft", "list", "--all")["draft_credits"]] == ["rejected"]
    assert propose(operator, label, "10.05")["state"] == "draft"


def test_a_proposal_ends_with_its_invoice(operator, label):
    """Nobody can approve it any more; the target that it is for can be proposed of the invoice that comes instead."""
    call = "select (billing.propose_credit(max(invoice_id), 1, 'sla', 1, 'sla', 'missed', 'S3 2024-05')).net from billing.invoice"
    operator.sql(call)
    turned_down = propose(operator, label, "2.00")["draft_credit"]
    operator.does("credit-draft", "reject", turned_down, "--reason", "not ours")
    void(label, "wrong rate", rebuild=False)
    assert operator.does("credit-draft", "list")["draft_credits"] == []
    assert operator.sql(
        "select decision, decided_by, reason from billing.credit_decision order by draft_credit_id"
    ) == [
        ("rejected", "maha@telecom.example", f"invoice {label} is void: wrong rate"),
        ("rejected", "maha@telecom.example", "not ours"),
    ]
    operator.sql("select billing.issue_invoice(account_id, '2026-05-01', null, 'test') from finance.invoice_lines")
    assert operator.sql(call) == [(Decimal("1.00"),)]
    with pytest.raises(psycopg.errors.RaiseException, match="a credit for S3 2024-05 is proposed already"):
        operator.sql(call)


def test_a_missed_target_is_proposed_once(operator, label):
    """What raises them runs again and again; the account of another tenant may miss the same target."""
    call = "select (billing.propose_credit(invoice_id, 1, 'sla', 1, 'sla', 'missed', 'S3 2024-05')).net from billing.invoice"
    assert operator.sql(call) == [(Decimal("1.00"),)]
    with pytest.raises(psycopg.errors.RaiseException, match="a credit for S3 2024-05 is proposed already"):
        operator.sql(call)


def test_a_purchase_is_made_good_with_units(operator, monkeypatch):
    """Its units are valued by the ledger: money of it goes back through a refund only."""
    bought = operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10")["invoice"]
    refused = operator.run("credit", bought, "--net", "1", "--reason", "x", "--class", "sla")
    assert "make it good with units (outbound grant)" in refused.error


def test_a_proposal_is_a_dry_run_too(operator, label):
    assert propose(operator, label, "5.00", "--dry-run")["says"][0].startswith(
        "proposes a credit of 5.00 EGP net on line 1"
    )
    assert operator.sql("select count(*) from billing.draft_credit") == [(0,)]
