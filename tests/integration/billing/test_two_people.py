"""Where the legal entity asks for two people: one proposes, another one agrees to exactly that, and a changed draft is asked anew."""

import os
import pwd
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest

from billing.closing import NotClosed, close


@pytest.fixture
def acting(operator, monkeypatch):
    """`acting("maha")`: whoever acts from now on."""
    operator.sql("update account.legal_entity set approvals = 'two_people'")

    def act(name: str) -> None:
        monkeypatch.setenv("OUTBOUND_ACTOR", f"{name}@telecom.example")

    act("maha")
    return act


def approvals(operator) -> list[tuple]:
    return operator.sql("select action, proposed_by, approved_by from billing.approval order by approval_id")


def test_a_refund_that_has_come_to_other_money_is_asked_anew(operator, acting):
    operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10")
    words = ("refund", "--account", "nile", "--units", 500, "--reason", "leaves")
    assert "receivable -57.00" in operator.run(*words).error
    assert "proposed by maha" in operator.run(*words).error  # the same person is not a second one
    operator.does("purchase", "--account", "nile", "--units", 10_000, "--rate", "0.08")  # re-rates all that remains
    acting("omar")
    changed = operator.run(*words).error
    assert "proposed by omar" in changed
    assert "receivable -45.60" in changed  # 500 x 0.08 and its VAT
    assert operator.sql("select count(*) from account.adjustment") == [(0,)]
    acting("maha")
    assert operator.does(*words)["credit_notes"][0]["total"] == "45.60"
    assert approvals(operator) == [
        ("refund", "maha@telecom.example", None),
        ("refund", "omar@telecom.example", "maha@telecom.example"),
    ]


def test_a_credit_and_a_void_take_two_as_well(operator, acting):
    label = operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10")["invoice"]
    words = ("void", label, "--reason", "wrong name", "--undelivered")
    assert operator.run(*words).status == 1
    assert operator.sql("select count(*) from billing.void") == [(0,)]
    acting("omar")
    assert operator.does(*words)["state"] == "void"


def test_whom_the_first_one_let_in_is_no_second_one(operator, acting):
    """Nor whom these let in: one person could be all of them."""
    words = ("grant", "--account", "nile", "--units", 5, "--reason", "patience")
    assert "proposed by maha" in operator.run(*words).error
    let_in = "update account.person set let_in_by = '{}@telecom.example' where email = '{}@telecom.example'"
    operator.sql(let_in.format("Maha", "omar"))
    acting("omar")
    refused = operator.run(*words)
    assert refused.status == 1
    assert "they were let in, or given their role, by maha@telecom.example" in refused.error
    operator.sql(let_in.format("somebody", "omar"))
    operator.does(*words)


def test_a_purchase_below_the_card_takes_two_and_one_at_the_card_does_not(operator, acting):
    def buy(rate: str, *more: str):
        return operator.run("purchase", "--account", "nile", "--units", 1_000, "--rate", rate, *more)

    assert [buy(rate).status for rate in ("0.10", "0.11")] == [0, 0]
    assert buy("0.0999", "--dry-run").status == 0
    assert approvals(operator) == []
    asked = buy("0.0999")
    assert "purchase nile 1000 units at 0.0999, where the card has 0.1: proposed by maha" in asked.error
    assert operator.sql("select count(*) from account.purchase") == [(2,)]
    acting("omar")
    assert "where the card has 0.1: proposed by omar" in buy("0.09").error  # another rate is another proposal
    assert buy("0.0999").status == 0
    assert operator.sql("select rate from account.purchase order by purchase_id desc limit 1") == [(Decimal("0.0999"),)]


def test_a_rate_that_no_card_stands_beside_takes_two(operator, acting):
    operator.sql(
        "delete from account.rate_row where account_id = (select account_id from account.account where name = 'nile')"
    )
    asked = operator.run("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.20")
    assert "purchase nile 1000 units at 0.2, where there is no card: proposed by maha" in asked.error


def test_a_dry_run_asks_nobody(operator, acting):
    assert operator.does("grant", "--account", "nile", "--units", 5, "--reason", "x", "--dry-run")["says"]
    assert approvals(operator) == []


def test_a_month_that_has_come_to_other_figures_is_asked_anew(operator, acting):
    """A second usage of the month comes in between the one's word and the other's."""
    used = {"type": "usage", "id": "U-1", "at": "2024-03-20T10:00:00+02:00", "units": 100, "zone": "EG"}
    operator.loads(used, account="delta")
    with pytest.raises(NotClosed, match=r"2024-03 lines 1 net 10\.05 vat 1\.41: proposed by maha"):
        close("2024-03")
    operator.loads(used | {"id": "U-2"}, account="delta")
    acting("omar")
    with pytest.raises(NotClosed, match=r"2024-03 lines 1 net 20\.10 vat 2\.81: proposed by omar"):
        close("2024-03")
    assert operator.sql("select count(*) from billing.closed_period") == [(0,)]
    acting("maha")
    assert [str(row["net"]) for row in close("2024-03")] == ["20.10"]

    refused = operator.run("issue", "2024-03").error
    assert "issue delta 2024-03: EGP 20.10 + VAT 2.81: proposed by maha" in refused
    assert operator.sql("select count(*) from billing.document_counter") == [(0,)]
    acting("omar")
    assert [row["total"] for row in operator.does("issue", "2024-03")["issued"]] == ["22.91"]
    assert operator.sql("select actor, action from account.audit where action in ('close-month', 'issue')") == [
        ("maha@telecom.example", "close-month"),
        ("omar@telecom.example", "issue"),
    ]


