"""CHARGING 15: nothing is written at or after the expiry of the units it relies on; the rest is held until a recharge."""

from datetime import UTC, datetime, timedelta

from dispatch.control import PAUSE, RESUME, change

UNITS_UNTIL = "select units_until from intake.campaign where campaign_id = %s"
EVENTS = (
    "select kind, cause, detail ->> 'code' from intake.campaign_event"
    " where campaign_id = %s and kind in ('paused', 'resumed') order by campaign_event_id"
)
HELD, RELEASED = ("paused", "customer", "NO_BALANCE"), ("resumed", "customer", "NO_BALANCE")


def own_midnight(instant):
    """A time zone in which a day begins at the instant: units expire at midnight only."""
    seconds = instant.hour * 3600 + instant.minute * 60 + instant.second
    east = -seconds if seconds <= 43200 else 86400 - seconds
    hours, rest = divmod(abs(east), 3600)
    return f"<X>{'-' if east >= 0 else '+'}{hours:02}:{rest // 60:02}:{rest % 60:02}"


def has_units(platform, units, seconds):
    """The account is prepaid, and has a lot of so many units that ends in so many seconds, which it gives."""
    ends = platform.one("select date_trunc('second', now())") + timedelta(seconds=seconds)
    ends = ends.astimezone(UTC)
    zone = own_midnight(ends)
    platform.rows("update account.account set timezone = %s where account_id = %s", zone, platform.account)
    platform.rows(
        "insert into account.term (account_id, effective_from, scheme, currency) values (%s, '2020-01-01', 'prepaid', 'EGP')",
        platform.account,
    )
    opening = platform.one(
        "insert into account.opening (account_id, business_key, at) values (%s, 'opening', now() - interval '1 day')"
        " returning opening_id", platform.account,
    )  # fmt: skip
    platform.rows(
        "insert into account.opening_lot (account_id, opening_id, n, opened_at, last_valid_day, units, rate, carrying_value)"
        " values (%s, %s, 1, now() - interval '1 day', (%s::timestamptz at time zone %s)::date, %s, 0.10, %s * 0.10)",
        platform.account, opening, ends - timedelta(seconds=1), zone, units, units,
    )  # fmt: skip
    platform.rows("select billing.renew_units_until(%s)", platform.account)
    return ends


def recharge(platform, units):
    platform.rows(
        "insert into account.purchase (account_id, business_key, at, units, rate, zones)"
        " values (%s, %s, now(), %s, 0.10, '{EG}')", platform.account, f"PO-{units}", units,
    )  # fmt: skip


def lots(platform):
    return platform.rows(
        "select lot.remaining, lot.expires_at > now()"
        " from unnest((billing.prepaid_state_at(%s, now())).lots) as lot where lot.remaining > 0 order by lot.expires_at",
        platform.account,
    )


def passed(platform, instant):
    platform.until(lambda: platform.one("select now()") > instant)


def test_what_is_not_sent_when_its_units_expire_is_held_until_a_recharge(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port, rate=200, window=10)
        campaign = platform.accept(["x"] * 3000, batch_size=500)
        platform.worker()
        platform.until(lambda: smsc.status()["accepted"] >= 20)
        ends = has_units(platform, 3000, 5)
        assert platform.one(UNITS_UNTIL, campaign) == ends
        passed(platform, ends)
        platform.until(lambda: platform.one("select count(*) from dispatch.batch where state = 'leased'") == 0)
        sent = len(smsc.witness.accepted())

        assert 20 <= sent < 3000
        assert platform.one("select max(sent_at) from dispatch.submission where state <> 'not_sent'") < ends
        assert (platform.state(campaign), platform.rows(EVENTS, campaign)) == ("paused", [HELD])
        assert lots(platform) == []
        shortfalls = "select cardinality((billing.prepaid_state_at(%s, now())).shortfalls)"
        assert platform.one(shortfalls, platform.account) == 0

        recharge(platform, 3000 - sent)
        platform.until(lambda: platform.state(campaign) == "completed")
        numbers = [record.destination for record in smsc.witness.accepted()]
        assert (len(numbers), len(set(numbers))) == (3000, 3000)
    assert platform.rows(EVENTS, campaign) == [HELD, RELEASED]
    assert lots(platform) == []
    assert platform.one("select min(expires_at - now()) > '23 hours' from dispatch.batch")


def test_a_campaign_that_was_paused_across_the_expiry_is_held_when_it_is_resumed(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["x"] * 30)
        ends = has_units(platform, 30, 3)
        change(PAUSE, campaign, reason="wait")
        passed(platform, ends)
        change(RESUME, campaign, reason="go on")
        platform.run_until_idle()
        assert smsc.witness.accepted() == []
        assert (platform.state(campaign), platform.rows(EVENTS, campaign)[-1]) == ("paused", HELD)

        recharge(platform, 29)
        platform.run_until_idle()
        assert (smsc.witness.accepted(), platform.state(campaign)) == ([], "paused")
        recharge(platform, 1)
        platform.run_until_idle()
        assert len(smsc.witness.accepted()) == 30
    assert platform.state(campaign) == "completed"


def test_a_recharge_before_the_expiry_is_in_time_and_nothing_is_held(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port, rate=100, window=10)
        campaign = platform.accept(["x"] * 900, batch_size=100)
        platform.worker()
        platform.until(lambda: smsc.status()["accepted"] >= 20)
        ends = has_units(platform, 900, 6)
        recharge(platform, 1000)
        assert platform.one(UNITS_UNTIL, campaign) > datetime.now(UTC) + timedelta(days=360)
        platform.until(lambda: platform.state(campaign) == "completed")
        assert platform.one("select max(sent_at) from dispatch.submission") > ends
        assert len(smsc.witness.accepted()) == 900
    assert platform.rows(EVENTS, campaign) == []
    assert [units for units, _ in lots(platform)] == [1000]


def test_what_somebody_pauses_while_it_is_held_waits_for_them_and_no_recharge(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["x"] * 5)
        has_units(platform, 5, -1)
        platform.run_until_idle()
        assert platform.rows(EVENTS, campaign) == [HELD]
        change(PAUSE, campaign, reason="not this week")
        recharge(platform, 5)
        platform.run_until_idle()
        assert (smsc.witness.accepted(), platform.state(campaign)) == ([], "paused")
        change(RESUME, campaign, reason="now")
        platform.run_until_idle()
        assert len(smsc.witness.accepted()) == 5


def test_who_was_accepted_first_relies_on_what_is_valid_longest(platform):
    first, second = platform.accept(["x"] * 20), platform.accept(["x"] * 25)
    ends = has_units(platform, 30, 3600)
    recharge(platform, 20)  # less than what is left: a lot of its own

    assert platform.one(UNITS_UNTIL, second) == ends
    assert platform.one(UNITS_UNTIL, first) > ends + timedelta(days=360)
    change(PAUSE, first, reason="also what is paused")
    recharge(platform, 100)
    assert platform.one(UNITS_UNTIL, first) == platform.one(UNITS_UNTIL, second) > ends + timedelta(days=360)
