"""INTAKE, DAILY_LIMIT and NO_BALANCE: what may be queued on a day, and in a month."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ingest import accounts, claim
from ingest.acceptance import accept
from ingest.approval import NotReleasable, release
from ingest.foreground import ingest
from ingest.holds import release_ready
from ingest.pipeline import validate
from ingest.preview import preview
from outbound import clock, database

CAIRO = ZoneInfo("Africa/Cairo")


@pytest.fixture
def delta(platform, mobile):
    """Postpaid, 0.20 a segment at home, ten members; at most five segments a day; set up long ago."""
    platform.members("delta", map(mobile, range(10)))
    platform.defaults("delta", max_segments_per_day=5)
    platform.rows("update account.account set created_at = '2020-01-01'")
    return platform


def file_of(platform, mobile, count, name):
    return platform.file(name, "msisdn,text\n" + "".join(f"{mobile(n)},{name}\n" for n in range(count)))


def send(platform, mobile, count, name):
    return ingest(file_of(platform, mobile, count, name), "delta", "campaign")


def yesterday(platform):
    """What was queued today was queued on the local day before."""
    platform.rows("update intake.campaign set accepted_at = accepted_at - interval '24 hours'")


def test_a_day_s_segments_hold_the_campaign_that_goes_beyond_them(delta, mobile):
    assert send(delta, mobile, 3, "a.csv")["status"] == "accepted"
    ack = send(delta, mobile, 3, "b.csv")
    today = datetime.now(CAIRO).date()

    assert (ack["status"], ack["codes"][0]) == ("held", {
        "code": "DAILY_LIMIT",
        "detail": f"needs 3 segments; 3 of the 5 that the account may send a day are used on {today};"
        " the next day, if it fits then, or a person releases it",
    })  # fmt: skip
    assert send(delta, mobile, 2, "c.csv")["status"] == "accepted"  # it fits exactly
    assert release_ready() == []


def test_the_next_day_releases_as_much_as_fits(delta, mobile):
    send(delta, mobile, 5, "a.csv")
    held = [send(delta, mobile, count, f"{count}.csv")["campaign_id"] for count in (3, 4, 2)]
    yesterday(delta)

    assert release_ready() == [held[0], held[2]]
    yesterday(delta)
    assert release_ready() == [held[1]]


def test_the_day_is_that_of_the_account_s_clocks(delta, mobile):
    send(delta, mobile, 5, "a.csv")
    ack = send(delta, mobile, 1, "b.csv")
    midnight = clock.day_start(clock.local_day(clock.now(), "Africa/Cairo"), "Africa/Cairo")
    delta.rows("update intake.campaign set accepted_at = %s where state = 'accepted'", midnight)
    assert release_ready() == []

    delta.rows("update intake.campaign set accepted_at = %s where state = 'accepted'", midnight - timedelta(seconds=1))
    assert release_ready() == [ack["campaign_id"]]


def test_a_person_lets_more_pass_and_it_counts(delta, mobile):
    ack = send(delta, mobile, 6, "a.csv")

    assert ack["codes"][0]["detail"].endswith("; a person releases it")
    assert release(ack["campaign_id"], "agreed by phone") == "accepted"
    assert send(delta, mobile, 1, "b.csv")["codes"][0]["code"] == "DAILY_LIMIT"


def test_a_new_account_may_send_less(delta, mobile):
    delta.defaults("delta", new_account_days=30, new_account_segments_per_day=2)
    assert send(delta, mobile, 3, "a.csv")["status"] == "accepted"

    delta.rows("update account.account set created_at = now() - interval '3 days'")
    ack = send(delta, mobile, 2, "b.csv")
    assert "3 of the 2 that a new account may send a day" in ack["codes"][0]["detail"]


def test_a_trial_says_it_too(delta, mobile):
    with database.connect("ingest", autocommit=True) as connection:
        account = accounts.named(connection, "delta")
        ack = preview(connection, account, file_of(delta, mobile, 6, "a.csv"), lambda *_: None)

    assert (ack["status"], ack["codes"][0]["code"]) == ("held", "DAILY_LIMIT")


def test_campaigns_that_are_accepted_at_once_never_exceed_the_day_s_limit(delta, mobile):
    campaigns = []
    for n in range(6):
        with database.connect("ingest", autocommit=True) as connection:
            path = file_of(delta, mobile, 2, f"{n}.csv")
            file_id = claim.claim(connection, accounts.named(connection, "delta"), path, "campaign", "command")
        campaigns.append(validate(file_id))
    delta.rows("update intake.profile set gate_passed = true, judged_at = now(), gate_result = '{}'")

    with ThreadPoolExecutor(6) as pool:
        states = list(pool.map(accept, campaigns))

    assert sorted(states) == ["accepted"] * 2 + ["held"] * 4
    assert delta.value("select sum(segments) from account.reservation") == 4


def used(platform, units, at, zone="EG"):
    platform.rows(
        "insert into account.past_usage (account_id, business_key, at, units, zone) values (2, %s, %s, %s, %s)",
        f"u{at}", at, units, zone,
    )  # fmt: skip


def test_a_monthly_cap_holds_and_says_that_it_is_the_cap(delta, mobile):
    """2.00 net a month, at most 0.45 a segment: four segments; those of last month do not count."""
    delta.defaults("delta", max_segments_per_day=1000)
    this_month = clock.day_start(datetime.now(CAIRO).date().replace(day=1), "Africa/Cairo")
    used(delta, 1000, this_month - timedelta(seconds=1))
    delta.rows("update account.term set monthly_cap = 2 where account_id = 2")

    ack = send(delta, mobile, 5, "a.csv")
    assert (ack["status"], ack["codes"][0]) == ("held", {
        "code": "NO_BALANCE",
        "detail": "needs 5 segments, the monthly cap leaves 4; the next month or a higher cap releases it",
    })  # fmt: skip
    assert send(delta, mobile, 4, "b.csv")["status"] == "accepted"
    with pytest.raises(NotReleasable, match="higher limit"):
        release(ack["campaign_id"], "please")
    assert release_ready() == []
    delta.rows("update account.term set monthly_cap = 5 where account_id = 2")
    assert release_ready() == [ack["campaign_id"]]


def test_what_was_used_in_the_month_counts_against_the_cap_without_vat(delta, mobile):
    used(delta, 5, clock.now())  # 1.00 of 2.00; two more at 0.45
    delta.rows("update account.term set monthly_cap = 2 where account_id = 2")

    assert delta.value("select billing.cap_units(2, now())") == 2
    assert delta.value("select billing.available_units(2, now())") == 2


def test_the_lower_one_of_cap_and_credit_limit_is_named(delta, mobile):
    delta.rows("update account.term set monthly_cap = 2, credit_limit = 1 where account_id = 2")
    ack = send(delta, mobile, 5, "a.csv")

    assert (
        ack["codes"][0]["detail"]
        == "needs 5 segments, the credit limit leaves 1; a payment or a higher limit releases it"
    )
