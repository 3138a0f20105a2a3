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
NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Event:
    """kind, key and at as recorded; late: a usage that came after its month was closed is folded at this instant.

    net: what a refund paid back; None: what its lots pay. key of a usage: its message's; `segment` within that, 0 for a record of the loaded past, which is a message and a usage.
    """

    kind: str
    key: str
    at: datetime
    units: int = 0
    rate: Decimal = NOTHING
    value: Decimal = NOTHING
    net: Decimal | None = None
    opened_at: datetime | None = None
    last_valid_day: date | None = None
    usage_key: str = ""
    segment: int = 0
    late: datetime | None = None

    @property
    def folded_at(self) -> datetime:
        return self.late or self.at

    @property
    def name(self) -> str:
        """What a reversal calls a usage."""
        return f"{self.key}:{self.segment}" if self.segment else self.key

    @property
    def order(self) -> tuple[object, ...]:
        return self.folded_at, RANK[self.kind], self.opened_at or self.folded_at, self.key.encode(), self.segment


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an account has agreed on from a local day on."""

    since: date = date(1900, 1, 1)
    vat_rate: Decimal = Decimal("0.14")
    tolerance: Decimal = NOTHING


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
    """One unit of a usage: the lot it came from and what it was charged, as (rerate, blended)."""

    lot: Lot
    generation: int
    charge: tuple[Decimal, Decimal]


@dataclass(kw_only=True)
class Sale:
    """A purchase's invoice, and what refunds have credited of it."""

    purchase: str
    net: Decimal
    vat_rate: Decimal
    credited: Decimal = NOTHING
    vat: Decimal = NOTHING


@dataclass(frozen=True, kw_only=True)
class Rollover:
    purchase: str
    remained: int
    old_value: Decimal
    revaluation: Decimal


@dataclass(frozen=True, kw_only=True)
class Posting:
    """A debit, or as a negative amount a credit, under either valuation. month: YYYY-MM of the account's own calendar."""

    month: str
    kind: str
    account: str
    rerate: Decimal
    blended: Decimal


