"""SLA S3, S6 and S7 again, message by message and without SQL: what the figures are compared with."""

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from outbound import clock

SEEDS = Path(__file__).parents[3] / "dbt" / "seeds"
WAIT = timedelta(hours=72)
INVALID = {1, 10, 11, 72, 73, 80, 81}


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


ERRORS = {row["error_code"]: row["class"] for row in _seed("outcome_errors") if row["connector"] == "*"}
EXCLUDED = {row["class"]: row["is_excluded"] == "true" for row in _seed("outcome_classes")}


@dataclass(frozen=True)
class Campaign:
    campaign_id: int
    account: str
    timezone: str
    eligible_at: datetime
    validity: timedelta
    cancelled_at: datetime | None

    def month(self) -> str:
        return f"{self.eligible_at.astimezone(ZoneInfo(self.timezone)):%Y-%m}"

    def known_until(self, as_of: datetime) -> datetime:
        """Nothing later is in its figures: 72 h after its month they are frozen."""
        first = self.eligible_at.astimezone(ZoneInfo(self.timezone)).date().replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
        return min(as_of, clock.day_start(following, self.timezone) + WAIT)


@dataclass
class Log:
    """What was logged, in any order; facts are rows with the names of the tables' columns."""

    campaigns: list[Campaign]
    messages: list[Any]
    submissions: list[Any]
    settlements: list[Any]
    dropped: list[Any]
    receipts: list[Any]


@dataclass
class Sums:
    good: int = 0
    counted: int = 0
    exclusions: Counter[str] = field(default_factory=Counter)


def figures(log: Log, as_of: datetime) -> dict[tuple[str, str, str], tuple[int, int, dict[str, int]]]:
    """`{(account, month, metric): (good, counted, exclusions)}`."""
    sums: dict[tuple[str, str, str], Sums] = defaultdict(Sums)
    attempts, settled, receipts = (
        _by(rows, "campaign_id", "ordinal") for rows in (log.submissions, log.settlements, log.receipts)
    )
    drops = {(drop.campaign_id, drop.ordinal): drop for drop in log.dropped}
    campaigns = {campaign.campaign_id: campaign for campaign in log.campaigns if campaign.eligible_at <= as_of}
    for message in log.messages:
        campaign = campaigns.get(message.campaign_id)
        if campaign is None:
            continue
        until, key = campaign.known_until(as_of), (message.campaign_id, message.ordinal)
        drop = drops.get(key)
        drop = drop if drop and drop.at <= until else None
        parts = [
            _part(campaign, until, *([row for row in rows[key] if row.segment == n] for rows in (attempts, settled, receipts)))
            for n in range(1, message.segments + 1)
        ]  # fmt: skip
        s3, s6, s7 = (sums[campaign.account, campaign.month(), metric] for metric in ("S3", "S6", "S7"))
        _due(s3, parts, drop)
        outcome = _outcome(parts, drop)
        s6.counted += any(fate == "accepted" for fate, _ in parts)
        s6.good += outcome == "delivered"
        s7.good += outcome == "delivered"
        if EXCLUDED.get(outcome):
            s7.exclusions[outcome] += 1
        elif outcome in EXCLUDED:
            s7.counted += 1
    return {key: (one.good, one.counted, dict(+one.exclusions)) for key, one in sums.items()}


def _part(
    campaign: Campaign, until: datetime, attempts: list[Any], settled: list[Any], receipts: list[Any]
) -> tuple[str, str | None]:
    """A segment's fate, and the outcome of one that was accepted: None while it waits."""
    known = [attempt for attempt in attempts if attempt.sent_at <= until]
    found = [(one.attempt, one.state) for one in settled if one.settled_at <= until]
    accepted = [one for one in known if one.state == "accepted" or (one.attempt, "accepted") in found]
    refused = [one for one in known if one.state == "rejected" and not one.transient]
    if not accepted:
        if any((one.attempt, "unknown") in found for one in known):
            return "unknown", None
        if refused:
            return ("invalid" if any(one.command_status in INVALID for one in refused) else "rejected"), None
        return "pending", None
    finals = [one for one in receipts if one.final and one.received_at <= until]
    if not finals:
        is_overdue = min(one.sent_at for one in accepted) + WAIT <= until
        return "accepted", "unknown_no_dlr" if is_overdue else None
    best = max(finals, key=lambda one: (one.state == 2, one.received_at, one.receipt_id))
    return "accepted", _class(campaign, until, best)


def _class(campaign: Campaign, until: datetime, receipt: Any) -> str:
    error = ERRORS.get((receipt.error_code or "").lstrip("0"))
    if receipt.state == 3 and campaign.validity < timedelta(hours=1):
        return "customer_expiry"
    if receipt.state == 3 and error == "handset_fault":
        return "handset_unavailable"
    if receipt.state == 4:
        return "cancelled" if campaign.cancelled_at and campaign.cancelled_at <= until else "recipient_invalid"
    by_state = {3: "unknown_no_dlr", 5: "network_permanent", 8: "content_or_sender_blocked"}
    fixed = {2: "delivered", 7: "unknown_no_dlr"}
    return fixed.get(receipt.state) or error or by_state[receipt.state]


def _due(s3: Sums, parts: list[tuple[str, str | None]], drop: Any) -> None:
    fates = Counter(fate for fate, _ in parts)
    s3.good += fates["accepted"]
    s3.counted += fates["accepted"] + fates["unknown"] + fates["rejected"]
    s3.exclusions["invalid"] += fates["invalid"]
    if drop is None:
        return
    if drop.reason in ("expired", "no_route"):
        s3.counted += drop.segments
    elif drop.reason != "part_rejected":
        s3.exclusions[drop.reason] += drop.segments
    elif fates["invalid"]:
        s3.exclusions["invalid"] += drop.segments
    else:
        s3.counted += drop.segments


def _outcome(parts: list[tuple[str, str | None]], drop: Any) -> str:
    outcomes = [outcome for fate, outcome in parts if fate == "accepted"]
    if outcomes == ["delivered"] * len(parts):
        return "delivered"
    failures = [outcome for outcome in outcomes if outcome not in (None, "delivered")]
    if failures:
        return str(failures[0])
    if None in outcomes:
        return "in_flight"
    if drop is not None and drop.reason != "part_rejected":
        return {"expired": "platform_fault", "no_route": "platform_fault", "not_in_base": "recipient_invalid"}.get(
            drop.reason, drop.reason
        )
    fates = [fate for fate, _ in parts]
    if fates.count("pending") > (drop.segments if drop else 0):
        return "in_flight"
    for fate, outcome in (("unknown", "unknown_no_dlr"), ("invalid", "recipient_invalid")):
        if fate in fates:
            return outcome
    return "rejected"


def _by(rows: list[Any], *columns: str) -> dict[tuple[Any, ...], list[Any]]:
    grouped: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in rows:
        grouped[tuple(getattr(row, column) for column in columns)].append(row)
    return grouped
