"""SLA figures again, message by message and without SQL, from docs/reference/sla.md: what the marts are compared with."""

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from outbound import clock

SEEDS = Path(__file__).parents[3] / "dbt" / "seeds"
WAIT = timedelta(hours=72)
MINUTE, PROMPT, FAST = timedelta(minutes=1), timedelta(seconds=10), timedelta(seconds=30)
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
INVALID = {1, 10, 11, 72, 73, 80, 81}


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


ERRORS = {row["error_code"]: row["class"] for row in seed("outcome_errors") if row["connector"] == "*"}
EXCLUDED = {row["class"]: row["is_excluded"] == "true" for row in seed("outcome_classes")}


def month_of(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m}"


def month_end(month: str, zone: str) -> datetime:
    following = (date.fromisoformat(f"{month}-01") + timedelta(days=32)).replace(day=1)
    return clock.day_start(following, zone)


@dataclass(kw_only=True)
class Campaign:
    """turn_at, takes, is_limited: what sla_queue.line_up finds."""

    campaign_id: int
    account: str
    timezone: str
    messages: int
    segments: int
    eligible_at: datetime
    asked_at: datetime
    validity: timedelta
    own_rate: int | None
    spread: timedelta | None
    events: list[tuple[datetime, str]] = field(default_factory=list)
    turn_at: datetime = datetime.min
    takes: timedelta = timedelta(0)
    is_limited: bool = False

    def month(self) -> str:
        return month_of(self.eligible_at, self.timezone)

    @property
    def frozen_at(self) -> datetime:
        return month_end(self.month(), self.timezone) + WAIT

    def known_until(self, as_of: datetime) -> datetime:
        """Nothing later is in its figures: 72 h after its month they are frozen."""
        return min(as_of, self.frozen_at)

    def first(self, kind: str, until: datetime, since: datetime = LONG_AGO) -> datetime | None:
        return min((at for at, what in self.events if what == kind and since <= at <= until), default=None)


@dataclass
class Log:
    """What was logged, in any order; facts are rows with the names of the tables' columns."""

    campaigns: list[Campaign]
    messages: list[Any]
    submissions: list[Any]
    settlements: list[Any]
    dropped: list[Any]
    receipts: list[Any]
    answers: list[Any]
    maintenance: list[Any]
    files: list[Any]
    rates: list[Any]
    silent_networks: set[int]
    charges: set[tuple[int, int, int]]


@dataclass
class Sums:
    """raw: the same without exclusions, where it is not the sum of good, counted and them."""

    good: int = 0
    counted: int = 0
    exclusions: Counter[str] = field(default_factory=Counter)
    raw_good: int = 0
    raw_counted: int = 0
    waiting: int = 0

    def add(self, is_good: bool, *, to_raw: bool = True, times: int = 1) -> None:
        self.good += is_good * times
        self.counted += times
        if to_raw:
            self.raw_good += is_good * times
            self.raw_counted += times

    def leave_out(self, why: str, times: int = 1, *, is_good: bool = False) -> None:
        self.exclusions[why] += times
        self.raw_good += is_good * times
        self.raw_counted += times


Figures = dict[tuple[str, str, str], Sums]


@dataclass
class Part:
    """fate: accepted, unknown, invalid, rejected, pending. outcome: None while an accepted one waits."""

    fate: str
    outcome: str | None = None
    known: list[Any] = field(default_factory=list)
    accepted: list[Any] = field(default_factory=list)
    receipts: list[Any] = field(default_factory=list)
    answered_at: datetime | None = None
    is_proven: bool = False  # some attempt was accepted, whenever that was found
    is_chargeable: bool = False
    best: Any = None

    @property
    def latency(self) -> timedelta:
        """Of a delivered one."""
        is_late = self.best.done_at is not None and self.best.received_at - self.best.done_at > 2 * MINUTE
        return (self.best.done_at if is_late else self.best.received_at) - self.sent_at

    @property
    def sent_at(self) -> datetime:
        return min(one.sent_at for one in self.accepted)


@dataclass
class Message:
    row: Any
    campaign: Campaign
    parts: list[Part]
    drop: Any

    @property
    def reason(self) -> str | None:
        return self.drop.reason if self.drop else None

    @property
    def pending(self) -> int:
        """Parts that still wait to be sent; what was given up does not."""
        dropped = self.drop.segments if self.drop else 0
        return max(sum(part.fate == "pending" for part in self.parts) - dropped, 0)

    @property
    def lost(self) -> bool:
        return self.reason in ("expired", "no_route")

    @property
    def connector(self) -> int | None:
        for parts in (
            [part for part in self.parts if part.fate == "accepted"],
            [part for part in self.parts if part.known],
        ):
            if parts:
                tried = parts[0].accepted or parts[0].known
                return min(tried, key=lambda one: (one.sent_at, one.attempt)).connector_id
        return None

    @property
    def writes(self) -> list[datetime]:
        return [one.sent_at for part in self.parts for one in part.known if one.state != "not_sent"]


