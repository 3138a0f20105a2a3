"""INTAKE, Quiet hours: nothing promotional goes in the account's quiet hours, nor in those of a country it concerns."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest import accounts
from ingest.foreground import ingest
from ingest.holds import release_ready
from ingest.preview import preview
from outbound import database
from reports.status import status

LATE = "2031-01-10T23:00"  # in Cairo, two hours before UTC in winter
SEVEN = datetime(2031, 1, 11, 7, tzinfo=UTC)  # 09:00 there
ABROAD = 966501234567


@pytest.fixture
def delta(platform, mobile):
    """Five members at home and one in Saudi Arabia; Egypt is quiet from 21:00 to 09:00."""
    platform.members("delta", [*map(mobile, range(5)), ABROAD])
    platform.rows("insert into network.quiet_hours values ('EG', '21:00-09:00')")
    return platform


def send(platform, *numbers, name="a.csv", **options):
    content = "msisdn,text\n" + "".join(f"{number},hello\n" for number in numbers)
    return ingest(
        platform.file(name, content, **{"class": "promotional", "schedule": LATE, **options}), "delta", "campaign"
    )


def opening(platform, ack):
    (row,) = platform.rows(
        "select opens_at, closes_at, eligible_at, quiet_hours from intake.campaign where campaign_id = %s",
        ack["campaign_id"],
    )
    return row


def test_a_promotional_campaign_waits_for_the_end_of_its_country_s_quiet_hours(delta, mobile):
    ack = send(delta, mobile(1))

    assert (ack["status"], ack["starts_at"], ack["hours"]) == ("accepted", SEVEN.isoformat(), ["09:00-21:00"])
    assert ack["closes_at"] == (SEVEN + timedelta(hours=12)).isoformat()
    assert opening(delta, ack) == {
        "opens_at": SEVEN, "closes_at": SEVEN + timedelta(hours=12), "eligible_at": SEVEN, "quiet_hours": ["21:00-09:00"],
    }  # fmt: skip
    (batch,) = delta.rows("select not_before, expires_at from dispatch.batch")
    assert (batch["not_before"], batch["expires_at"]) == (SEVEN, SEVEN + timedelta(hours=24))


def test_an_informational_campaign_is_not_touched(delta, mobile):
    delta.defaults("delta", quiet_hours="00:00-23:59")
    ack = send(delta, mobile(1), **{"class": "informational"})

    assert (ack["starts_at"], ack["hours"]) == (datetime(2031, 1, 10, 21, tzinfo=UTC).isoformat(), None)
    assert opening(delta, ack)["quiet_hours"] == []


def test_the_account_s_quiet_hours_count_beside_the_country_s(delta, mobile):
    delta.defaults("delta", quiet_hours="20:00-10:00")
    ack = send(delta, mobile(1))

    assert (ack["starts_at"], ack["hours"]) == ((SEVEN + timedelta(hours=1)).isoformat(), ["10:00-20:00"])


def test_quiet_hours_of_every_country_that_it_reaches_count(delta, mobile):
    """A campaign that has one message to Saudi Arabia keeps its quiet hours; one that has none does not."""
    delta.rows("insert into network.quiet_hours values ('SA', '12:00-16:00')")

    assert send(delta, mobile(1))["hours"] == ["09:00-21:00"]
    abroad = send(delta, mobile(2), f"+{ABROAD}", name="b.csv")
    assert abroad["hours"] == ["09:00-12:00", "16:00-21:00"]
    assert opening(delta, abroad)["closes_at"] == SEVEN + timedelta(hours=3)


def test_a_spread_is_even_over_what_quiet_hours_leave(delta, mobile):
    """From 19:00 over 16 hours: two hours until 21:00, two from 09:00 on."""
    ack = send(delta, *map(mobile, range(4)), schedule="2031-01-10T19:00", spread="16h")
    times = [row["not_before"] for row in delta.rows("select not_before from dispatch.batch order by first_ordinal")]

    assert ack["starts_at"] == times[0].isoformat()
    assert times == [SEVEN + timedelta(hours=hours) for hours in (-14, -13, 0, 1)]


def test_a_daily_window_within_the_quiet_hours_is_refused_and_both_are_named(delta, mobile):
    ack = send(delta, mobile(1), daily_window="22:00-24:00")

    assert (ack["status"], ack["codes"][0]["code"]) == ("rejected", "QUIET_HOURS")
    assert "21:00-09:00 cover all of 22:00-24:00" in ack["codes"][0]["detail"]
    assert send(delta, mobile(1), daily_window="22:00-24:00", **{"class": "informational"})["status"] == "accepted"


def test_a_country_abroad_may_leave_nothing_of_a_daily_window(delta):
    delta.rows("insert into network.quiet_hours values ('SA', '12:00-16:00')")
    ack = send(delta, f"+{ABROAD}", daily_window="12:00-15:00")

    assert (ack["status"], ack["codes"][0]["code"]) == ("rejected", "QUIET_HOURS")
    assert delta.value("select state from intake.campaign") == "rejected"
    assert delta.value("select count(*) from dispatch.message") == 0


def test_an_end_within_the_quiet_hours_is_refused(delta, mobile):
    ack = send(delta, mobile(1), end="2031-01-11T09:00")

    assert (ack["status"], ack["codes"][0]["code"]) == ("rejected", "END_PAST")
    assert "09:00-21:00" in ack["codes"][0]["detail"]


def test_a_campaign_that_is_released_keeps_the_quiet_hours_of_then(delta, mobile):
    """They are set while it is held: what counts are those when it is queued."""
    delta.defaults("delta", gate={"max_rows": 0})
    ack = send(delta, mobile(1))
    assert (ack["status"], "starts_at" in ack) == ("held", False)
    delta.rows("update network.quiet_hours set hours = '21:00-11:00'")
    delta.rows(
        "insert into intake.campaign_event (account_id, campaign_id, kind, cause) values (2, %s, 'approved', 'GATE_FAILED')",
        ack["campaign_id"],
    )

    assert release_ready() == [ack["campaign_id"]]
    assert opening(delta, ack)["opens_at"] == SEVEN + timedelta(hours=2)
    assert delta.value("select ack -> 'hours' from intake.file") == ["11:00-21:00"]


def test_a_trial_says_when_it_would_go(delta, mobile):
    path = delta.file("a.csv", f"msisdn,text\n{mobile(1)},x\n", **{"class": "promotional", "schedule": LATE})
    with database.connect("ingest", autocommit=True) as connection:
        ack = preview(connection, accounts.named(connection, "delta"), path, lambda *_: None)

    assert (ack["status"], ack["starts_at"], ack["hours"]) == ("accepted", SEVEN.isoformat(), ["09:00-21:00"])


def test_status_says_in_which_hours_a_campaign_goes(delta, mobile):
    send(delta, mobile(1), daily_window="20:00-10:00")
    send(delta, mobile(2), name="b.csv", **{"class": "informational"})
    quiet, free = status()["campaigns"]

    assert (quiet["hours"], quiet["opens_at"]) == ("09:00-10:00 20:00-21:00", SEVEN)
    assert (free["hours"], free["opens_at"]) == (None, None)
