"""INTAKE, SENDER_NOT_APPROVED: by network where it asks for that, by class, by day."""

import json

import pytest

from ingest.approval import release
from ingest.foreground import ingest
from ingest.holds import release_ready

VODAFONE, ETISALAT = 201000000001, 201100000001


@pytest.fixture
def delta(platform):
    """A member at each of two operators, of which Etisalat asks for approval by name."""
    platform.members("delta", [VODAFONE, ETISALAT])
    platform.rows("update network.network set requires_sender_approval = true where operator = 'Etisalat'")
    return platform


def reaches(platform, name="a.csv", **manifest):
    """The numbers that a campaign to both goes to, and the reasons of the others."""
    content = f"msisdn,text\n{VODAFONE},{name}\n{ETISALAT},{name}\n"
    ack = ingest(platform.file(name, content, **manifest), "delta", "campaign")
    return [number for number, _ in platform.sent(ack["campaign_id"])], ack["reasons"]


def test_a_network_that_asks_for_approval_lets_through_who_names_it(delta):
    assert reaches(delta) == ([VODAFONE], {"SENDER_NOT_APPROVED": 1})
    delta.rows("update account.sender set operators = '{Etisalat}', document = 'letter 12' where address = 'DELTA'")
    assert reaches(delta, "b.csv") == ([ETISALAT], {"SENDER_NOT_APPROVED": 1})


def test_an_approval_there_adds_to_one_everywhere_else(delta):
    delta.rows(
        "insert into account.sender (account_id, address, kind, approved_from, operators)"
        " values (2, 'DELTA', 'alphanumeric', '2021-01-01', '{Etisalat}')"
    )
    assert reaches(delta) == ([VODAFONE, ETISALAT], {})


def test_an_operator_asks_where_one_of_its_networks_does(delta):
    delta.rows(
        "insert into network.network (prefix, operator, country, zone) values ('2011000', 'Etisalat', 'EG', 'EG')"
    )
    assert reaches(delta) == ([VODAFONE], {"SENDER_NOT_APPROVED": 1})


def test_where_every_network_asks_a_sender_without_names_reaches_nobody(delta):
    delta.rows("update network.network set requires_sender_approval = true")
    assert reaches(delta) == ([], {"SENDER_NOT_APPROVED": 2})


def test_a_sender_is_approved_for_a_class(delta):
    delta.rows("update network.network set requires_sender_approval = false")
    delta.rows("update account.sender set class = 'informational' where address = 'DELTA'")

    assert reaches(delta) == ([VODAFONE, ETISALAT], {})
    assert reaches(delta, "b.csv", **{"class": "promotional"}) == ([], {"SENDER_NOT_APPROVED": 2})


def test_an_approval_counts_on_the_day_on_which_the_campaign_starts(delta):
    delta.rows("update network.network set requires_sender_approval = false")
    delta.rows("update account.sender set approved_to = '2031-01-02' where address = 'DELTA'")

    assert reaches(delta, schedule="2031-01-01T12:00") == ([VODAFONE, ETISALAT], {})
    assert reaches(delta, "b.csv", schedule="2031-01-02T12:00") == ([], {"SENDER_NOT_APPROVED": 2})


def test_an_approval_that_ended_while_the_campaign_was_held_lets_nobody_through(platform, mobile):
    platform.members("nile", [mobile(1), mobile(2)])
    ack = ingest(platform.file("a.csv", f"msisdn,text\n{mobile(1)},a\n{mobile(2)},b\n"), "nile", "campaign")
    assert ack["codes"][0]["code"] == "NO_BALANCE"
    platform.rows("update account.sender set approved_to = current_date - 1 where account_id = 1")
    platform.buy("nile", 10)

    assert release_ready() == []
    assert platform.value("select state from intake.campaign") == "rejected"
    assert platform.rows("select distinct reason from intake.reject") == [{"reason": "SENDER_NOT_APPROVED"}]
    assert platform.value("select count(*) from dispatch.message") == 0
    assert platform.value("select count(*) from account.reservation") == 0


def test_one_that_ended_at_one_operator_leaves_its_numbers_out(delta):
    delta.rows("update account.sender set operators = '{Vodafone,Etisalat}' where account_id = 2")
    delta.defaults("delta", max_segments_per_day=1)
    content = f"msisdn,text\n{ETISALAT},a\n{VODAFONE},b\n"
    held = ingest(delta.file("a.csv", content), "delta", "campaign")
    assert held["codes"][0]["code"] == "DAILY_LIMIT"
    delta.rows("update account.sender set operators = '{Vodafone}' where account_id = 2")
    assert release(held["campaign_id"], "as agreed") == "accepted"

    assert delta.sent(held["campaign_id"]) == [(VODAFONE, "b")]
    assert delta.value("select segments from account.reservation") == 1
    assert delta.value("select min(ordinal) from dispatch.message") == 1
    (written,) = delta.results("delta", "ack.json")
    assert json.loads(written.read_text())["reasons"] == {"SENDER_NOT_APPROVED": 1}
