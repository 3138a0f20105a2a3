"""Every SLA figure of a log, by account, month and metric, from docs/reference/sla.md (see sla_model)."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from tests.integration.dbt import sla_queue
from tests.integration.dbt.sla_model import (
    EXCLUDED,
    FAST,
    MINUTE,
    PROMPT,
    WAIT,
    Campaign,
    Figures,
    Hearing,
    Log,
    Message,
    Sums,
    error_class,
    month_end,
    month_of,
    outcome,
    read,
    seed,
)  # fmt: skip

CUSTOMERS = {row["reason"] for row in seed("reject_reasons") if row["counts_against"] == "customer"}
GIVEN_UP = ("opted_out", "not_in_base", "cancelled")


def figures(log: Log, as_of: datetime) -> Figures:
    sums: Figures = defaultdict(Sums)
    sla_queue.line_up(log)
    messages = read(log, as_of)
    for message in messages:
        campaign = message.campaign
        mine = {f"S{n}": sums[campaign.account, campaign.month(), f"S{n}"] for n in (3, 4, 6, 7, 8, 9, 10, 11, 12)}
        _segments(mine["S3"], mine["S12"], message)
        _promptness(mine["S4"], message, campaign.known_until(as_of))
        _delivery(mine, message)
        _receipts(mine, message, campaign.known_until(as_of), message.row.network_id in log.silent_networks)
        _charges(sums[campaign.account, campaign.month(), "S14"], message, log)
    for found in _by_campaign(messages).values():
        campaign = found[0].campaign
        _punctuality(sums[campaign.account, campaign.month(), "S5"], campaign, found, campaign.known_until(as_of))
    _sessions(sums, log, messages, as_of)
    _files(sums, log, as_of)
    return sums


def _segments(s3: Sums, s12: Sums, message: Message) -> None:
    fates = Counter(part.fate for part in message.parts)
    s3.add(True, times=fates["accepted"])
    s3.add(False, times=fates["unknown"] + fates["rejected"])
    s3.leave_out("invalid", fates["invalid"])
    s3.waiting += message.pending
    if message.drop is not None:
        if message.lost or (message.reason == "part_rejected" and not fates["invalid"]):
            s3.add(False, times=message.drop.segments)
        else:
            s3.leave_out(message.reason if message.reason in GIVEN_UP else "invalid", message.drop.segments)
    for part in message.parts:
        if part.accepted:
            s12.add(True)
            s12.add(False, times=len(part.accepted) - 1)


def _promptness(s4: Sums, message: Message, until: datetime) -> None:
    campaign = message.campaign
    turn_by = campaign.turn_at + campaign.takes * ((message.row.ordinal - 1) / campaign.messages) + PROMPT
    tried = [part.answered_at for part in message.parts if part.known]
    answered_at = None if None in tried else max((at for at in tried if at), default=None)
    closed_at = campaign.first("closed", until, campaign.eligible_at)
    if message.pending:
        s4.waiting += 1
    elif message.reason in GIVEN_UP:
        s4.leave_out(message.reason)
    elif None in tried or message.lost or answered_at is None:
        s4.add(False)
    elif answered_at <= campaign.eligible_at + PROMPT:
        s4.add(True)
    elif answered_at <= turn_by:
        s4.add(True, to_raw=False)
        s4.leave_out("above_rate")
    elif closed_at and closed_at <= turn_by:
        s4.leave_out("window")
    else:
        s4.add(False)


def _delivery(mine: dict[str, Sums], message: Message) -> None:
    found = outcome(message)
    is_submitted = any(part.fate == "accepted" for part in message.parts)
    is_delivered = found == "delivered"
    if is_submitted:
        mine["S6"].add(is_delivered)
        mine["S7"].raw_good += is_delivered
        mine["S7"].raw_counted += 1
    if EXCLUDED.get(found):
        mine["S7"].exclusions[found] += 1
    elif found in EXCLUDED:
        mine["S7"].add(is_delivered, to_raw=False)
    if found == "platform_fault":
        mine["S8"].add(False)
    elif is_submitted:
        mine["S8"].add(True)
    for metric in ("S6", "S7", "S8", "S9"):
        mine[metric].waiting += found == "in_flight"
    if is_delivered:
        is_fast = max(part.latency for part in message.parts) <= FAST
        if any(
            not one.final and error_class(one) == "handset_unavailable"
            for part in message.parts
            for one in part.receipts
        ):
            mine["S9"].leave_out("handset_unavailable", is_good=is_fast)
        else:
            mine["S9"].add(is_fast)


def _receipts(mine: dict[str, Sums], message: Message, until: datetime, is_silent: bool) -> None:
    for part in message.parts:
        for receipt in part.receipts:
            mine["S11"].add(receipt.matched_at - receipt.received_at <= MINUTE)
        if part.fate != "accepted":
            continue
        finals = [one.received_at for one in part.receipts if one.final]
        if not finals and part.sent_at + WAIT > until:
            mine["S10"].waiting += not is_silent
            continue
        is_complete = bool(finals) and min(finals) <= part.sent_at + WAIT
        if is_silent:
            mine["S10"].leave_out("network_without_receipts", is_good=is_complete)
        else:
            mine["S10"].add(is_complete)


def _charges(s14: Sums, message: Message, log: Log) -> None:
    """Charged segments that no proof explains are wrong too, and have no place among the accepted ones."""
    for n, part in enumerate(message.parts, start=1):
        has_charge = (message.row.campaign_id, message.row.ordinal, n) in log.charges
        is_charged = has_charge and (part.is_chargeable or not part.is_proven)
        wrong = is_charged != part.is_chargeable
        s14.counted += part.is_chargeable
        s14.good += part.is_chargeable - wrong
        s14.raw_counted += part.is_chargeable
        s14.raw_good += part.is_chargeable - wrong


def _punctuality(s5: Sums, campaign: Campaign, messages: list[Message], until: datetime) -> None:
    if any(message.pending for message in messages):
        s5.waiting += 1
        return
    writes = [at for message in messages for at in message.writes]
    lost = any(message.lost and message.drop.segments for message in messages)
    if not writes and not lost:
        return
    allowed = MINUTE + campaign.takes * 1.1

    def keeps(start: datetime, turn: datetime) -> bool:
        return not lost and min(writes) <= start + MINUTE and (not campaign.is_limited or max(writes) <= turn + allowed)

    kinds = [kind for _, kind in campaign.events]
    closed_at = campaign.first("closed", until, campaign.eligible_at)
    if keeps(campaign.asked_at, campaign.asked_at):
        s5.add(True)
    elif keeps(campaign.eligible_at, campaign.turn_at):
        s5.add(True, to_raw=False)
        why = "above_rate"
        if "resumed" in kinds:
            why = "paused"
        elif "released" in kinds:
            why = "held"
        elif campaign.eligible_at > campaign.asked_at:
            why = "window"
        s5.leave_out(why)
    elif (
        closed_at
        and writes
        and min(writes) <= campaign.eligible_at + MINUTE
        and (not campaign.is_limited or closed_at <= campaign.turn_at + allowed)
    ):
        s5.leave_out("window")
    else:
        s5.add(False)


def _sessions(sums: Figures, log: Log, messages: list[Message], as_of: datetime) -> None:
    heard = Hearing(log.answers).minutes
    used = {
        (message.campaign.account, message.campaign.timezone, message.campaign.month(), message.connector)
        for message in messages
        if message.connector is not None
    }
    for account, zone, month, connector in used:
        minutes = heard.get(connector)
        if not minutes:
            continue
        first = month_end(f"{datetime.fromisoformat(f'{month}-01') - timedelta(days=1):%Y-%m}", zone)
        minute = max(first, min(minutes))
        end = min(month_end(month, zone), as_of.replace(second=0, microsecond=0))
        windows = [
            (one.starts_at, one.ends_at)
            for one in log.maintenance
            if one.connector_id in (None, connector)
            and not one.is_withdrawn
            and one.announced_at <= one.starts_at - WAIT
        ]
        s1 = sums[account, month, "S1"]
        while minute < end:
            if any(starts <= minute and minute + MINUTE <= ends for starts, ends in windows):
                s1.leave_out("announced_maintenance", is_good=minute in minutes)
            else:
                s1.add(minute in minutes)
            minute += MINUTE


def _files(sums: Figures, log: Log, as_of: datetime) -> None:
    for file in log.files:
        if file.stable_at > as_of:
            continue
        month = month_of(file.stable_at, file.timezone)
        until = min(as_of, month_end(month, file.timezone) + WAIT)
        due_at = file.stable_at + 5 * MINUTE * max(file.rows / 100_000, 1)
        is_known = file.answered_at is not None and file.answered_at <= until
        s13 = sums[file.account, month, "S13"]
        if is_known and file.answered_at <= due_at:
            s13.add(True)
        elif not is_known and due_at > until:
            s13.waiting += 1
        elif is_known and file.outcome == "held":
            s13.leave_out("held")
        else:
            s13.add(False)
        if file.presented is None:
            continue
        s2 = sums[file.account, month, "S2"]
        for reason, rows in file.reasons.items():
            if reason in CUSTOMERS:
                s2.leave_out("rejected", rows)
            else:
                s2.add(False, times=rows)
        if file.accepted_at is not None and file.accepted_at <= until:
            s2.add(True, times=file.messages)
            s2.leave_out("left_out", file.valid - file.messages)
        elif file.stopped_at is not None and file.stopped_at <= until:
            s2.leave_out("held", file.valid)
        elif due_at > until:
            s2.waiting += file.valid
        else:
            s2.add(False, times=file.valid)


def _by_campaign(messages: list[Message]) -> dict[int, list[Message]]:
    found: dict[int, list[Message]] = defaultdict(list)
    for message in messages:
        found[message.campaign.campaign_id].append(message)
    return found
