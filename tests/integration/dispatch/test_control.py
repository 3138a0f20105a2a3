"""Pause, resume and cancel: exact counts while workers run, nothing sent after the answer, on record."""

import json
import random
import threading
import time

import psycopg
import pytest
from click.testing import CliRunner

from dispatch import control
from dispatch.campaign_cli import command
from dispatch.control import CANCEL, PAUSE, RESUME, NotPossible


def sums(counts):
    row = counts.as_row()
    return row["segments"] == sum(
        row[name] for name in ("accepted", "rejected", "in_doubt", "unknown", "dropped", "unsent", "in_flight")
    )


def stays(platform, smsc, campaign, seen, looks=8):
    """Nothing more comes, though the worker has had the time to look again and again."""
    heartbeat = "select max(heartbeat_at) from dispatch.epoch where settled_at is null"
    before = platform.one(heartbeat)
    for _ in range(looks):
        time.sleep(0.2)
        assert len(smsc.witness.accepted()) == seen
    platform.until(lambda: platform.one(heartbeat) > before)
    assert len(smsc.witness.accepted()) == seen


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_exact_and_nothing_is_sent_after_the_command_returned(platform, carrier, seed):
    """Whatever the carrier's speed, at whatever moment, with one worker or two."""
    chance = random.Random(seed)
    latency, window, rate = [(0, 100, 300), (0.02, 5, None), (0.2, 60, None)][seed]
    with carrier("--receipt-delay=0", f"--latency={latency}") as smsc:
        platform.connect(smsc.port, window=window, rate=rate)
        texts = [chance.choice(["x", "two segments " * 15]) for _ in range(3000)]
        campaign = platform.accept(texts, batch_size=chance.choice([100, 700, 5000]))
        other = platform.accept(["y"] * 50, first=201001900000)
        total = platform.progress(campaign)["segments"]
        for number in range(1 + seed % 2):
            platform.worker(name=f"w{number}")
        for _ in range(2):
            before = smsc.status()["accepted"]
            platform.until(lambda before=before: smsc.status()["accepted"] > before + 5)
            time.sleep(chance.random() / 5)
            paused = control.change(PAUSE, campaign, reason="test", wait=60)
            mine = [record for record in smsc.witness.accepted() if record.destination < "201001900000"]
            assert (paused.state, paused.in_flight, paused.accepted) == ("paused", 0, len(mine))
            assert paused.unsent == total - len(mine)
            assert sums(paused)
            platform.until(lambda: platform.state(other) == "completed")
            assert control.change(PAUSE, campaign, reason="again") == paused
            control.change(RESUME, campaign, reason="go on")
        before = smsc.status()["accepted"]
        platform.until(lambda: smsc.status()["accepted"] > before + 5)
        cancelled = control.change(CANCEL, campaign, reason="test", cause="customer", wait=60)
        seen = len(smsc.witness.accepted())
        assert (cancelled.in_flight, cancelled.unsent, cancelled.accepted) == (0, 0, seen - 50)
        assert cancelled.dropped == total - cancelled.accepted
        assert sums(cancelled)
        stays(platform, smsc, campaign, seen)
        platform.until(lambda: platform.state(campaign) == "completed")
    assert platform.dropped(campaign) == {"cancelled": cancelled.dropped}
    assert platform.one("select closed_at is not null from account.reservation where campaign_id = %s", campaign)
    kinds = platform.rows(
        "select kind, cause from intake.campaign_event where campaign_id = %s and cause is not null"
        " order by campaign_event_id", campaign,
    )  # fmt: skip
    assert kinds == [("paused", "operator"), ("resumed", "operator")] * 2 + [("cancelled", "customer")]
    assert platform.one("select count(*) from account.audit where object = %s", f"campaign {campaign}") == 5


