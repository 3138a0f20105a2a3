"""INTAKE, Options: dispatch keeps to a campaign's daily window and to the times of a spread."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dispatch.control import PAUSE, RESUME, change

NOW = datetime.now(UTC)


def open_daily(platform, campaign, opens_in, closes_in):
    """The campaign's window, as if it opened and closed in so many seconds from now; its own hour is half a day away."""
    hour = datetime.now(ZoneInfo("Africa/Cairo")) + timedelta(hours=12)
    platform.rows(
        "update intake.campaign set window_opens = %s, window_closes = %s,"
        " opens_at = now() + make_interval(secs => %s), closes_at = now() + make_interval(secs => %s)"
        " where campaign_id = %s",
        f"{hour:%H}:00", f"{hour + timedelta(hours=1):%H}:00", opens_in, closes_in, campaign,
    )  # fmt: skip


def test_a_campaign_stops_when_its_window_closes_and_goes_on_when_it_opens(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port, rate=150, window=10)
        campaign = platform.accept(["x"] * 600, batch_size=100)
        other = platform.accept(["y"] * 100, first=201001900000)
        open_daily(platform, campaign, -60, 3600)
        platform.worker()
        platform.until(lambda: smsc.status()["accepted"] >= 50)
        open_daily(platform, campaign, -60, 0)
        platform.until(lambda: platform.state(other) == "completed")
        platform.until(lambda: platform.one("select count(*) from dispatch.batch where state = 'leased'") == 0)

        (row,) = platform.rows(
            "select state, opens_at, closes_at, eligible_at from intake.campaign where campaign_id = %s", campaign
        )
        assert (row[0], row[2] - row[1]) == ("accepted", timedelta(hours=1))
        assert row[1] > NOW
        closed = "select kind, cause, at < now(), detail from intake.campaign_event where kind = 'closed' and campaign_id = %s"
        ((kind, cause, is_over, detail),) = platform.rows(closed, campaign)
        assert (kind, cause, is_over) == ("closed", "daily_window", True)
        assert datetime.fromisoformat(detail["opens_at"]) == row[1]
        waiting = "from dispatch.batch where campaign_id = %s and state = 'ready'"
        assert platform.rows(f"select distinct expires_at {waiting}", campaign) == [(row[1] + timedelta(hours=24),)]
        stopped_at = len(smsc.witness.accepted())
        assert 100 < stopped_at < 600

        open_daily(platform, campaign, -1, 3600)
        platform.until(lambda: platform.state(campaign) == "completed")
        assert len(smsc.witness.accepted()) == 700


def test_what_a_closed_window_holds_goes_at_its_end_and_an_idle_worker_does_not_wait_for_it(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        closed, ended = platform.accept(["x"] * 3), platform.accept(["x"] * 4)
        open_daily(platform, closed, 7200, 10800)
        open_daily(platform, ended, 7200, 10800)
        platform.rows("update dispatch.batch set expires_at = now() - interval '1 second'")
        platform.rows("update intake.campaign set ends_at = now() - interval '1 second' where campaign_id = %s", ended)
        platform.run_until_idle()

        assert smsc.witness.accepted() == []
    assert (platform.dropped(closed), platform.dropped(ended)) == ({}, {"expired": 4})


def test_nothing_goes_in_quiet_hours_also_after_a_pause(platform, carrier):
    """INTAKE, Quiet hours: the campaign may go in one hour of the day, and that was over while it was paused."""
    hour = datetime.now(ZoneInfo("Africa/Cairo")) + timedelta(hours=6)
    quiet = f"{hour + timedelta(hours=1):%H:%M}-{hour:%H:%M}"
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["x"] * 5)
        platform.rows(
            "update intake.campaign set class = 'promotional', quiet_hours = array[%s],"
            " opens_at = now() - interval '2 hours', closes_at = now() - interval '1 hour' where campaign_id = %s",
            quiet, campaign,
        )  # fmt: skip
        change(PAUSE, campaign, reason="wait")
        change(RESUME, campaign, reason="go on")
        platform.run_until_idle()

        assert smsc.witness.accepted() == []
        (row,) = platform.rows("select opens_at, closes_at from intake.campaign where campaign_id = %s", campaign)
        assert f"{row[0].astimezone(hour.tzinfo):%H:%M}" == f"{hour:%H:%M}"
        assert (row[0] > NOW, row[1] - row[0]) == (True, timedelta(hours=1))
        open_daily(platform, campaign, -1, 3600)
        platform.run_until_idle()
        assert len(smsc.witness.accepted()) == 5


def test_a_spread_goes_batch_by_batch_at_its_times(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["x"] * 40, batch_size=10)
        platform.rows("update dispatch.batch set not_before = now() + (first_ordinal / 10) * interval '1 second'")
        platform.run_until_idle()
        times = dict(platform.rows("select batch_id, not_before from dispatch.batch"))

        assert len(smsc.witness.accepted()) == 40
    sent = platform.rows(
        "select batch_id, min(sent_at) from dispatch.submission join dispatch.batch using (campaign_id)"
        " where ordinal between first_ordinal and first_ordinal + size - 1 group by 1"
    )
    assert len(sent) == 4
    assert all(times[batch] <= at for batch, at in sent)
    assert platform.state(campaign) == "completed"
