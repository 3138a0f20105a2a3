"""INTAKE, Retries: what failed for good and may go another time does; what a carrier has or may have never (promise 2)."""

import pytest

from ingest import retry
from ingest.foreground import ingest
from ingest.retry import NothingToRetry

ATTEMPT = """
insert into dispatch.submission (
    account_id, campaign_id, ordinal, segment, attempt, state, transient, command_status, sent_at, answered_at, epoch_id,
    intent_serial, connector_id, session, sequence, reference, network_id, zone)
values (1, %s, %s, %s, %s, %s, %s, %s, now(), case when %s::int is null then null else now() end, 1, 1, 1, 1, 1, 1, 1, 'EG')
"""
DROPPED = "insert into dispatch.dropped (account_id, campaign_id, ordinal, segments, reason) values (1, %s, %s, 1, %s)"
SETTLED = """
insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof)
values (1, %s, %s, 1, 1, %s, %s)
"""
FAILED = ["passing", "ours", "expired", "unrouted", "silent"]
"""Names of the rows of which nothing was accepted, and that another try may help."""


@pytest.fixture
def ended(platform, mobile, monkeypatch):
    """A campaign with a row for each way to end."""
    names = [
        "accepted", "undelivered", "doubted", "unknown", "passing", "ours", "no such number", "half", "expired", "unrouted",
        "stopped", "left", "cancelled", "silent",
    ]  # fmt: skip
    platform.members("nile", map(mobile, range(len(names))))
    platform.buy("nile", 100)
    rows = "".join(f"{mobile(n)},{name}\n" for n, name in enumerate(names))
    path = platform.file("a.csv", f"phone,name\n{rows}", template="Hi {name}", schedule="asap", batch_ref="first")
    campaign = ingest(path, "nile", "campaign")["campaign_id"]

    def tried(name, state, status=None, *, segment=1, attempt=1, transient=False):
        platform.rows(ATTEMPT, campaign, names.index(name) + 1, segment, attempt, state, transient, status, status)

    for name in ("accepted", "undelivered"):
        tried(name, "accepted", 0)
    for name in ("doubted", "unknown", "silent"):
        tried(name, "in_doubt")
    tried("passing", "rejected", 0x45)
    tried("ours", "rejected", 0x0B + 0x38)  # 0x43: a wrong esm_class, which is ours
    tried("no such number", "rejected", 0x0B)
    tried("half", "accepted", 0)
    tried("half", "rejected", 0x45, segment=2)
    tried("expired", "rejected", 0x14, transient=True)
    tried("expired", "not_sent", attempt=2)
    platform.rows(SETTLED, campaign, names.index("unknown") + 1, "unknown", "time_limit")
    platform.rows(SETTLED, campaign, names.index("silent") + 1, "not_sent", "silence")
    for name, reason in {
        "half": "part_rejected", "expired": "expired", "unrouted": "no_route", "stopped": "opted_out", "left": "not_in_base",
        "cancelled": "cancelled", "silent": "expired",
    }.items():  # fmt: skip
        platform.rows(DROPPED, campaign, names.index(name) + 1, reason)
    monkeypatch.setenv("OUTBOUND_ACTOR", "nadia@nile.example")
    return platform, campaign


def complete(platform, campaign):
    platform.rows(
        "update intake.campaign set state = 'completed', completed_at = now() where campaign_id = %s", campaign
    )


def test_only_what_may_not_have_gone_and_may_go_another_time(ended):
    platform, campaign = ended
    with pytest.raises(NothingToRetry, match="once it is completed"):
        retry.send(campaign)
    complete(platform, campaign)
    assert retry.count(campaign) == len(FAILED)

    ack = retry.send(campaign)

    assert (ack["status"], ack["accepted"], ack["batch_ref"]) == ("accepted", 5, f"retry of campaign {campaign}")
    assert [text for _, text in platform.sent(ack["campaign_id"])] == [f"Hi {name}" for name in FAILED]
    assert platform.value("select actor from account.audit where action = 'retry'") == "nadia@nile.example"


def test_done_twice_it_is_sent_once_and_its_own_failures_can_be_retried(ended):
    platform, campaign = ended
    complete(platform, campaign)
    first = retry.send(campaign)
    assert retry.send(campaign)["status"] == "duplicate"
    assert platform.value("select count(*) from dispatch.message where campaign_id <> %s", campaign) == 5
    platform.rows(DROPPED, first["campaign_id"], 2, "expired")
    complete(platform, first["campaign_id"])
    again = retry.send(first["campaign_id"])
    assert [text for _, text in platform.sent(again["campaign_id"])] == ["Hi ours"]


def test_who_opted_out_since_is_left_out(ended, mobile):
    platform, campaign = ended
    complete(platform, campaign)
    platform.opt_out("nile", mobile(4))
    ack = retry.send(campaign)
    assert (ack["accepted"], ack["reasons"]) == (4, {"OPTED_OUT": 1})


def test_nothing_failed(platform, mobile):
    platform.members("nile", [mobile(1)])
    platform.buy("nile", 1)
    campaign = ingest(platform.file("a.csv", f"msisdn,text\n{mobile(1)},x\n"), "nile", "campaign")["campaign_id"]
    complete(platform, campaign)
    with pytest.raises(NothingToRetry, match="nothing of campaign"):
        retry.send(campaign)
