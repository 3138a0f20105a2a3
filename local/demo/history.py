"""The year before the demo: what the three accounts bought, used and paid, as records for `outbound history load`.

Counted back from the month that is current when the demo is set up for the first time; the same for a given month.
Nile lets units lapse, buys too little to save the next, then rolls over; the others' last month ends at round figures.
"""

import json
import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

CAIRO = ZoneInfo("Africa/Cairo")
Record = dict[str, Any]


def lines(current: date) -> str:
    """The whole history as JSON lines. current: any day of the month that is not over yet."""
    return "".join(json.dumps(record) + "\n" for record in records(current))


def records(current: date) -> Iterator[Record]:
    rng = random.Random("history")  # noqa: S311 - a made-up past, the same in every run
    yield from _nile(current, rng)
    yield from _postpaid("delta", current, rng, last_month=60_000, usual=(14_000, 70_000), abroad=("SA", "AE"))
    yield from _postpaid("sahara", current, rng, last_month=60_000, usual=(30_000, 90_000), abroad=("SA",))


def _nile(current: date, rng: random.Random) -> Iterator[Record]:
    """Rates are the card's: 0.09 from 5,000 units an order, 0.10 from 1,000, 0.08 from 10,000.

    6,000 units of month -14 are used down to 900, which lapse in month -2. The 1,500 bought in month -9 are too few to
    extend the 3,600 that remain then. 16,000 bought last month extend the 1,300 left: 17,300 at 0.08 for a year.
    """
    yield _purchase("nile", "PO-1001", _at(current, -14, 10, 10), 6_000)
    yield _payment("nile", "PAY-1001", _at(current, -14, 24, 12), "615.60")
    yield from _usage("nile", "EG", _months(current, -14, -10), 2_400, rng, after_day=12)
    yield _purchase("nile", "PO-1002", _at(current, -9, 5, 11), 1_500)
    yield _payment("nile", "PAY-1002", _at(current, -9, 20, 12), "171.00")
    yield from _usage("nile", "EG", _months(current, -8, -3), 2_700, rng)
    yield _purchase("nile", "PO-1003", _at(current, -1, 12, 10), 16_000)
    yield from _usage("nile", "EG", [month_of(current, -1)], 200, rng, until_day=11)
    yield from _usage("nile", "EG", [month_of(current, -1)], 300, rng, after_day=13)


def _postpaid(
    account: str, current: date, rng: random.Random, last_month: int, usual: tuple[int, int], abroad: tuple[str, ...]
) -> Iterator[Record]:
    """Each month's usage, and a payment of each invoice but the last; abroad until the month before the last."""
    for back in range(-12, -1):
        month = month_of(current, back)
        yield from _usage(account, "EG", [month], rng.randrange(*usual, 100), rng)
        for zone in abroad:
            yield from _usage(account, zone, [month], rng.randrange(200, 2_000, 10), rng)
    yield from _usage(account, "EG", [month_of(current, -1)], last_month, rng)
    for n, back in enumerate(range(-11, -1), start=1):
        yield _payment(account, f"PAY-{2_000 + n}", _at(current, back, 20, 15), f"{rng.randrange(2_000, 9_000)}.00")


def _usage(
    account: str, zone: str, months: list[date], units: int, rng: random.Random, after_day: int = 1, until_day: int = 28
) -> Iterator[Record]:
    """Units spread over working hours of these days, in lots of a campaign's size; their sum is exact."""
    lots = len(months) * 4
    cuts = sorted(rng.sample(range(1, units), lots - 1))
    for n, (start, end) in enumerate(zip([0, *cuts], [*cuts, units], strict=True)):
        month = months[n * len(months) // lots]
        day = datetime.combine(month.replace(day=rng.randint(after_day, until_day)), time(), CAIRO)
        at = day + timedelta(hours=rng.randint(9, 17), seconds=rng.randrange(3600))
        key = f"U-{month:%Y%m}-{zone}-{after_day}-{n + 1}"
        yield {
            "type": "usage", "account": account, "id": key, "at": at.isoformat(), "units": end - start, "zone": zone,
        }  # fmt: skip


def _purchase(account: str, key: str, at: datetime, units: int) -> Record:
    return {"type": "purchase", "account": account, "id": key, "at": at.isoformat(), "units": units}


def _payment(account: str, key: str, at: datetime, amount: str) -> Record:
    return {"type": "payment", "account": account, "id": key, "at": at.isoformat(), "amount": amount}


def month_of(current: date, offset: int) -> date:
    months = current.year * 12 + current.month - 1 + offset
    return date(months // 12, months % 12 + 1, 1)


def _months(current: date, first: int, last: int) -> list[date]:
    return [month_of(current, offset) for offset in range(first, last + 1)]


def _at(current: date, offset: int, day: int, hour: int) -> datetime:
    return datetime.combine(month_of(current, offset).replace(day=day), time(hour), CAIRO)
