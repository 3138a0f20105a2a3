"""What a campaign is likely to cost: an estimate for the acknowledgement; charges come from what carriers accept."""

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from ingest.accounts import Account
from ingest.campaigns import over
from outbound import clock
from outbound.money import currency_digits, round_money
from outbound.queries import load

Q = load("ingest/acceptance")
C = load("ingest/cost")


class Landed(NamedTuple):
    """What a campaign that is not queued yet comes to. zones: its segments by zone. countries: that it reaches."""

    zones: Counter[str]
    countries: set[str]


def landed(connection: psycopg.Connection, campaign_id: int) -> Landed:
    found = Landed(Counter(), set())
    for zone, country, segments in connection.execute(over(campaign_id, Q.landed)):
        found.zones[zone] += int(segments)
        if country is not None:
            found.countries.add(country)
    return found


def estimate(connection: psycopg.Connection, account: Account, segments: Mapping[str, int]) -> dict[str, Any]:
    """Units for a prepaid account; for a postpaid one the net amount at each zone's first tier, None without a rate."""
    if account.scheme == "prepaid":
        return {"units": sum(segments.values())}
    day = clock.local_day(clock.now(), account.timezone)
    found = connection.execute(C.first_rates, {"account": account.account_id, "day": day})
    rates: dict[str, Decimal] = dict(found.fetchall())
    if account.currency is None or any(zone not in rates for zone in segments):
        return {"net": None, "currency": account.currency}
    net = sum((Decimal(count) * rates[zone] for zone, count in segments.items()), Decimal(0))
    return {"net": str(round_money(net, currency_digits(account.currency))), "currency": account.currency}
