"""What a campaign is likely to cost: an estimate for the acknowledgement; charges come from what carriers accept."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from ingest.accounts import Account
from ingest.campaigns import over
from ingest.row import one
from outbound import clock
from outbound.money import currency_digits, round_money
from outbound.queries import load

Q = load("ingest/acceptance")
C = load("ingest/cost")


def landed(connection: psycopg.Connection, campaign_id: int) -> dict[str, int]:
    """The segments of a campaign that is not queued yet, by zone, counted anew."""
    return {zone: int(segments) for zone, segments in connection.execute(over(campaign_id, Q.landed_zones))}


def estimate(connection: psycopg.Connection, account: Account, segments: Mapping[str, int]) -> dict[str, Any]:
    """Without VAT. Prepaid: units, and what they cost at the rate of the last order. Postpaid: the tiers that the segments
    reach after what the month has used so far. net is None without a rate."""
    where = {"account": account.account_id}
    if account.scheme == "prepaid":
        units = sum(segments.values())
        row = connection.execute(C.last_rate, where).fetchone()
        return {"units": units, **_money(None if row is None else units * row[0], account.currency)}
    today = clock.local_day(clock.now(), account.timezone)
    tiers: dict[str, list[Tier]] = {}
    for zone, from_unit, rate in connection.execute(C.tiers, where | {"day": today}):
        tiers.setdefault(zone, []).append(Tier(from_unit, rate))
    used: dict[str, int] = {}
    if any(len(card) > 1 for card in tiers.values()):
        since = clock.day_start(today.replace(day=1), account.timezone)
        used = dict(connection.execute(C.used_since, where | {"since": since}).fetchall())
    mode, scope = one(connection, C.tiering, where | {"day": today})
    return _money(net(segments, used, tiers, mode, scope), account.currency)


class Tier(NamedTuple):
    from_unit: int
    rate: Decimal


def net(
    segments: Mapping[str, int], used: Mapping[str, int], tiers: Mapping[str, Sequence[Tier]], mode: str, scope: str
) -> Decimal | None:
    """What these segments cost by zone (CHARGING 27); None where a zone has no rate for them. tiers: ascending.

    graduated: each unit at the tier of its place in the month; volume: all at the tier that the month then reaches. Where
    the tiers count the whole account's units (scope), the zones' follow each other.
    """
    total = Decimal(0)
    before = sum(used.values())
    reached = before + sum(segments.values())
    for zone, count in sorted(segments.items()):
        first = before if scope == "account" else used.get(zone, 0)
        last = first + count
        before += count
        card = tiers.get(zone, ())
        if not card or card[0].from_unit > 1:
            return None
        if mode == "volume":
            at = reached if scope == "account" else last
            total += (
                count
                * max((tier for tier in card if tier.from_unit <= max(at, 1)), key=lambda tier: tier.from_unit).rate
            )
            continue
        ends = [tier.from_unit - 1 for tier in card[1:]] + [last]
        for tier, end in zip(card, ends, strict=True):
            total += max(min(end, last) - max(tier.from_unit - 1, first), 0) * tier.rate
    return total


def _money(amount: Decimal | None, currency: str | None) -> dict[str, Any]:
    if amount is None or currency is None:
        return {"net": None, "currency": currency}
    return {"net": str(round_money(amount, currency_digits(currency))), "currency": currency}
