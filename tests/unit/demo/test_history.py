"""The year before the demo, as records."""

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from local.demo import history


def of(account: str, kind: str, current: date) -> list[dict]:
    return [one for one in history.records(current) if one["account"] == account and one["type"] == kind]


@pytest.mark.parametrize("current", [date(2026, 11, 26), date(2027, 1, 1), date(2028, 3, 31)])
def test_it_ends_with_the_month_before_and_names_everything_once(current):
    records = list(history.records(current))
    ids = Counter((one["account"], one["type"], one["id"]) for one in records)
    month_starts = datetime(current.year, current.month, 1, tzinfo=history.CAIRO).astimezone(UTC)

    assert max(ids.values()) == 1
    assert max(datetime.fromisoformat(one["at"]) for one in records) < month_starts


def test_nile_has_17_000_units_left_of_its_last_purchase():
    current = date(2026, 11, 26)
    used = sum(one["units"] for one in of("nile", "usage", current))
    bought = {one["id"]: one["units"] for one in of("nile", "purchase", current)}

    assert bought == {"PO-1001": 6_000, "PO-1002": 1_500, "PO-1003": 16_000}
    assert sum(bought.values()) - used == 17_000 + 900  # 900 lapsed


def test_the_postpaid_accounts_last_month_is_60_000_in_one_zone():
    current = date(2026, 11, 26)
    for account in ("delta", "sahara"):
        last = [one for one in of(account, "usage", current) if one["at"].startswith("2026-10")]
        assert sum(one["units"] for one in last) == 60_000
        assert {one["zone"] for one in last} == {"EG"}
