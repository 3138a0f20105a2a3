"""The prepaid rules again, unit by unit and without SQL: what the marts are compared with (CHARGING 1-24).

Nothing is shared with the real thing: a purse is a Python object, expiry is looked for before every event, every single
unit is drawn on its own. Slow, and short enough to be checked against the rules by reading.
"""

import calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

RANK = {"opening": 0, "purchase": 2, "grant": 3, "refund": 4, "reversal": 5, "usage": 6}


@dataclass(frozen=True, kw_only=True)
class Event:
    """kind, key and at as recorded; late: a usage that came after its month was closed is folded at this instant."""

    kind: str
    key: str
    at: datetime
    units: int = 0
    rate: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    opened_at: datetime | None = None
    last_valid_day: date | None = None
    usage_key: str = ""
    late: datetime | None = None

    @property
    def order(self) -> tuple[object, ...]:
        folded = self.late or self.at
        return folded, RANK[self.kind], self.opened_at or folded, self.key.encode()


@dataclass(kw_only=True)
class Lot:
    key: str
    opened_at: datetime
    last_valid_day: date
    expires_at: datetime
    rate: Decimal
    paid: bool
    units: int
    base: Decimal
    base_units: int
    generation: int = 0
    lapsed: int = 0
    state: str = "open"
    successor: "Lot | None" = None


@dataclass(kw_only=True)
class Drawn:
    """One unit of a usage: the lot it came from and what it was charged under (rerate, blended)."""

    lot: Lot
    generation: int
    charge: tuple[Decimal, Decimal]


