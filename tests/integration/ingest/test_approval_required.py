"""INTAKE, NOT_APPROVED: where an account wants two people, no campaign goes before another one of them approves it."""

import json

import pytest

from ingest import accounts, approval, preview
from ingest.approval import NotReleasable, NotTheirs
from ingest.foreground import ingest
from ingest.holds import release_ready
from outbound import database

PEOPLE = """
insert into account.person (account_id, email, name, role) values
    (1, 'nadia@nile.example', 'Nadia', 'customer'), (1, 'amr@nile.example', 'Amr', 'customer_approver'),
    (1, 'admin@nile.example', 'Aya', 'customer_admin'), (2, 'dina@delta.example', 'Dina', 'customer_approver')
"""


@pytest.fixture
def nile(platform, mobile):
    platform.rows(PEOPLE)
    platform.members("nile", map(mobile, range(5)))
    platform.buy("nile", 100)
    platform.defaults("nile", approval_required=True)
    return platform


@pytest.fixture
def as_(monkeypatch):
    return lambda email: monkeypatch.setenv("OUTBOUND_ACTOR", email)


def held(nile, mobile, name="a.csv", **manifest):
    path = nile.file(name, f"msisdn,text\n{mobile(0)},hello {name}\n{mobile(1)},hello\n", **manifest)
    ack = ingest(path, "nile", "campaign")
    assert (ack["status"], ack["codes"][0]["code"]) == ("held", "NOT_APPROVED")
    return ack["campaign_id"]


def test_a_file_waits_and_goes_once_another_person_approves_it(nile, mobile, as_):
    campaign = held(nile, mobile, submitted_by="nadia@nile.example")
    assert nile.value("select count(*) from dispatch.message") == 0
    assert nile.value("select count(*) from account.reservation") == 0
    assert release_ready() == []

    as_("Amr@nile.example")
    assert approval.approve(campaign, "read it") == "accepted"

    assert nile.value("select count(*) from dispatch.message") == 2
    assert nile.rows("select actor, action, object, detail from account.audit where action = 'approve'") == [{
        "actor": "Amr@nile.example", "action": "approve", "object": f"campaign {campaign}",
        "detail": {"hold": "NOT_APPROVED", "reason": "read it"},
    }]  # fmt: skip


def test_nobody_else_approves_it(nile, mobile, as_):
    campaign = held(nile, mobile)
    nile.rows(
        "insert into portal.login (person_id, password_hash, is_active)"
        " select person_id, 'x', false from account.person where email = 'amr@nile.example'"
    )
    for who in ("nadia@nile.example", "dina@delta.example", "amr@nile.example", "root"):
        as_(who)
        with pytest.raises(NotTheirs, match="may not decide"):
            approval.approve(campaign, "")
    with pytest.raises(NotReleasable, match="second person"):
        approval.release(campaign, "an operator is no second person of the account")
    assert nile.value("select state from intake.campaign") == "held"


def test_who_submitted_it_does_not_approve_it_whatever_the_role(nile, mobile, as_):
    campaign = held(nile, mobile, submitted_by="admin@nile.example")
    as_("Admin@nile.example")
    with pytest.raises(NotTheirs, match="is yours"):
        approval.approve(campaign, "")


def test_what_else_holds_it_still_does(nile, mobile, as_):
    nile.purchases("update account.purchase set units = 1")
    campaign = held(nile, mobile)
    as_("admin@nile.example")
    assert approval.approve(campaign, "") == "held"
    assert nile.value("select held_code from intake.campaign") == "NO_BALANCE"
    nile.buy("nile", 10, key="PO-2")
    assert release_ready() == [campaign]


def test_it_is_refused_by_an_approver_or_taken_back_by_its_maker(nile, mobile, as_):
    first = held(nile, mobile, submitted_by="nadia@nile.example")
    second = held(nile, mobile, name="b.csv", submitted_by="nadia@nile.example")
    as_("nadia@nile.example")
    assert approval.refuse(first, "a wrong price") == "rejected"
    as_("dina@delta.example")
    with pytest.raises(NotTheirs):
        approval.refuse(second, "not mine")
    as_("amr@nile.example")
    assert approval.refuse(second, "not today") == "rejected"

    assert {row["state"] for row in nile.rows("select state from intake.campaign")} == {"rejected"}
    assert nile.value("select count(*) from dispatch.message") == 0
    ack = json.loads(nile.results("nile", "ack.json")[1].read_text())
    assert (ack["status"], ack["codes"][0]["code"]) == ("rejected", "NOT_APPROVED")
    assert "not today" in ack["codes"][0]["detail"]
    with pytest.raises(NotReleasable, match="it is rejected"):
        approval.approve(second, "")


def test_without_the_setting_nothing_waits_and_a_trial_says_what_would(nile, mobile):
    path = nile.file("c.csv", f"msisdn,text\n{mobile(0)},hello\n")
    with database.connect("ingest", autocommit=True) as connection:
        told = preview.preview(connection, accounts.named(connection, "nile"), path, lambda *_: None)
    assert (told["status"], told["accepted"], told["segments"]) == ("held", 1, 1)
    nile.defaults("nile", approval_required=False)
    assert ingest(path, "nile", "campaign")["status"] == "accepted"