def read(log: Log, as_of: datetime) -> list[Message]:
    """Every message of a campaign that is due, with what was known of it."""
    attempts, settled, receipts = (
        _by(rows, "campaign_id", "ordinal") for rows in (log.submissions, log.settlements, log.receipts)
    )
    drops = {(drop.campaign_id, drop.ordinal): drop for drop in log.dropped}
    campaigns = {campaign.campaign_id: campaign for campaign in log.campaigns if campaign.eligible_at <= as_of}
    hearing = Hearing(log.answers)
    found = []
    for row in log.messages:
        campaign = campaigns.get(row.campaign_id)
        if campaign is None:
            continue
        until, key = campaign.known_until(as_of), (row.campaign_id, row.ordinal)
        drop = drops.get(key)
        parts = [
            _part(campaign, until, hearing, *([one for one in rows[key] if one.segment == n] for rows in (attempts, settled, receipts)))
            for n in range(1, row.segments + 1)
        ]  # fmt: skip
        found.append(Message(row, campaign, parts, drop if drop and drop.at <= until else None))
    return found


class Hearing:
    """Minutes in which a connector had an answer."""

    def __init__(self, answers: list[Any]) -> None:
        self.minutes: dict[int, set[datetime]] = defaultdict(set)
        for one in answers:
            self.minutes[one.connector_id].add(one.last_answered_at.replace(second=0, microsecond=0))

    def was_deaf(self, connector: int, sent_at: datetime) -> bool:
        """In the last hour of the 72 after it was sent, although it had heard something in an hour that began before."""
        end = (sent_at + WAIT).replace(second=0, microsecond=0)
        minutes = self.minutes.get(connector, set())
        before = any(minute.replace(minute=0) <= sent_at for minute in minutes)
        return before and not any(end - n * MINUTE in minutes for n in range(1, 61))


def _part(
    campaign: Campaign, until: datetime, hearing: Hearing, attempts: list[Any], settled: list[Any], receipts: list[Any]
) -> Part:
    known = [attempt for attempt in attempts if attempt.sent_at <= until]
    found = [(one.attempt, one.state) for one in settled if one.settled_at <= until]
    accepted = [one for one in known if one.state == "accepted" or (one.attempt, "accepted") in found]
    refused = [one for one in known if one.state == "rejected" and not one.transient]
    answers = [one.answered_at for one in known if one.answered_at and one.answered_at <= until and not one.transient]
    part = Part("pending", known=known, accepted=accepted, answered_at=min(answers, default=None))
    proofs = {
        (one.attempt, at) for one in attempts for at in [one.sent_at if one.state == "accepted" else None] if at
    } | {
        (one.attempt, one.settled_at) for one in settled if one.state == "accepted" and _in_doubt(attempts, one.attempt)
    }
    part.is_proven = bool(proofs)
    part.is_chargeable = any(
        at <= campaign.frozen_at for attempt, at in proofs if attempt in [one.attempt for one in known]
    )
    if known:
        part.receipts = [one for one in receipts if one.received_at <= until]
    if not accepted:
        if any((one.attempt, "unknown") in found for one in known):
            part.fate = "unknown"
        elif refused:
            part.fate = "invalid" if any(one.command_status in INVALID for one in refused) else "rejected"
        return part
    part.fate = "accepted"
    finals = [one for one in part.receipts if one.final]
    if finals:
        part.best = max(finals, key=lambda one: (one.state == 2, one.received_at, one.receipt_id))
        part.outcome = _class(campaign, until, part.best)
    elif part.sent_at + WAIT <= until:
        connector = min(accepted, key=lambda one: (one.sent_at, one.attempt)).connector_id
        part.outcome = "platform_fault" if hearing.was_deaf(connector, part.sent_at) else "unknown_no_dlr"
    return part


def _in_doubt(attempts: list[Any], attempt: int) -> bool:
    return any(one.attempt == attempt and one.state == "in_doubt" for one in attempts)


def _class(campaign: Campaign, until: datetime, receipt: Any) -> str:
    error = error_class(receipt)
    if receipt.state == 3 and campaign.validity < timedelta(hours=1):
        return "customer_expiry"
    if receipt.state == 3 and error == "handset_fault":
        return "handset_unavailable"
    if receipt.state == 4:
        return "cancelled" if campaign.first("cancelled", until) else "recipient_invalid"
    by_state = {3: "unknown_no_dlr", 5: "network_permanent", 8: "content_or_sender_blocked"}
    fixed = {2: "delivered", 7: "unknown_no_dlr"}
    return fixed.get(receipt.state) or error or by_state[receipt.state]


def error_class(receipt: Any) -> str | None:
    return ERRORS.get((receipt.error_code or "").lstrip("0"))


def outcome(message: Message) -> str:
    outcomes = [part.outcome for part in message.parts if part.fate == "accepted"]
    if outcomes == ["delivered"] * len(message.parts):
        return "delivered"
    failures = [outcome for outcome in outcomes if outcome not in (None, "delivered")]
    if failures:
        return str(failures[0])
    if None in outcomes:
        return "in_flight"
    if message.reason is not None and message.reason != "part_rejected":
        return {"expired": "platform_fault", "no_route": "platform_fault", "not_in_base": "recipient_invalid"}.get(
            message.reason, message.reason
        )
    if message.pending:
        return "in_flight"
    fates = [part.fate for part in message.parts]
    for fate, told in (("unknown", "unknown_no_dlr"), ("invalid", "recipient_invalid")):
        if fate in fates:
            return told
    return "rejected"


def rounded(share_of: int, whole: int) -> Decimal | None:
    return round(Decimal(share_of) / Decimal(whole), 6) if whole else None


def _by(rows: list[Any], *columns: str) -> dict[tuple[Any, ...], list[Any]]:
    grouped: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in rows:
        grouped[tuple(getattr(row, column) for column in columns)].append(row)
    return grouped
