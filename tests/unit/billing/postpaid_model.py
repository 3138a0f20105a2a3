"""The postpaid rules again, unit by unit and without SQL: what the drafts are compared with (CHARGING 2, 26-28)."""

import calendar
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True)
class Tier:
    zone: str
    card_from: date
    card_to: date | None
    from_unit: int
    rate: Decimal


@dataclass(frozen=True, kw_only=True)
class Used:
    """units in a zone at an instant; late: when it is charged instead, because its month was closed."""

    key: str
    at: datetime
    zone: str
    units: int
    segment: int = 0
    late: datetime | None = None

    @property
    def charged_at(self) -> datetime:
        return self.late or self.at


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an account has agreed on from a local day on."""

    since: date = date(1900, 1, 1)
    mode: str = "graduated"
    scope: str = "zone"
    minimum: Decimal = Decimal(0)
    vat_rate: Decimal = Decimal("0.14")


class Line(NamedTuple):
    kind: str
    zone: str | None
    card_from: date | None
    from_unit: int | None
    quantity: int
    rate: Decimal | None
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, kw_only=True)
class Contract:
    tiers: list[Tier]
    terms: list[Terms] = field(default_factory=lambda: [Terms()])
    timezone: str = "Africa/Cairo"
    digits: int = 2
    begins: date = date(1900, 1, 1)

    def month_of(self, at: datetime) -> str:
        return f"{self._local(at):%Y-%m}"

    def invoice(self, month: str, usage: list[Used]) -> tuple[list[Line], int]:
        """A local month's lines, and how many units have no rate."""
        terms = self._terms_of(month)
        ordinals: Counter[str] = Counter()
        priced: dict[tuple[str, str, date, int, Decimal], int] = defaultdict(int)
        unrated = 0
        units = [
            one
            for one in sorted(usage, key=lambda one: (one.charged_at, one.key.encode(), one.segment))
            if self.month_of(one.charged_at) == month
            for _ in range(one.units)
        ]
        totals = Counter(one.zone if terms.scope == "zone" else "" for one in units)
        for one in units:
            counted_with = one.zone if terms.scope == "zone" else ""
            ordinals[counted_with] += 1
            reached = (ordinals if terms.mode == "graduated" else totals)[counted_with]
            tier = self._tier(one.zone, self._local(one.at).date(), reached)
            if tier is None:
                unrated += 1
            else:
                kind = "late_usage" if one.late else "usage"
                priced[kind, one.zone, tier.card_from, tier.from_unit, tier.rate] += 1
        lines = [self._line(*key, quantity, terms.vat_rate) for key, quantity in priced.items()]
        net = sum((line.net for line in lines), Decimal(0))
        gap = self._commitment(month) - net
        if gap > 0:
            lines.append(Line("minimum", None, None, None, 0, None, gap, self._round(gap * terms.vat_rate)))
        return lines, unrated

    def _line(
        self, kind: str, zone: str, card_from: date, from_unit: int, rate: Decimal, quantity: int, vat_rate: Decimal
    ) -> Line:
        net = self._round(quantity * rate)
        return Line(kind, zone, card_from, from_unit, quantity, rate, net, self._round(net * vat_rate))

    def _tier(self, zone: str, day: date, ordinal: int) -> Tier | None:
        in_force = [
            tier
            for tier in self.tiers
            if tier.zone == zone and tier.card_from <= day and (tier.card_to is None or day < tier.card_to)
        ]
        newest = max((tier.card_from for tier in in_force), default=None)
        reached = [tier for tier in in_force if tier.card_from == newest and tier.from_unit <= ordinal]
        return max(reached, key=lambda tier: tier.from_unit, default=None)

    def _terms_of(self, month: str) -> Terms:
        """Those of its last local day."""
        return self._terms_on(_days(month)[-1])

    def _terms_on(self, day: date) -> Terms:
        return max((one for one in self.terms if one.since <= day), key=lambda one: one.since)

    def _commitment(self, month: str) -> Decimal:
        """Of each day from the first of the contract on its part of what its terms say."""
        days = _days(month)
        parts = (self._terms_on(day).minimum for day in days if day >= self.begins)
        return self._round(sum(parts, Decimal(0)) / len(days))

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.timezone))

    def _round(self, amount: Decimal) -> Decimal:
        return amount.quantize(Decimal(1).scaleb(-self.digits), rounding=ROUND_HALF_UP)


def _days(month: str) -> list[date]:
    year, number = map(int, month.split("-"))
    return [date(year, number, day + 1) for day in range(calendar.monthrange(year, number)[1])]
