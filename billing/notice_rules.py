"""Which thresholds a balance has crossed, and what there is to say: values in, findings out, no I/O."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from outbound.setup.notices import Notices


@dataclass(frozen=True, kw_only=True)
class Lot:
    """A lot as the live fold has it, in the order lots were opened (CHARGING 9, 13)."""

    lot: str
    opened_at: datetime
    last_valid_day: date
    expires_at: datetime
    paid: bool
    remaining: int
    state: str
    successor: str | None = None

    @property
    def was_bought(self) -> bool:
        """Not goodwill, and not brought along from another system."""
        return self.paid and not self.lot.startswith("opening:")


@dataclass(frozen=True, kw_only=True)
class Prepaid:
    """available: what can still be promised. base: what there was right after the purchase (or opening) `since`."""

    today: date
    tolerance: Decimal
    available: int
    lots: list[Lot]
    since: str | None = None
    base: int = 0

    @property
    def remains(self) -> int:
        """R (CHARGING 7)."""
        return sum(lot.remaining for lot in self.lots)

    @property
    def to_extend(self) -> int:
        """The smallest purchase that extends everything (CHARGING 8)."""
        return max(1, math.ceil(self.remains * (1 - self.tolerance)))


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A credit limit or a month's cap. left: segments at `rate`, the dearest one, less what campaigns hold; None: no rate."""

    kind: str
    prefix: str
    amount: Decimal
    left: int | None
    rate: Decimal | None
    currency: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something to tell of, where crossed; else only a reason for what was told already to hold on."""

    kind: str
    subject: str
    crossed: bool
    facts: dict[str, Any] = field(default_factory=dict)


def extending(lots: list[Lot]) -> Lot | None:
    """The last purchase that took in, or outlived, everything that was there before it (CHARGING 8, 9)."""
    places = {lot.lot: place for place, lot in enumerate(lots)}
    for place in reversed(range(len(lots))):
        bought = lots[place]
        if bought.was_bought and all(_was_gone(lot, bought, place, places) for lot in lots[:place]):
            return bought
    return None


def _was_gone(lot: Lot, bought: Lot, place: int, places: dict[str, int]) -> bool:
    if lot.state == "merged":
        return lot.successor is not None and places[lot.successor] <= place
    return lot.state == "lapsed" and lot.expires_at <= bought.opened_at


def of_prepaid(balance: Prepaid, wanted: Notices) -> Iterator[Finding]:
    yield from _low_balance(balance, wanted)
    for lot in balance.lots:
        if lot.remaining > 0:
            yield from _expiry(lot, balance, wanted.expiry_days)


def _low_balance(balance: Prepaid, wanted: Notices) -> Iterator[Finding]:
    facts: dict[str, Any] = {"available": max(0, balance.available)}
    if wanted.low_balance is not None:
        if balance.available < wanted.low_balance and balance.lots:
            facts["threshold"] = wanted.low_balance
            yield Finding(kind="low_balance", subject="units", crossed=True, facts=facts)
        return
    if wanted.used_percent is None or balance.since is None:
        return
    if balance.available <= balance.base * (1 - wanted.used_percent / 100):
        facts |= {"of": balance.base, "used_percent": _plain(wanted.used_percent)}
        yield Finding(kind="low_balance", subject=balance.since, crossed=True, facts=facts)


def _expiry(lot: Lot, balance: Prepaid, horizons: list[int]) -> Iterator[Finding]:
    """Of the horizons that were reached the nearest is told; the others were, or came too late to be."""
    days_left = (lot.last_valid_day - balance.today).days
    reached = sorted(days for days in horizons if days_left <= days)
    facts = {
        "lot": lot.lot, "units": lot.remaining, "last_valid_day": lot.last_valid_day.isoformat(), "days_left": days_left,
        "to_extend": balance.to_extend,
    }  # fmt: skip
    for days in reached:
        yield Finding(kind="expiry", subject=f"{lot.lot}/{days}", crossed=days == reached[0], facts=facts)


def of_limit(limit: Limit, percent: Decimal | None) -> Iterator[Finding]:
    """Near is told on the way up only: while the limit is reached, that alone is; what was told of near holds on."""
    if limit.left is None or limit.rate is None or percent is None:
        return
    facts = {"limit": str(limit.amount), "currency": limit.currency, "available": max(0, limit.left)}
    is_reached = limit.left <= 0
    if limit.left * limit.rate <= limit.amount * (1 - percent / 100):
        near = facts | {"level": "near", "used_percent": _plain(percent)}
        yield Finding(kind=limit.kind, subject=f"{limit.prefix}near", crossed=not is_reached, facts=near)
    if is_reached:
        yield Finding(
            kind=limit.kind, subject=f"{limit.prefix}reached", crossed=True, facts=facts | {"level": "reached"}
        )


def _plain(percent: Decimal) -> str:
    """90.00 and 90 are the same words."""
    return f"{percent.normalize():f}"