@dataclass
class Purse:
    """A prepaid account."""

    zone: str = "Africa/Cairo"
    terms: list[Terms] = field(default_factory=lambda: [Terms()])
    digits: int = 2
    lots: list[Lot] = field(default_factory=list)
    drawn: dict[str, list[Drawn]] = field(default_factory=lambda: defaultdict(list))
    shortfall: list[str] = field(default_factory=list)
    sales: list[Sale] = field(default_factory=list)
    rollovers: list[Rollover] = field(default_factory=list)
    journal: list[Posting] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)
    unmatched: dict[str, str] = field(default_factory=dict)
    bought: int = 0
    served: int = 0
    refunded: int = 0

    def live(self, events: list[Event], as_of: datetime) -> "Purse":
        for event in sorted(events, key=lambda one: one.order):
            at = event.folded_at
            if at > as_of:
                break
            if event.kind != "opening":
                self._expire(at)
            getattr(self, f"_{event.kind}")(event, at)
        self._expire(as_of)
        return self

    def remaining(self) -> int:
        return sum(lot.units for lot in self.lots)

    def lapsed(self) -> int:
        return sum(lot.lapsed for lot in self.lots)

    def carrying(self, lot: Lot, units: int | None = None) -> Decimal:
        return self._round((lot.units if units is None else units) * lot.rate)

    def blended(self, lot: Lot, units: int | None = None) -> Decimal:
        units = lot.units if units is None else units
        return self._round(Fraction(lot.base) * units / lot.base_units) if lot.base_units else NOTHING

    def last_valid_day(self, at: datetime) -> date:
        bought = self._day(at)
        end_of_month = calendar.monthrange(bought.year + 1, bought.month)[1]
        return bought.replace(year=bought.year + 1, day=min(bought.day, end_of_month))

    def day_after(self, day: date) -> datetime:
        """The first instant that is on a later day than this one, found by looking, quarter by quarter."""
        midnight = datetime.combine(day + timedelta(days=1), time(), UTC)
        quarters = (midnight + timedelta(minutes=step) for step in range(-16 * 60, 16 * 60, 15))
        return next(at for at in quarters if self._day(at) > day)

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
        self.bought += event.units
        self._post(at, "opening", "2100", -self.carrying(lot), -event.value)
        self._post(at, "opening", "3000", event.value, event.value)
        self._post(at, "opening", "4300", self.carrying(lot) - event.value, NOTHING)

    def _purchase(self, event: Event, at: datetime) -> None:
        terms = self._terms_on(at)
        net = self._round(event.units * event.rate)
        vat = self._round(net * terms.vat_rate)
        self._post(at, "purchase", "1200", net + vat, net + vat)
        self._post(at, "purchase", "2100", -net, -net)
        self._post(at, "purchase", "2200", -vat, -vat)
        self.sales.append(Sale(purchase=event.key, net=net, vat_rate=terms.vat_rate))
        lot = self._new_lot(event, at, rate=event.rate, paid=True, base=net)
        if event.units >= self.remaining() * (1 - terms.tolerance):
            self._merge(lot, net, at)
        self.lots.append(lot)
        self._serve(lot, at)
        self._settle(at)

    def _merge(self, into: Lot, net: Decimal, at: datetime) -> None:
        remained, old_value = self.remaining(), NOTHING
        for lot in self.lots:
            if lot.state == "open":
                old_value += self.carrying(lot)
                into.base += self.blended(lot)
                into.units += lot.units
                if lot.expires_at > into.expires_at:
                    into.expires_at, into.last_valid_day = lot.expires_at, lot.last_valid_day
                lot.units, lot.state, lot.successor = 0, "merged", into
        into.base_units = into.units
        delta = self.carrying(into) - old_value - net
        self._post(at, "rollover", "2100", -delta, NOTHING)
        self._post(at, "rollover", "4300", delta, NOTHING)
        if remained:
            rollover = Rollover(purchase=into.key, remained=remained, old_value=old_value, revaluation=delta)
            self.rollovers.append(rollover)

    def _grant(self, event: Event, at: datetime) -> None:
        lot = self._new_lot(event, at, rate=NOTHING, paid=False, base=NOTHING)
        self.lots.append(lot)
        self._serve(lot, at)

    def _usage(self, event: Event, at: datetime) -> None:
        self._use(event, at)
        if event.name in self.unmatched:
            del self.unmatched[event.name]
            self._take_away(event.name, at)

    def _use(self, event: Event, at: datetime) -> None:
        for _ in range(event.units):
            lapsed = [
                lot
                for lot in self.lots
                if event.late and lot.state == "lapsed" and lot.lapsed and lot.opened_at <= event.at < lot.expires_at
            ]
            alive = [lot for lot in self.lots if lot.state == "open" and lot.units]
            if lapsed:
                self._draw_lapsed(min(lapsed, key=lambda one: one.expires_at), event.name, at)
            elif alive:
                self._draw(min(alive, key=lambda one: one.expires_at), event.name, at)
            else:
                self.shortfall.append(event.name)

    def _draw(self, lot: Lot, usage: str, at: datetime) -> None:
        before = self.carrying(lot), self.blended(lot)
        lot.units -= 1
        fall, blended_fall = before[0] - self.carrying(lot), before[1] - self.blended(lot)
        self._post(at, "usage", "2100", fall, blended_fall)
        self._post(at, "usage", "4100", -fall, -blended_fall)
        self._serves(lot, usage, (fall, blended_fall))

    def _draw_lapsed(self, lot: Lot, usage: str, at: datetime) -> None:
        fall = self.carrying(lot, lot.lapsed) - self.carrying(lot, lot.lapsed - 1)
        blended_fall = self.blended(lot, lot.lapsed) - self.blended(lot, lot.lapsed - 1)
        lot.lapsed -= 1
        self._post(at, "usage", "4200", fall, blended_fall)
        self._post(at, "usage", "4100", -fall, -blended_fall)
        self._serves(lot, usage, (fall, blended_fall))

    def _serves(self, lot: Lot, usage: str, charge: tuple[Decimal, Decimal]) -> None:
        self.drawn[usage].append(Drawn(lot=lot, generation=lot.generation, charge=charge))
        self.served += 1

    def _serve(self, lot: Lot, at: datetime) -> None:
        while self.shortfall and lot.units:
            self._draw(lot, self.shortfall.pop(0), at)

    def _expire(self, now: datetime) -> None:
        for lot in sorted(self.lots, key=lambda one: one.expires_at):
            if lot.state == "open" and lot.expires_at <= now:
                self._post(lot.expires_at, "expiry", "2100", self.carrying(lot), self.blended(lot))
                self._post(lot.expires_at, "expiry", "4200", -self.carrying(lot), -self.blended(lot))
                lot.lapsed, lot.units, lot.state = lot.units, 0, "lapsed"

    def _refund(self, event: Event, at: datetime) -> None:
        """Each unit is taken where there is a paid one, and is owed where there is none; the money goes back at once."""
        paid = NOTHING
        by_lot: dict[str, list[Decimal]] = defaultdict(lambda: [NOTHING, NOTHING])
        for _ in range(event.units):
            taken = self._take_back(at)
            if taken is None:
                self.claims.append(event.key)
                continue
            lot, fall, blended_fall = taken
            by_lot[lot.key][0] += fall
            by_lot[lot.key][1] += blended_fall
        for fall, blended_fall in by_lot.values():
            paid += min(fall, blended_fall)
        paid = paid if event.net is None else event.net
        self._post(at, "refund", "1200", -paid, -paid)
        self._post(at, "refund", "4300", paid, paid)
        self._credit(paid, at)

    def _take_back(self, at: datetime) -> tuple[Lot, Decimal, Decimal] | None:
        """One paid unit, latest expiry first, then last opened; its value leaves 2100 for 4300, where the money meets it."""
        paid = [lot for lot in self.lots if lot.paid and lot.units]
        if not paid:
            return None
        lot = max(paid, key=lambda one: (one.expires_at, self.lots.index(one)))
        before = self.carrying(lot), self.blended(lot)
        lot.units -= 1
        self.refunded += 1
        fall, blended_fall = before[0] - self.carrying(lot), before[1] - self.blended(lot)
        self._post(at, "refund", "2100", fall, blended_fall)
        self._post(at, "refund", "4300", -fall, -blended_fall)
        return lot, fall, blended_fall

    def _settle(self, at: datetime) -> None:
        """What was paid back and was not there any more is taken as soon as there are paid units again."""
        while self.claims and self._take_back(at):
            self.claims.pop(0)

    def _credit(self, amount: Decimal, at: datetime) -> None:
        vat = NOTHING
        for sale in reversed(self.sales):
            part = min(amount, sale.net - sale.credited)
            sale.credited += part
            amount -= part
            step = self._round(sale.credited * sale.vat_rate) - sale.vat
            sale.vat += step
            vat += step
        vat += self._round(amount * self._terms_on(at).vat_rate)
        self._post(at, "refund", "2200", vat, vat)
        self._post(at, "refund", "1200", -vat, -vat)

    def _reversal(self, event: Event, at: datetime) -> None:
        if event.usage_key in self.drawn or event.usage_key in self.shortfall:
            self._take_away(event.usage_key, at)
        else:
            self.unmatched[event.usage_key] = event.key

    def _take_away(self, usage: str, at: datetime) -> None:
        units = self.drawn.pop(usage, [])
        self.shortfall = [one for one in self.shortfall if one != usage]
        for lot, generation in dict.fromkeys((id(unit.lot), unit.generation) for unit in units):
            same = [unit for unit in units if (id(unit.lot), unit.generation) == (lot, generation)]
            self._give_back(same, at)
        self._settle(at)

    def _give_back(self, units: list[Drawn], at: datetime) -> None:
        """The units that one usage took from one lot come back together."""
        charge = sum((unit.charge[0] for unit in units), NOTHING)
        blended_charge = sum((unit.charge[1] for unit in units), NOTHING)
        lot = units[0].lot
        while lot.successor:
            lot = lot.successor
        self.served -= len(units)
        self._post(at, "reversal", "4100", charge, blended_charge)
        if lot.state == "lapsed":
            lot.lapsed += len(units)
            self._post(at, "reversal", "4200", -charge, -blended_charge)
            return
        before = self.carrying(lot), self.blended(lot)
        if lot is not units[0].lot or lot.generation != units[0].generation:
            lot.base = before[1] + blended_charge
            lot.base_units = lot.units + len(units)
            lot.generation += 1
        lot.units += len(units)
        rise, blended_rise = self.carrying(lot) - before[0], self.blended(lot) - before[1]
        self._post(at, "reversal", "2100", -rise, -blended_rise)
        self._post(at, "reversal", "4300", rise - charge, blended_rise - blended_charge)

    def _new_lot(self, event: Event, at: datetime, *, rate: Decimal, paid: bool, base: Decimal) -> Lot:
        day = self.last_valid_day(at)
        self.bought += event.units
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

    def _terms_on(self, at: datetime) -> Terms:
        return max((one for one in self.terms if one.since <= self._day(at)), key=lambda one: one.since)

    def _day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()

    def _post(self, at: datetime, kind: str, account: str, rerate: Decimal, blended: Decimal) -> None:
        month = f"{self._day(at):%Y-%m}"
        self.journal.append(Posting(month=month, kind=kind, account=account, rerate=rerate, blended=blended))

    def _round(self, amount: Decimal | Fraction) -> Decimal:
        """Half away from zero; a fraction is rounded as one, so that no digit of it is lost before."""
        if isinstance(amount, Decimal):
            return amount.quantize(Decimal(1).scaleb(-self.digits), rounding=ROUND_HALF_UP)
        scaled = amount * 10**self.digits
        return Decimal(int(scaled + Fraction(1, 2))).scaleb(-self.digits)
