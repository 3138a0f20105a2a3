"""The second implementation gives the worked examples of CHARGING, to the cent."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.unit.billing.prepaid_model import Event, Purse

CAIRO = ZoneInfo("Africa/Cairo")


def cairo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CAIRO)


def bought(units: int, rate: str, at: str) -> Event:
    return Event(kind="purchase", key=f"order {at}", at=cairo(at), units=units, rate=Decimal(rate))


def used(units: int, at: str) -> Event:
    return Event(kind="usage", key=f"use {at}", at=cairo(at), units=units)


L1 = bought(10_000, "0.10", "2026-03-15 10:00")
USED = used(6_000, "2026-05-01 09:00")


def balances(purse: Purse) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for posting in purse.journal:
        totals[posting.account] = totals.get(posting.account, Decimal(0)) + posting.rerate
    return {account: total for account, total in totals.items() if total}


def open_lots(purse: Purse) -> list[tuple[int, Decimal, date]]:
    return [(lot.units, lot.rate, lot.last_valid_day) for lot in purse.lots if lot.units]


def test_a_purchase_defers_its_net():
    purse = Purse().live([L1], cairo("2026-03-16"))
    assert open_lots(purse) == [(10_000, Decimal("0.10"), date(2027, 3, 15))]
    assert balances(purse) == {"1200": Decimal("1140.00"), "2100": Decimal("-1000.00"), "2200": Decimal("-140.00")}


def test_a_recharge_of_more_than_remains_extends_and_rerates():
    purse = Purse().live([L1, USED, bought(5_000, "0.08", "2026-09-01 12:00")], cairo("2026-09-02"))
    assert open_lots(purse) == [(9_000, Decimal("0.08"), date(2027, 9, 1))]
    assert balances(purse)["2100"] == Decimal("-720.00")
    assert balances(purse)["4300"] == Decimal("-80.00")
    assert balances(purse)["1200"] == Decimal("1596.00")


def test_exactly_what_remains_extends():
    purse = Purse().live([L1, USED, bought(4_000, "0.09", "2026-09-01 12:00")], cairo("2026-09-02"))
    assert open_lots(purse) == [(8_000, Decimal("0.09"), date(2027, 9, 1))]
    assert (balances(purse)["2100"], balances(purse)["4300"]) == (Decimal("-720.00"), Decimal("-40.00"))


def test_one_short_does_not():
    events = [L1, USED, bought(3_999, "0.08", "2026-09-01 12:00")]
    purse = Purse().live(events, cairo("2026-09-02"))
    assert open_lots(purse) == [
        (4_000, Decimal("0.10"), date(2027, 3, 15)),
        (3_999, Decimal("0.08"), date(2027, 9, 1)),
    ]
    assert balances(purse)["2100"] == Decimal("-719.92")
    lapsed = Purse().live(events, cairo("2027-03-16 00:00"))
    assert lapsed.remaining() == 3_999
    assert (balances(lapsed)["2100"], balances(lapsed)["4200"]) == (Decimal("-319.92"), Decimal("-400.00"))


def test_a_leap_day_is_valid_until_the_28th():
    assert Purse().last_valid_day(cairo("2028-02-29 12:00")) == date(2029, 2, 28)


def test_a_day_whose_midnight_is_skipped_begins_at_the_evening_before_in_utc():
    assert Purse().day_after(date(2026, 4, 23)).isoformat() == "2026-04-23T22:00:00+00:00"
    assert Purse().day_after(date(2026, 10, 29)).isoformat() == "2026-10-29T22:00:00+00:00"


def test_rounding_does_not_drift():
    purse = Purse().live(
        [bought(3, "0.005", "2026-03-15 10:00"), used(1, "2026-03-16 10:00"), used(1, "2026-03-17 10:00")],
        cairo("2026-03-18"),
    )
    assert (balances(purse)["2100"], balances(purse)["4100"]) == (Decimal("-0.01"), Decimal("-0.01"))


def test_a_refund_pays_back_what_was_paid():
    grant = Event(kind="grant", key="goodwill", at=cairo("2026-03-01"), units=1_000)
    refund = Event(kind="refund", key="back", at=cairo("2026-03-20"), units=2_000)
    purse = Purse().live([grant, bought(1_000, "0.10", "2026-03-15 10:00"), refund], cairo("2026-03-21"))
    assert purse.remaining() == 0
    assert balances(purse) == {}
    assert (purse.sales[0].credited, purse.sales[0].vat) == (Decimal("100.00"), Decimal("14.00"))
