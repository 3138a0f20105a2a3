"""When a customer is told: scenarios with dates in Cairo, always beside a second account."""

from datetime import UTC, datetime

import pytest

from billing import notices
from tests.integration.dbt.conftest import cairo


def test_the_end_of_units_is_told_on_its_local_days_and_once_each(office):
    """CHARGING 4: 10,000 units of 15 March 2026 are valid until the end of 15 March 2027 in Cairo."""
    office.account("nile").buys(10_000, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    office.account("delta").buys(500, at="2026-09-01 10:00", rate="0.12", key="PO-1")

    assert office.looks("2027-01-13 23:59") == []
    assert office.looks("2027-01-14 00:00") == [("nile", "expiry", "PO-1/60")]
    assert office.facts("nile") == {
        "lot": "PO-1", "units": 10_000, "last_valid_day": "2027-03-15", "days_left": 60, "to_extend": 10_000,
    }  # fmt: skip
    assert office.looks("2027-01-14 00:00") == []
    assert office.looks("2027-02-13 00:30") == [("nile", "expiry", "PO-1/30")]
    assert office.looks("2027-03-08 12:00") == [("nile", "expiry", "PO-1/7")]
    assert office.looks("2027-03-13 23:59") == []
    assert office.looks("2027-03-14 00:00") == [("nile", "expiry", "PO-1/1")]
    assert office.looks("2027-03-15 23:59") == []
    assert office.looks("2027-03-16 00:00") == [("nile", "low_balance", "PO-1")]  # lapsed: none are left to extend
    assert office.facts("nile")["available"] == 0


def test_a_day_that_begins_an_hour_late_is_told_when_it_begins(office):
    """CHARGING 5: on 30 April 2027 Cairo skips 00:00; the day begins at 22:00 UTC of the evening before."""
    for name in ("nile", "delta"):
        account = office.account(name, settings={"expiry_days": [0], "used_percent": None})
        account.buys(100, at="2026-04-30 10:00" if name == "nile" else "2026-10-29 23:30", rate="0.10", key="PO-1")

    assert office.looks(datetime(2027, 4, 29, 21, 59, 59, tzinfo=UTC)) == []
    assert office.looks(datetime(2027, 4, 29, 22, 0, tzinfo=UTC)) == [("nile", "expiry", "PO-1/0")]
    # 28 October 2027 repeats its last hour: 29 October begins at 22:00 UTC, after 25 hours
    assert office.looks(datetime(2027, 10, 28, 21, 59, 59, tzinfo=UTC)) == []
    assert office.looks(datetime(2027, 10, 28, 22, 0, tzinfo=UTC)) == [("delta", "expiry", "PO-1/0")]


def test_a_recharge_that_extends_silences_the_end_and_brings_its_own(office):
    """CHARGING 8 and 9: 4,000 remain, 4,000 extend them to 2028-02-01; 3,999 would not have."""
    office.account("delta").buys(700, at="2027-02-10 10:00", rate="0.12")
    nile = office.account("nile", settings={"used_percent": None})
    nile.buys(10_000, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    nile.sends(6_000, at="2026-06-01 12:00")
    assert office.looks("2027-01-20 09:00") == [("nile", "expiry", "PO-1/60")]
    assert office.facts("nile")["to_extend"] == 4_000

    nile.buys(4_000, at="2027-02-01 10:00", rate="0.09", key="PO-2")
    assert office.looks("2027-02-14 09:00") == []  # 30 days before the end there was
    assert office.looks("2027-12-03 09:00") == [("nile", "expiry", "PO-2/60")]
    assert office.facts("nile")["last_valid_day"] == "2028-02-01"


def test_a_recharge_one_unit_short_leaves_the_old_end_and_counts_what_remains_of_both(office):
    """CHARGING 7 and 10: two lots, 4,000 + 3,999: the older one lapses unless 7,999 more are bought."""
    office.account("delta").buys(700, at="2027-02-10 10:00", rate="0.12")
    nile = office.account("nile", settings={"used_percent": None})
    nile.buys(10_000, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    nile.sends(6_000, at="2026-06-01 12:00")
    nile.buys(3_999, at="2027-02-01 10:00", rate="0.08", key="PO-2")

    assert office.looks("2027-02-14 09:00") == [("nile", "expiry", "PO-1/30")]
    assert office.facts("nile") == {
        "lot": "PO-1", "units": 4_000, "last_valid_day": "2027-03-15", "days_left": 29, "to_extend": 7_999,
    }  # fmt: skip


@pytest.mark.parametrize(("tolerance", "enough"), [("0", 4_001), ("0.05", 3_801), ("1", 1)])
def test_what_extends_is_told_with_the_tolerance_unrounded(office, tolerance, enough):
    """CHARGING 8: of 4,001 units a purchase of 4,001 x 0.95 = 3,800.95 extends, so 3,801; and one is bought at least."""
    office.account("delta").buys(700, at="2027-02-10 10:00", rate="0.12")
    nile = office.account("nile", settings={"used_percent": None}, recharge_tolerance=tolerance)
    nile.buys(4_001, at="2026-03-15 10:00", rate="0.10", key="PO-1")

    assert office.looks("2027-03-10 09:00") == [("nile", "expiry", "PO-1/7")]
    assert office.facts("nile")["to_extend"] == enough
    nile.buys(enough, at="2027-03-11 09:00", rate="0.10", key="PO-2")
    assert office.looks("2027-03-14 09:00") == []


def test_a_look_that_comes_late_tells_the_nearest_horizon_only(office):
    office.account("nile").buys(100, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    office.account("delta").buys(100, at="2026-03-12 10:00", rate="0.10", key="PO-1")

    assert office.looks("2027-03-10 09:00") == [("delta", "expiry", "PO-1/7"), ("nile", "expiry", "PO-1/7")]


def test_ninety_per_cent_of_what_the_last_extending_purchase_made_is_used(office):
    """Used 6,000 of 10,000; 5,000 extend to 9,000: told at 900 left, once, and again of the next year's units."""
    delta = office.account("delta")
    delta.buys(9_000, at="2026-03-15 10:00", rate="0.12", key="PO-1")
    nile = office.account("nile")
    nile.buys(10_000, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    nile.sends(6_000, at="2026-06-01 12:00")
    nile.buys(5_000, at="2026-09-01 10:00", rate="0.08", key="PO-2")
    nile.sends(8_099, at="2026-09-02 10:00")
    assert office.looks("2026-09-03 09:00") == []  # 901 left

    nile.sends(1, at="2026-09-03 10:00")
    assert office.looks("2026-09-03 11:00") == [("nile", "low_balance", "PO-2")]
    assert office.facts("nile") == {"available": 900, "of": 9_000, "used_percent": "90"}
    nile.sends(500, at="2026-09-04 10:00")
    assert office.looks("2026-09-04 11:00") == []

    nile.buys(100, at="2026-09-05 10:00", rate="0.12", key="PO-3")  # too small to extend 400: still low
    assert office.looks("2026-09-05 11:00") == []
    nile.buys(500, at="2026-09-06 10:00", rate="0.12", key="PO-4")  # extends 500 to 1,000
    nile.sends(900, at="2026-09-07 10:00")
    assert office.looks("2026-09-07 11:00") == [("nile", "low_balance", "PO-4")]


def test_a_threshold_in_units_is_armed_again_once_the_balance_is_above_it(office):
    office.account("delta", settings={"low_balance": 1_000}).buys(1_000, at="2026-03-15 10:00", rate="0.12")
    nile = office.account("nile", settings={"low_balance": 1_000})
    assert office.looks("2026-03-15 09:00") == []  # it has never bought anything
    nile.buys(1_500, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    nile.sends(501, at="2026-04-01 10:00")
    assert office.looks("2026-04-01 11:00") == [("nile", "low_balance", "units")]
    assert office.facts("nile") == {"available": 999, "threshold": 1_000}
    assert office.looks("2026-04-01 12:00") == []

    nile.is_granted(1, at="2026-04-02 10:00")
    assert office.looks("2026-04-02 11:00") == []  # 1,000: above again
    nile.sends(1, at="2026-04-03 10:00")
    assert office.looks("2026-04-03 11:00") == [("nile", "low_balance", "units")]
    rows = office.books.execute("select crossing, over_at is null from billing.notices order by notice").fetchall()
    assert rows == [(1, False), (2, True)]


def test_units_that_campaigns_hold_are_not_available(office):
    """CHARGING 15: what is reserved cannot be promised again, but counts in what has to be bought to extend (7)."""
    office.account("delta", settings={"low_balance": 100}).buys(100, at="2026-03-15 10:00", rate="0.12")
    nile = office.account("nile", settings={"low_balance": 100})
    nile.buys(100, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    office.books.execute(
        "insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)"
        " values (%s, 'campaign', 'x.csv', 1, 1, sha256('x'), '1.csv', 'command', now())",
        nile.account_id,
    )
    office.books.execute(
        "insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments,"
        " received_at, accepted_at) select 1, account_id, file_id, 'accepted', 'x', 'NILE', 1, 1, 1, now(), now() from intake.file"
    )
    office.books.execute(
        "insert into account.reservation (campaign_id, account_id, segments) values (1, %s, 1)", nile.account_id
    )

    assert office.looks("2027-03-14 09:00") == [
        ("delta", "expiry", office.told()[0][2]), ("nile", "low_balance", "units"), ("nile", "expiry", "PO-1/1"),
    ]  # fmt: skip
    assert office.facts("nile")["to_extend"] == 100


def test_a_credit_limit_is_told_near_and_reached_and_again_after_a_payment(office):
    """Limit 1,140.00 with VAT, 0.10 a segment: 10,000 segments; near at 9,000, reached at 10,000."""
    for name in ("delta", "nile"):
        account = office.account(name, scheme="postpaid", credit_limit="1140.00")
        account.has_card((1, "0.10"))
        account.sends(8_999 if name == "delta" else 10, at="2026-04-01 10:00")
        if name == "delta":
            delta = account
    assert office.looks("2026-04-01 11:00") == []
    delta.sends(1, at="2026-04-02 10:00")
    assert office.looks("2026-04-02 11:00") == [("delta", "credit_limit", "near")]
    assert office.facts("delta") == {
        "limit": "1140.00", "currency": "EGP", "available": 1_000, "level": "near", "used_percent": "90",
    }  # fmt: skip
    delta.sends(1_000, at="2026-04-03 10:00")
    assert office.looks("2026-04-03 11:00") == [("delta", "credit_limit", "reached")]
    assert office.looks("2026-04-03 12:00") == []

    delta.pays("57.00", at="2026-04-04 10:00")  # 500 segments: not reached, still near
    assert office.looks("2026-04-04 11:00") == []
    delta.sends(500, at="2026-04-05 10:00")
    assert office.looks("2026-04-05 11:00") == [("delta", "credit_limit", "reached")]
    delta.pays("1140.00", at="2026-04-06 10:00")
    assert office.looks("2026-04-06 11:00") == []
    delta.sends(10_000, at="2026-04-07 10:00")
    assert office.looks("2026-04-07 11:00") == [("delta", "credit_limit", "reached")]  # at once, past near


def test_a_monthly_cap_is_told_by_the_local_month(office):
    """A cap of 100.00 without VAT is 1,000 segments of 0.10. April 2026 ends at 21:00 UTC in Cairo."""
    office.account("nile", scheme="postpaid", monthly_cap="100.00").has_card((1, "0.10"))
    delta = office.account("delta", scheme="postpaid", monthly_cap="100.00")
    delta.has_card((1, "0.10"))
    delta.sends(950, at="2026-04-20 10:00")
    assert office.looks("2026-04-20 11:00") == [("delta", "monthly_cap", "2026-04/near")]
    delta.sends(50, at="2026-04-30 23:59")
    assert office.looks("2026-04-30 23:59") == [("delta", "monthly_cap", "2026-04/reached")]
    assert office.looks("2026-05-01 00:00") == []
    delta.sends(900, at="2026-05-01 10:00")
    assert office.looks("2026-05-01 11:00") == [("delta", "monthly_cap", "2026-05/near")]


def test_an_account_without_limits_or_a_card_is_told_nothing(office):
    office.account("nile", scheme="postpaid", credit_limit="10.00").sends(1, at="2026-04-01 10:00")
    delta = office.account("delta", scheme="postpaid")
    delta.has_card((1, "0.10"))
    delta.sends(1_000_000, at="2026-04-01 10:00")
    assert office.looks("2026-04-02 10:00") == []


def test_each_account_s_own_people_are_told_and_nobody_else(office):
    for name in ("delta", "nile"):
        office.account(name, settings={"low_balance": 10} if name == "nile" else {"low_balance": 10, "email": []})
    office.books.execute(
        "insert into account.person (email, name, role) values ('finance@example.com', 'Farida', 'finance')"
    )
    hooked = office.account(
        "river",
        settings={"low_balance": 10, "email": ["billing@river.example"],
                  "webhook": {"url": "https://hooks.river.example/", "secret_env": "RIVER_SECRET"}},
    )  # fmt: skip
    hooked.buys(9, at="2026-03-15 10:00", rate="0.10")
    for name in ("delta", "nile"):
        account_id = office.books.execute("select account_id from account.account where name = %s", name).fetchone()
        office.books.execute(
            "insert into account.purchase (account_id, business_key, at, units, rate, zones) values (%s, 'PO-1', %s, 9, 0.1, '{EG}')",
            account_id[0], cairo("2026-03-15 10:00"),
        )  # fmt: skip

    assert len(office.looks("2026-03-16 10:00")) == 3
    assert office.deliveries() == [
        ("nile", "email", "nadia@nile.example", False),
        ("river", "email", "billing@river.example", False),
        ("river", "webhook", "https://hooks.river.example/", False),
    ]


def test_whoever_wants_no_such_notice_or_was_shut_out_gets_none(office):
    nile = office.account("nile", settings={"low_balance": 10})
    office.books.execute(
        "insert into account.person (account_id, email, name, role, unwanted_notices)"
        " select account_id, new.email, 'N', 'customer', new.unwanted from account.account, (values"
        " ('quiet@nile.example', '{low_balance}'::text[]), ('other@nile.example', '{expiry}'), ('out@nile.example', '{}'))"
        " as new (email, unwanted) where account.name = 'nile'"
    )
    office.books.execute(
        "insert into portal.login (person_id, password_hash, is_active)"
        " select person_id, 'x', email <> 'out@nile.example' from account.person"
    )
    nile.buys(9, at="2026-03-15 10:00", rate="0.10")
    assert len(office.looks("2026-03-16 10:00")) == 1
    assert [address for _, _, address, _ in office.deliveries()] == ["nadia@nile.example", "other@nile.example"]


def test_looks_at_the_same_time_raise_a_notice_once(office):
    """Two processes look at once: one of them waits, and then finds it told."""
    from concurrent.futures import ThreadPoolExecutor

    for name in ("delta", "nile"):
        office.account(name).buys(100, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: notices.check(at=cairo("2027-03-14 10:00")), range(12)))

    assert sum(one["raised"] for one in found) == 2
    assert office.told() == [("delta", "expiry", "PO-1/1"), ("nile", "expiry", "PO-1/1")]
