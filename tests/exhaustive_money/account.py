"""An account of the play: what it agreed on, what happened to it, what of that is known, closed and issued by now."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.unit.billing import postpaid_model, prepaid_model
from tests.unit.billing.postpaid_model import Contract, Line, Tier, Used
from tests.unit.billing.prepaid_model import Event, Purse

CREATED = datetime(2026, 1, 1, 20, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Term:
    since: date
    vat_rate: Decimal
    tolerance: Decimal
    mode: str
    scope: str
    minimum: Decimal


@dataclass(frozen=True, kw_only=True)
class Usage:
    """A record of the loaded past. late: the start of the first period that was open when it came, where its own was not."""

    key: str
    at: datetime
    units: int
    zone: str
    segment: int = 0
    late: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt to submit a segment; proven: of an attempt in doubt, by a settlement that comes with this fact."""

    ordinal: int
    segment: int
    attempt: int
    at: datetime
    state: str
    zone: str
    proven: bool = False
    late: datetime | None = None

    @property
    def is_accepted(self) -> bool:
        return self.state == "accepted" or self.proven

    @property
    def charged_at(self) -> datetime:
        return self.late or self.at


@dataclass(frozen=True, kw_only=True)
class Payment:
    key: str
    at: datetime
    amount: Decimal


Fact = Event | Usage | Attempt | Payment


@dataclass(frozen=True, kw_only=True)
class Issued:
    label: str
    at: datetime
    lines: list[Line]


@dataclass(kw_only=True)
class Account:
    """coming: facts by the round that they come in. fixed: the attempt of a segment that a closed month has charged."""

    n: int
    name: str
    scheme: str
    timezone: str
    currency: str
    digits: int
    terms: list[Term]
    valuation: str
    tiers: list[Tier]
    coming: dict[int, list[Fact]]
    account_id: int = 0
    known: list[Fact] = field(default_factory=list)
    closed: list[date] = field(default_factory=list)
    opens: datetime | None = None
    fixed: dict[tuple[int, int], Attempt] = field(default_factory=dict)
    issued: dict[str, Issued] = field(default_factory=dict)

    @property
    def campaign_id(self) -> int:
        return 1_000_000 + self.n

    def month_of(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self.timezone)):%Y-%m}"

    def learns(self, facts: list[Fact]) -> list[Fact]:
        """Facts that come in now; gives those that are written: only use may still come into a month that is closed."""
        written = []
        for fact in facts:
            is_late = self.opens is not None and fact.at < self.opens
            if is_late and not isinstance(fact, Usage | Attempt):
                continue
            written.append(fact)
            self.known.append(replace(fact, late=self.opens) if is_late else fact)  # type: ignore[call-arg]
        return written

    def closes(self, month: date, opens: datetime) -> None:
        """What is charged in the month stays charged there, whatever comes later."""
        for segment, attempts in self._accepted().items():
            charged = self.fixed.get(segment) or self._first(attempts)
            if charged.charged_at < opens:
                self.fixed[segment] = charged
        self.closed.append(month)
        self.opens = opens

    def charges(self, as_of: datetime) -> list[Attempt]:
        """Each segment once: the accepted attempt that was sent first, but for what a closed month has charged."""
        found = [self.fixed.get(segment) or self._first(attempts) for segment, attempts in self._accepted().items()]
        return [attempt for attempt in found if attempt.charged_at <= as_of]

    def purse(self, as_of: datetime) -> Purse:
        events = [one for one in self.known if isinstance(one, Event)]
        events += [
            Event(kind="usage", key=one.key, segment=one.segment, at=one.at, units=one.units, late=one.late)
            for one in self._usage(as_of)
        ]
        terms = [
            prepaid_model.Terms(since=term.since, vat_rate=term.vat_rate, tolerance=term.tolerance)
            for term in self.terms
        ]
        return Purse(zone=self.timezone, terms=terms, digits=self.digits).live(events, as_of)

    def contract(self) -> Contract:
        terms = [
            postpaid_model.Terms(
                since=term.since, mode=term.mode, scope=term.scope, minimum=term.minimum, vat_rate=term.vat_rate
            )
            for term in self.terms
        ]
        begins = CREATED.astimezone(ZoneInfo(self.timezone)).date()
        return Contract(tiers=self.tiers, terms=terms, timezone=self.timezone, digits=self.digits, begins=begins)

    def used(self, as_of: datetime) -> dict[str, list[Used]]:
        """What is charged in each local month."""
        months: dict[str, list[Used]] = defaultdict(list)
        for one in self._usage(as_of):
            used = Used(key=one.key, segment=one.segment, at=one.at, zone=one.zone, units=one.units, late=one.late)
            months[self.month_of(used.charged_at)].append(used)
        return months

    def payments(self, as_of: datetime) -> list[Payment]:
        return [one for one in self.known if isinstance(one, Payment) and one.at <= as_of]

    def _usage(self, as_of: datetime) -> list[Usage]:
        past = [one for one in self.known if isinstance(one, Usage) and (one.late or one.at) <= as_of]
        return past + [
            Usage(
                key=f"{self.campaign_id}:{one.ordinal}", segment=one.segment, at=one.at, units=1, zone=one.zone,
                late=one.late,
            )
            for one in self.charges(as_of)
        ]  # fmt: skip

    def _accepted(self) -> dict[tuple[int, int], list[Attempt]]:
        found: dict[tuple[int, int], list[Attempt]] = defaultdict(list)
        for one in self.known:
            if isinstance(one, Attempt) and one.is_accepted:
                found[one.ordinal, one.segment].append(one)
        return found

    @staticmethod
    def _first(attempts: list[Attempt]) -> Attempt:
        return min(attempts, key=lambda one: (one.at, one.attempt))
