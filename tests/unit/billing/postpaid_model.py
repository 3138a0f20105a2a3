"""The postpaid rules again, unit by unit and without SQL: what the drafts are compared with (CHARGING 26-28)."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
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
    late: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Contract:
    tiers: list[Tier]
    mode: str = "graduated"
    scope: str = "zone"
    minimum: Decimal = Decimal(0)
    vat_rate: Decimal = Decimal("0.14")
    timezone: str = "Africa/Cairo"
    digits: int = 2

    def invoice(self, month: str, usage: list[Used]) -> tuple[list[tuple[object, ...]], int]:
        """A local month's lines (kind, zone, from_unit, quantity, rate, net, vat), and how many units have no rate."""
        ordinals: Counter[str] = Counter()
        priced: dict[tuple[str, str, date, int, Decimal], int] = defaultdict(int)
        unrated = 0
        units = [
            one
            for one in sorted(usage, key=lambda one: (one.late or one.at, one.key.encode()))
            if f"{self._local(one.late or one.at):%Y-%m}" == month
            for _ in range(one.units)
        ]
        totals = Counter(self._scope(one) for one in units)
        for one in units:
            ordinals[self._scope(one)] += 1
            reached = ordinals[self._scope(one)] if self.mode == "graduated" else totals[self._scope(one)]
            tier = self._tier(one.zone, self._local(one.at).date(), reached)
            if tier is None:
                unrated += 1
            else:
                kind = "late_usage" if one.late else "usage"
                priced[kind, one.zone, tier.card_from, tier.from_unit, tier.rate] += 1
        lines = [
            self._line(kind, zone, from_unit, quantity, rate)
            for (kind, zone, _, from_unit, rate), quantity in priced.items()
        ]
        net = sum((line[5] for line in lines), Decimal(0))
        if net < self.minimum:
            gap = self.minimum - net
            lines.append(
                ("minimum", None, None, 0, None, self._round(gap), self._round(self._round(gap) * self.vat_rate))
            )
        return lines, unrated

    def _line(self, kind: str, zone: str, from_unit: int, quantity: int, rate: Decimal) -> tuple[object, ...]:
        net = self._round(quantity * rate)
        return kind, zone, from_unit, quantity, rate, net, self._round(net * self.vat_rate)

    def _tier(self, zone: str, day: date, ordinal: int) -> Tier | None:
        in_force = [
            tier
            for tier in self.tiers
            if tier.zone == zone and tier.card_from <= day and (tier.card_to is None or day < tier.card_to)
        ]
        newest = max((tier.card_from for tier in in_force), default=None)
        reached = [tier for tier in in_force if tier.card_from == newest and tier.from_unit <= ordinal]
        return max(reached, key=lambda tier: tier.from_unit, default=None)

    def _scope(self, one: Used) -> str:
        return one.zone if self.scope == "zone" else ""

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.timezone))

    def _round(self, amount: Decimal) -> Decimal:
        return amount.quantize(Decimal(1).scaleb(-self.digits), rounding=ROUND_HALF_UP)
