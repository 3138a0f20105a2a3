"""`outbound dispatch status`: the same figures as the logs, and never by reading the submission log as a whole."""

import json
from datetime import UTC, datetime, timedelta

from click.testing import CliRunner

from dispatch.cli import command
from dispatch.control import CANCEL, PAUSE, change
from dispatch.status import Q, expected_end, overview

SHOWN = ("segments", "accepted", "rejected", "in_doubt", "unknown", "dropped", "unsent")


def shown(platform, campaign):
    """As `Platform.progress` gives it."""
    (row,) = [row for row in overview()["campaigns"] if row["campaign"] == campaign]
    return {name: row[name] for name in SHOWN if row[name]}


def progress(platform, campaign):
    return {name: value for name, value in platform.progress(campaign).items() if name != "final_receipts"}


def test_its_figures_are_those_of_the_logs(platform, carrier):
    """Refused for good or for now, in doubt, dropped, cancelled, not sent yet; and what a killed worker left open."""
    with carrier("--receipt-delay=60", "--rule=7=rejected", "--queue-full-every=50", "--silent-after=200") as smsc:
        platform.connect(smsc.port, window=20, rate=300)
        waiting, out = platform.accept(["x"] * 9), platform.accept(["x"] * 20, first=201001700000)
        whole, half = platform.accept(["two segments " * 15] * 100), platform.accept(["x"] * 400, first=201001500000)
        platform.rows("insert into account.opt_out (msisdn, source) values (%s, 'operator')", 201001700003)
        platform.rows("update intake.campaign set state = 'paused' where campaign_id = %s", waiting)
        worker = platform.worker()
        platform.until(lambda: smsc.status()["accepted"] >= 15 + platform.attempts().get(("accepted", False), 0))
        found = overview()
        worker.kill()
        change(CANCEL, half, reason="test", wait=0)
        rows = {row["campaign"]: row for row in overview()["campaigns"]}
        open_now = platform.one(
            "select count(*) from dispatch.batch cross join lateral dispatch.open_attempts(batch.batch_id)"
        )

        assert {campaign: shown(platform, campaign) for campaign in (waiting, out, whole, half)} == {
            campaign: progress(platform, campaign) for campaign in (waiting, out, whole, half)
        }
        assert sum(row["in_flight"] for row in rows.values()) == open_now
        settler = platform.worker()
        platform.until(lambda: platform.one("select count(settled_at) from dispatch.epoch") == 1)
        platform.until(lambda: progress(platform, half).get("dropped"))
        settler.kill()
        assert {campaign: shown(platform, campaign) for campaign in (waiting, out, whole, half)} == {
            campaign: progress(platform, campaign) for campaign in (waiting, out, whole, half)
        }
        assert ("in_doubt", False) in platform.attempts()

    assert [row["state"] for row in found["workers"]] == ["alive"]
    (connector,) = found["connectors"]
    assert (connector["connector"], connector["contract"]) == ("cairo", 300)
    assert 0 < connector["rate"] <= 600
    assert {row["waits"]: row["messages"] for row in found["backlog"]}["paused"] == 9
    assert progress(platform, out)["dropped"] == 1
    assert progress(platform, half)["dropped"]
    assert platform.attempts()["rejected", True]
    assert platform.attempts()["rejected", False]


def test_a_campaign_says_what_it_waits_for(platform):
    closed = platform.accept(["x"] * 3)
    platform.rows(
        "update intake.campaign set window_opens = '03:00', window_closes = '04:00',"
        " opens_at = now() + interval '1 hour', closes_at = now() + interval '2 hours'"
    )
    paused = platform.accept(["x"] * 4)
    change(PAUSE, paused, reason="test")
    found = json.loads(CliRunner().invoke(command, ["status", "--json"], catch_exceptions=False).output)

    assert [(row["campaign"], row["state"]) for row in found["campaigns"]] == [(closed, "closed"), (paused, "paused")]
    assert [(row["waits"], row["messages"]) for row in found["backlog"]] == [("paused", 4), ("window closed", 3)]
    assert found["campaigns"][0]["expected_end"] is not None
    told = CliRunner().invoke(command, ["status"], catch_exceptions=False).output
    assert "CAMPAIGNS" in told
    assert "window closed" in told


def test_the_expected_end():
    now = datetime(2026, 11, 26, tzinfo=UTC)
    hour = timedelta(hours=1)

    assert expected_end(0, 5.0, None, now) is None
    assert expected_end(7200, 0.0, None, now) is None
    assert expected_end(7200, 2.0, now - hour, now) == now + hour
    assert expected_end(7200, 2.0, now + 3 * hour, now) == now + 3 * hour
    assert expected_end(7200, 0.0, now + 3 * hour, now) == now + 3 * hour


def test_no_plan_reads_the_whole_submission_log(platform):
    """Of 40,000 attempts, most of campaigns that are over."""
    platform.connect(1)
    for state in ("completed", "accepted"):
        campaign = platform.accept(["x"])
        platform.rows(
            "insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, command_status,"
            " sent_at, answered_at, epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)"
            " select 1, %s, n, 1, 1, case when n %% 50 = 0 then 'rejected' else 'accepted' end::dispatch.attempt_state,"
            " case when n %% 50 = 0 then 11 else 0 end, now(), now(), 1, 1, 1, 0, n, 0, 1, 'EG'"
            " from generate_series(1, 20000) as n",
            campaign,
        )
        platform.rows(
            "update intake.campaign set state = %s, completed_at = case when %s = 'completed' then now() end"
            " where campaign_id = %s", state, state, campaign,
        )  # fmt: skip
    platform.rows("analyze")
    today = platform.one("select 'Seq Scan on submission_' || to_char(now() at time zone 'UTC', 'YYYYMMDD')")
    for name in ("campaigns", "connectors", "recent", "backlog", "workers"):
        plan = platform.rows("explain " + getattr(Q, name).replace("%(seconds)s", "10"))
        assert not [line for (line,) in plan if today in line], name