@dataclass
class Purse:
    """A prepaid account. Postings: (month, ledger account) -> (rerate, blended) debits, negative ones credits."""

    zone: str = "Africa/Cairo"
    vat_rate: Decimal = Decimal("0.14")
    tolerance: Decimal = Decimal(0)
    digits: int = 2
    lots: list[Lot] = field(default_factory=list)
    drawn: dict[str, list[Drawn]] = field(default_factory=lambda: defaultdict(list))
    shortfall: list[str] = field(default_factory=list)
    sales: list[dict[str, Decimal]] = field(default_factory=list)
    postings: dict[tuple[str, str], list[Decimal]] = field(
        default_factory=lambda: defaultdict(lambda: [Decimal(0)] * 2)
    )
    refused: list[str] = field(default_factory=list)

    def live(self, events: list[Event], as_of: datetime) -> "Purse":
        for event in sorted(events, key=lambda one: one.order):
            at = event.late or event.at
            if at > as_of:
                break
            if event.kind != "opening":
                self._expire(at)
            getattr(self, f"_{event.kind}")(event, at)
        self._expire(as_of)
        return self

    def remaining(self) -> int:
        return sum(lot.units for lot in self.lots)

    def carrying(self, lot: Lot, units: int | None = None) -> Decimal:
        return self._round((lot.units if units is None else units) * lot.rate)

    def blended(self, lot: Lot, units: int | None = None) -> Decimal:
        units = lot.units if units is None else units
        return self._round(Fraction(lot.base) * units / lot.base_units) if lot.base_units else Decimal(0)

    def last_valid_day(self, at: datetime) -> date:
        bought = at.astimezone(ZoneInfo(self.zone)).date()
        end_of_month = calendar.monthrange(bought.year + 1, bought.month)[1]
        return bought.replace(year=bought.year + 1, day=min(bought.day, end_of_month))

    def day_after(self, day: date) -> datetime:
        """The first instant that is on a later day than this one, found by looking, quarter by quarter."""
        midnight = datetime.combine(day + timedelta(days=1), time(), UTC)
        quarters = (midnight + timedelta(minutes=step) for step in range(-16 * 60, 16 * 60, 15))
        return next(at for at in quarters if at.astimezone(ZoneInfo(self.zone)).date() > day)

    def _opening(self, event: Event, at: datetime) -> None:
        assert event.opened_at
        assert event.last_valid_day
        lot = Lot(
            key=event.key,
            opened_at=event.opened_at,
            last_valid_day=event.last_valid_day,
            expires_at=max(self.day_after(event.last_valid_day), at),
            rate=event.rate,
            paid=event.value > 0,
            units=event.units,
            base=event.value,
            base_units=event.units,
        )
        self.lots.append(lot)
        self._post(at, "2100", -self.carrying(lot), -event.value)
        self._post(at, "3000", event.value, event.value)
        self._post(at, "4300", self.carrying(lot) - event.value, Decimal(0))

    def _purchase(self, event: Event, at: datetime) -> None:
        net = self._round(event.units * event.rate)
        vat = self._round(net * self.vat_rate)
        self._post(at, "1200", net + vat, net + vat)
        self._post(at, "2100", -net, -net)
        self._post(at, "2200", -vat, -vat)
        self.sales.append({"net": net, "credited": Decimal(0), "vat": Decimal(0)})
        lot = self._new_lot(event, at, rate=event.rate, paid=True, base=net)
        if event.units >= self.remaining() * (1 - self.tolerance):
            self._merge(lot, net, at)
        self.lots.append(lot)
        self._serve(lot, at)

    def _merge(self, into: Lot, net: Decimal, at: datetime) -> None:
        old_value = net
        for lot in self.lots:
            if lot.state == "open":
                old_value += self.carrying(lot)
                into.base += self.blended(lot)
                into.units += lot.units
                if lot.expires_at > into.expires_at:
                    into.expires_at, into.last_valid_day = lot.expires_at, lot.last_valid_day
                lot.units, lot.state, lot.successor = 0, "merged", into
        into.base_units = into.units
        delta = self.carrying(into) - old_value
        self._post(at, "2100", -delta, Decimal(0))
        self._post(at, "4300", delta, Decimal(0))

    def _grant(self, event: Event, at: datetime) -> None:
        lot = self._new_lot(event, at, rate=Decimal(0), paid=False, base=Decimal(0))
        self.lots.append(lot)
        self._serve(lot, at)

    def _usage(self, event: Event, at: datetime) -> None:
        for _ in range(event.units):
            lapsed = [
                lot
                for lot in self.lots
                if event.late and lot.state == "lapsed" and lot.lapsed and lot.opened_at <= event.at < lot.expires_at
            ]
            alive = [lot for lot in self.lots if lot.state == "open" and lot.units]
            if lapsed:
                lot = min(lapsed, key=lambda one: one.expires_at)
                fall = self.carrying(lot, lot.lapsed) - self.carrying(lot, lot.lapsed - 1)
                blended_fall = self.blended(lot, lot.lapsed) - self.blended(lot, lot.lapsed - 1)
                lot.lapsed -= 1
                self._post(at, "4200", fall, blended_fall)
                self._post(at, "4100", -fall, -blended_fall)
                self.drawn[event.key].append(Drawn(lot=lot, generation=lot.generation, charge=(fall, blended_fall)))
            elif alive:
                self._draw(min(alive, key=lambda one: one.expires_at), event.key, at)
            else:
                self.shortfall.append(event.key)

    def _draw(self, lot: Lot, key: str, at: datetime) -> None:
        before = self.carrying(lot), self.blended(lot)
        lot.units -= 1
        fall, blended_fall = before[0] - self.carrying(lot), before[1] - self.blended(lot)
        self._post(at, "2100", fall, blended_fall)
        self._post(at, "4100", -fall, -blended_fall)
        self.drawn[key].append(Drawn(lot=lot, generation=lot.generation, charge=(fall, blended_fall)))

    def _serve(self, lot: Lot, at: datetime) -> None:
        while self.shortfall and lot.units:
            self._draw(lot, self.shortfall.pop(0), at)

    def _expire(self, now: datetime) -> None:
        for lot in sorted(self.lots, key=lambda one: one.expires_at):
            if lot.state == "open" and lot.expires_at <= now:
                self._post(lot.expires_at, "2100", self.carrying(lot), self.blended(lot))
                self._post(lot.expires_at, "4200", -self.carrying(lot), -self.blended(lot))
                lot.lapsed, lot.units, lot.state = lot.units, 0, "lapsed"

    def _refund(self, event: Event, at: datetime) -> None:
        if event.units > sum(lot.units for lot in self.lots if lot.paid):
            self.refused.append(event.key)
            return
        paid = Decimal(0)
        by_lot: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for _ in range(event.units):
            lot = max(
                (lot for lot in self.lots if lot.paid and lot.units),
                key=lambda one: (one.expires_at, self.lots.index(one)),
            )
            before = self.carrying(lot), self.blended(lot)
            lot.units -= 1
            by_lot[lot.key][0] += before[0] - self.carrying(lot)
            by_lot[lot.key][1] += before[1] - self.blended(lot)
        for fall, blended_fall in by_lot.values():
            self._post(at, "2100", fall, blended_fall)
            self._post(at, "1200", -min(fall, blended_fall), -min(fall, blended_fall))
            self._post(at, "4300", min(fall, blended_fall) - fall, min(fall, blended_fall) - blended_fall)
            paid += min(fall, blended_fall)
        self._credit(paid, at)

    def _credit(self, amount: Decimal, at: datetime) -> None:
        vat = Decimal(0)
        for sale in reversed(self.sales):
            part = min(amount, sale["net"] - sale["credited"])
            sale["credited"] += part
            amount -= part
            step = self._round(sale["credited"] * self.vat_rate) - sale["vat"]
            sale["vat"] += step
            vat += step
        vat += self._round(amount * self.vat_rate)
        self._post(at, "2200", vat, vat)
        self._post(at, "1200", -vat, -vat)

    def _reversal(self, event: Event, at: datetime) -> None:
        units = self.drawn.pop(event.usage_key, [])
        if not units and event.usage_key not in self.shortfall:
            self.refused.append(event.key)
        self.shortfall = [key for key in self.shortfall if key != event.usage_key]
        for lot, generation in dict.fromkeys((id(unit.lot), unit.generation) for unit in units):
            same = [unit for unit in units if (id(unit.lot), unit.generation) == (lot, generation)]
            self._give_back(same, at)

    def _give_back(self, units: list[Drawn], at: datetime) -> None:
        """The units that one usage took from one lot come back together."""
        charge = sum((unit.charge[0] for unit in units), Decimal(0))
        blended_charge = sum((unit.charge[1] for unit in units), Decimal(0))
        lot = units[0].lot
        while lot.successor:
            lot = lot.successor
        self._post(at, "4100", charge, blended_charge)
        if lot.state == "lapsed":
            lot.lapsed += len(units)
            self._post(at, "4200", -charge, -blended_charge)
            return
        before = self.carrying(lot), self.blended(lot)
        if lot is not units[0].lot or lot.generation != units[0].generation:
            lot.base = before[1] + blended_charge
            lot.base_units = lot.units + len(units)
            lot.generation += 1
        lot.units += len(units)
        rise, blended_rise = self.carrying(lot) - before[0], self.blended(lot) - before[1]
        self._post(at, "2100", -rise, -blended_rise)
        self._post(at, "4300", rise - charge, blended_rise - blended_charge)

    def _new_lot(self, event: Event, at: datetime, *, rate: Decimal, paid: bool, base: Decimal) -> Lot:
        day = self.last_valid_day(at)
        return Lot(
            key=f"grant:{event.key}" if event.kind == "grant" else event.key,
            opened_at=at,
            last_valid_day=day,
            expires_at=self.day_after(day),
            rate=rate,
            paid=paid,
            units=event.units,
            base=base,
            base_units=event.units,
        )

    def _post(self, at: datetime, account: str, rerate: Decimal, blended: Decimal) -> None:
        line = self.postings[f"{at.astimezone(ZoneInfo(self.zone)):%Y-%m}", account]
        self.postings[f"{at.astimezone(ZoneInfo(self.zone)):%Y-%m}", account] = [line[0] + rerate, line[1] + blended]

    def _round(self, amount: Decimal | Fraction) -> Decimal:
        """Half away from zero; a fraction is rounded as one, so that no digit of it is lost before."""
        if isinstance(amount, Decimal):
            return amount.quantize(Decimal(1).scaleb(-self.digits), rounding=ROUND_HALF_UP)
        scaled = amount * 10**self.digits
        return Decimal(int(scaled + Fraction(1, 2))).scaleb(-self.digits)