def test_what_waits_of_several_accounts_is_told_a_line_each(operator, acting):
    used = {"type": "usage", "id": "U-1", "at": "2024-03-20T10:00:00+02:00", "units": 100, "zone": "EG"}
    operator.loads(used | {"account": "delta"}, used | {"account": "nile"})
    with pytest.raises(NotClosed) as waits:
        close("2024-03")
    first, delta, nile = str(waits.value).splitlines()
    assert first == "2024-03 waits for a second person."
    assert delta.startswith("close-month delta 2024-03 lines 1 net 10.05 vat 1.41: proposed by maha")
    assert nile.startswith("close-month nile 2024-03 nothing: proposed by maha")


def test_a_past_of_more_than_use_and_payments_takes_two(operator, acting):
    """What a grant or a purchase below the card needs, a file of them needs as well; exactly this file."""
    bought = {"type": "purchase", "id": "PO-1", "at": "2024-03-15T10:00:00+02:00", "units": 100, "rate": "0.01"}
    used = {"type": "usage", "id": "U-1", "at": "2024-03-20T10:00:00+02:00", "units": 50, "zone": "EG"}
    assert operator.loads(used, account="nile").status == 0
    assert "history load history.jsonl: 1 of nile" in operator.loads(bought, account="nile").error
    acting("omar")
    other = operator.loads(bought | {"rate": "0.02"}, account="nile").error
    assert "proposed by omar" in other
    assert operator.sql("select count(*) from account.purchase") == [(0,)]
    assert operator.loads(bought, account="nile").json["new"] == 1
    assert approvals(operator)[0] == ("history load", "maha@telecom.example", "omar@telecom.example")


@pytest.mark.parametrize("who", ["nour@telecom.example", "omar", "somebody@else.example", "MAHA@telecom.example"])
def test_only_other_staff_of_finance_may_agree(operator, acting, monkeypatch, who):
    """An operator is none of them, nor is who is in no set-up file, nor the proposer in capitals."""
    words = ("grant", "--account", "nile", "--units", 5, "--reason", "outage")
    operator.run(*words)
    monkeypatch.setenv("OUTBOUND_ACTOR", who)
    refused = operator.run(*words).error
    assert "proposed by maha@telecom.example" in refused
    assert ("OUTBOUND_ACTOR has to be the e-mail address" in refused) is (who != "MAHA@telecom.example")
    assert approvals(operator) == [("grant", "maha@telecom.example", None)]
    with pytest.raises(psycopg.errors.Error, match=r"may not agree|violates check constraint"):
        operator.sql("update billing.approval set approved_by = %s, approved_at = now()", who)


def test_a_deactivated_person_agrees_to_nothing(operator, acting):
    words = ("grant", "--account", "nile", "--units", 5, "--reason", "outage")
    operator.run(*words)
    operator.sql(
        "insert into portal.login (person_id, password_hash, is_active)"
        " select person_id, '-', false from account.person where email like 'omar@%%'"
    )
    acting("omar")
    assert "omar@telecom.example may not agree" in operator.run(*words).error
    operator.sql("update portal.login set is_active = true")
    assert operator.does(*words)["units"] == 5


def test_a_proposal_is_told_by_the_legal_entity_s_clock(operator, acting):
    operator.sql("update account.legal_entity set timezone = 'Asia/Kathmandu'")
    asked = operator.run("grant", "--account", "nile", "--units", 5, "--reason", "outage").error
    ((proposed, expires),) = operator.sql(
        "select to_char(at at time zone 'Asia/Kathmandu', 'YYYY-MM-DD HH24:MI'), to_char(till at time zone 'Asia/Kathmandu',"
        " 'YYYY-MM-DD HH24:MI') from (select proposed_at as at, expires_at as till from billing.approval) as approval"
    )
    assert f"at {proposed} (Asia/Kathmandu)" in asked
    assert f"until {expires} (Asia/Kathmandu)" in asked


def test_a_proposal_that_nobody_agrees_to_expires(operator, acting):
    words = ("grant", "--account", "nile", "--units", 5, "--reason", "outage")
    assert "when the proposal expires" in operator.run(*words).error
    assert operator.sql("select expires_at - proposed_at from billing.approval") == [(timedelta(days=7),)]
    operator.sql(
        "update billing.approval set proposed_at = now() - interval '8 days', expires_at = now() - interval '1 day'"
    )
    assert operator.sql("select state from billing.approvals") == [("expired",)]
    acting("omar")
    refused = operator.run(*words).error
    assert "proposed by omar@telecom.example" in refused
    assert "The proposal of maha@telecom.example expired at" in refused
    acting("maha")
    assert operator.does(*words)["units"] == 5
    assert operator.sql("select proposed_by, state from billing.approvals order by approval") == [
        ("maha@telecom.example", "expired"),
        ("omar@telecom.example", "approved"),
    ]


def test_the_trail_tells_the_user_of_the_system_beside_another_name(operator, acting, monkeypatch):
    """LOGNAME is not asked: who runs the process can set it."""
    monkeypatch.setenv("LOGNAME", "somebody")
    words = ("grant", "--account", "nile", "--units", 5, "--reason", "outage")
    operator.run(*words)
    acting("omar")
    operator.does(*words)
    me = pwd.getpwuid(os.getuid()).pw_name
    trail = "select actor, os_user, action from account.audit where action like '%%grant' order by audit_id"
    assert operator.sql(trail) == [
        ("maha@telecom.example", me, "propose grant"),
        ("omar@telecom.example", me, "grant"),
    ]
    monkeypatch.delenv("OUTBOUND_ACTOR")
    operator.does("purchase", "--account", "nile", "--units", 5)
    assert operator.sql("select actor, os_user from account.audit where action = 'purchase'") == [(me, None)]
