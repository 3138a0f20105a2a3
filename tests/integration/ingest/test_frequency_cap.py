"""INTAKE, FREQUENCY_CAP: who has had as many messages lately as the account allows gets no other one."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from ingest import accounts, claim
from ingest.acceptance import accept
from ingest.approval import release
from ingest.foreground import ingest
from ingest.pipeline import validate
from outbound import clock, database
from recipients.frequency import Cap, capped

PROMOTIONAL = {"class": "promotional"}


@pytest.fixture
def delta(platform, mobile):
    platform.members("delta", map(mobile, range(10)))
    platform.defaults("delta", frequency_cap={"messages": 2, "days": 7, "class": "promotional"})
    return platform


def send(platform, name, numbers, account="delta", **manifest):
    content = "msisdn,text\n" + "".join(f"{number},{name}\n" for number in numbers)
    return ingest(platform.file(name, content, **(manifest or PROMOTIONAL)), account, "campaign")


def test_the_message_after_the_last_allowed_one_is_rejected_with_its_reason(delta, mobile):
    assert send(delta, "a.csv", [mobile(1), mobile(2)])["status"] == "accepted"
    assert send(delta, "b.csv", [mobile(1)])["status"] == "accepted"
    ack = send(delta, "c.csv", [mobile(1), mobile(2)])

    assert (ack["status"], ack["reasons"]) == ("partial", {"FREQUENCY_CAP": 1})
    assert delta.sent(ack["campaign_id"]) == [(mobile(2), "c.csv")]
    (rejects,) = delta.results("delta", "rejects.csv")
    assert "FREQUENCY_CAP,the subscriber has had as many of your messages lately as allowed,تلقى" in rejects.read_text()


def test_days_are_counted_back_from_when_the_campaign_begins(delta, mobile):
    for name in ("a.csv", "b.csv"):
        send(delta, name, [mobile(1)])
    later = (clock.now() + timedelta(days=7, minutes=5)).isoformat()
    sooner = (clock.now() + timedelta(days=6, hours=23)).isoformat()

    assert send(delta, "c.csv", [mobile(1)], **PROMOTIONAL, schedule=sooner)["reasons"] == {"FREQUENCY_CAP": 1}
    assert send(delta, "d.csv", [mobile(1)], **PROMOTIONAL, schedule=later)["status"] == "accepted"


def test_what_is_queued_for_later_counts(delta, mobile):
    for name in ("a.csv", "b.csv"):
        send(delta, name, [mobile(1)], **PROMOTIONAL, schedule=(clock.now() + timedelta(days=30)).isoformat())

    assert send(delta, "c.csv", [mobile(1)])["reasons"] == {"FREQUENCY_CAP": 1}


def test_another_class_neither_counts_nor_is_capped(delta, mobile):
    for name in ("a.csv", "b.csv", "c.csv"):
        assert send(delta, name, [mobile(1)], **{"class": "informational"})["status"] == "accepted"
    assert send(delta, "d.csv", [mobile(1)])["status"] == "accepted"

    delta.defaults("delta", frequency_cap={"messages": 2, "days": 7})
    assert send(delta, "e.csv", [mobile(1)], **{"class": "informational"})["reasons"] == {"FREQUENCY_CAP": 1}


def test_another_account_s_messages_do_not_count(delta, mobile):
    delta.members("nile", [mobile(1)])
    delta.buy("nile", 10)
    for name in ("a.csv", "b.csv"):
        assert send(delta, name, [mobile(1)], account="nile")["status"] == "accepted"

    assert send(delta, "c.csv", [mobile(1)])["status"] == "accepted"


def test_what_was_given_up_as_a_whole_does_not_count(delta, mobile):
    for name in ("a.csv", "b.csv"):
        send(delta, name, [mobile(1)])
    delta.rows(
        "insert into dispatch.dropped (account_id, campaign_id, ordinal, segments, reason)"
        " select account_id, campaign_id, ordinal, segments, 'expired' from dispatch.message limit 1"
    )
    assert send(delta, "c.csv", [mobile(1)])["status"] == "accepted"


def test_a_held_campaign_has_sent_nothing_yet(delta, mobile):
    delta.defaults("delta", gate={"max_rows": 0})
    for name in ("a.csv", "b.csv"):
        assert send(delta, name, [mobile(1)])["status"] == "held"
    delta.defaults("delta", gate={})
    assert send(delta, "c.csv", [mobile(1)])["status"] == "accepted"


def test_campaigns_that_are_checked_before_any_is_queued_see_each_other(delta, mobile):
    """Ten files in one look at the landing zone: the cap of two holds none the less, and nothing has a gap."""
    campaigns = []
    for n in range(4):
        with database.connect("ingest", autocommit=True) as connection:
            numbers = [mobile(1), mobile(2 + n), mobile(1 if n else 9)]
            content = "msisdn,text\n" + "".join(f"{number},{n}\n" for number in dict.fromkeys(numbers))
            path = delta.file(f"{n}.csv", content, **PROMOTIONAL)
            file_id = claim.claim(connection, accounts.named(connection, "delta"), path, "campaign", "command")
        campaigns.append(validate(file_id))
    delta.rows("update intake.profile set gate_passed = true, judged_at = now(), gate_result = '{}'")
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(accept, campaigns)) == ["accepted"] * 4

    assert delta.value("select count(*) from dispatch.message where msisdn = %s", mobile(1)) == 2
    for campaign in campaigns:
        sent = delta.sent(campaign)
        (row,) = delta.rows("select messages, segments from intake.campaign where campaign_id = %s", campaign)
        ordinals = delta.value(
            "select array_agg(ordinal order by ordinal) from dispatch.message where campaign_id = %s", campaign
        )
        assert (row["messages"], row["segments"], ordinals) == (len(sent), len(sent), [*range(1, len(sent) + 1)])
        assert delta.value("select segments from account.reservation where campaign_id = %s", campaign) == len(sent)
    assert delta.value("select count(*) from intake.reject where reason = 'FREQUENCY_CAP'") == 2


def test_a_campaign_of_which_nobody_is_left_is_rejected_when_it_is_queued(delta, mobile):
    delta.defaults("delta", gate={"max_rows": 0})
    ack = send(delta, "a.csv", [mobile(1)])
    delta.defaults("delta", gate={})
    for name in ("b.csv", "c.csv"):
        send(delta, name, [mobile(1)])

    assert release(ack["campaign_id"], "fine") == "rejected"
    assert delta.value("select ack -> 'reasons' from intake.file where file_id = %s", ack["file_id"]) == {
        "FREQUENCY_CAP": 1
    }


def test_the_numbers_come_ascending_and_are_those_counted_by_hand(delta, mobile):
    source = random.Random(7)
    counts: Counter[int] = Counter()
    for n in range(8):
        chosen = source.sample(range(10), source.randint(1, 9))
        counts.update(map(mobile, chosen))
        delta.defaults("delta", frequency_cap=None)
        send(delta, f"{n}.csv", map(mobile, chosen))

    with database.connect("ingest") as connection:
        for most in (1, 3, 5, 9):
            found = capped(connection, 2, Cap(most, 7, None), clock.now())
            assert found.tolist() == sorted(number for number, count in counts.items() if count >= most)
            assert str(found.dtype) == "int64"