def test_an_intent_that_is_being_committed_is_waited_for(platform, database):
    """A worker saw the campaign go and has not committed its intent yet: the pause counts it."""
    platform.connect(1)
    campaign = platform.accept(["x", "y"])
    platform.rows(
        "with epoch as (insert into dispatch.epoch (worker, host, boot_id, pid, journal)"
        " values ('w', 'h', 'b', 1, 'j') returning epoch_id) update dispatch.batch set state = 'leased', fence = 7,"
        " epoch_id = epoch.epoch_id, leased_until = now() + interval '1 minute' from epoch"
    )
    found = []
    pause = threading.Thread(target=lambda: found.append(control.change(PAUSE, campaign, reason="test", wait=60)))
    with psycopg.connect(database) as worker:
        (lacking,) = worker.execute(
            "select dispatch.intend(1, 1, 1, 7, 1, 0::smallint, 1, '{1}', '{1}', '{1}', '{201001000000}')"
        ).fetchone()
        pause.start()
        platform.until(
            lambda: found or platform.one("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
        )
        assert (lacking, found) == ([], [])
    platform.rows(
        "insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, command_status,"
        " sent_at, answered_at, epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)"
        " select account_id, campaign_id, 1, 1, 1, 'accepted', 0, now(), now(), 1, 1, 1, 0, 1, 9, 1, 'EG'"
        " from intake.campaign"
    )
    pause.join()

    assert (found[0].accepted, found[0].in_flight, found[0].unsent) == (1, 0, 1)


def test_a_cancelled_campaign_needs_no_worker_to_be_given_up(platform):
    campaign = platform.accept(["two segments " * 15] * 12, batch_size=5)
    counts = control.change(CANCEL, campaign, reason="no carrier", wait=0)

    assert counts.as_row() | {"segments": 24, "dropped": 24, "unsent": 0, "state": "cancelled"} == counts.as_row()
    assert platform.one("select count(*) from dispatch.batch where state <> 'done'") == 0


def test_what_a_silent_carrier_has_is_said_to_be_in_flight(platform, carrier):
    with carrier("--latency=30") as smsc:
        platform.connect(smsc.port, window=7)
        campaign = platform.accept(["x"] * 50)
        platform.worker()
        platform.until(lambda: smsc.status()["accepted"] == 7)
        counts = control.change(PAUSE, campaign, reason="test", wait=3)

        assert (counts.state, counts.accepted, counts.in_flight, counts.unsent) == ("paused", 0, 7, 43)


def test_a_resumed_campaign_has_its_validity_again_and_keeps_its_end(platform):
    campaign, ended = platform.accept(["x"], validity="1 hour"), platform.accept(["x"], validity="1 hour")
    control.change(PAUSE, campaign, reason="test")
    control.change(PAUSE, ended, reason="test")
    platform.rows("update dispatch.batch set expires_at = now() - interval '5 hours'")
    platform.rows("update intake.campaign set ends_at = now() - interval '1 hour' where campaign_id = %s", ended)
    for one in (campaign, ended):
        control.change(RESUME, one, reason="test")
    left = platform.rows("select round(extract(epoch from expires_at - now()) / 600) from dispatch.batch order by 1")

    assert [int(tens) for (tens,) in left] == [-6, 6]


def test_what_cannot_be_done_is_said(platform):
    campaign = platform.accept(["x"])
    platform.rows("update intake.campaign set state = 'cancelled' where campaign_id = %s", campaign)

    with pytest.raises(NotPossible, match="it is cancelled for good"):
        control.change(RESUME, campaign, reason="test")
    with pytest.raises(NotPossible, match="no campaign 99"):
        control.change(PAUSE, 99, reason="test")


def test_the_command_prints_the_counts(platform):
    campaign = platform.accept(["x"] * 3)
    done = CliRunner().invoke(command, ["pause", str(campaign), "--reason", "wrong text", "--json"])

    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["unsent"] == 3
    (detail,) = platform.rows("select detail ->> 'reason' from intake.campaign_event")
    assert detail == ("wrong text",)
