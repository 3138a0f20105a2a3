"""Random histories of accounts that buy, send campaigns and are given units back, in the tables that the stages write."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.integration.dbt.conftest import Account, Books

FIRST = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
DAYS = [date(2026, 1, 31), date(2026, 3, 15), date(2026, 4, 23), date(2026, 4, 24), date(2026, 6, 30), date(2026, 9, 1),
        date(2026, 10, 29), date(2026, 10, 30)]  # fmt: skip
HOURS = [(0, 0, 0), (20, 59, 59), (21, 0, 0), (22, 0, 0), (10, 0, 0)]  # UTC; two of them are midnight in Cairo
SETTLED = {None: 4, "accepted": 4, "unknown": 2, "not_sent": 2, "unknown, then accepted": 2}


@dataclass
class Attempt:
    """state as it was answered; settled: what a doubt became, in the second half of the facts."""

    number: int
    sent_at: datetime
    state: str
    transient: bool
    settled: str | None
    early: bool

    def comes_to(self, *, all_known: bool) -> str:
        if not (all_known or self.early):
            return "unsent"
        if self.state != "in_doubt" or not all_known or self.settled is None:
            return "again" if self.transient or self.state == "not_sent" else self.state
        return {"accepted": "accepted", "not_sent": "again", "unknown": "unknown"}.get(self.settled, "accepted")


@dataclass
class Campaign:
    """segments: (ordinal, segment) -> its attempts, in order. closes: its reservation ends with the second half."""

    campaign_id: int
    sizes: list[int]
    segments: dict[tuple[int, int], list[Attempt]]
    dropped: set[int]
    closes: bool

    def held(self, *, all_known: bool) -> int:
        """Unsent and in doubt, counted segment by segment (DESIGN of reservations: CHARGING 1, 15)."""
        if all_known and self.closes:
            return 0
        held = 0
        for (ordinal, _), attempts in self.segments.items():
            ends = [one.comes_to(all_known=all_known) for one in attempts]
            is_over = {"accepted", "unknown", "rejected"} & set(ends)
            if "accepted" not in ends and ("in_doubt" in ends or not is_over) and ordinal not in self.dropped:
                held += 1
        return held


@dataclass
class Story:
    """An account: its money events as (early, table, row), its campaigns, and from when on its months are open."""

    account: Account
    money: list[tuple[bool, str, dict[str, Any]]] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    opens: datetime = FIRST

    def held(self, *, all_known: bool) -> int:
        return sum(campaign.held(all_known=all_known) for campaign in self.campaigns)


def instant(rng: random.Random) -> datetime:
    if rng.random() < 0.3:
        return FIRST + timedelta(days=rng.randrange(310), hours=rng.randrange(24))
    return sent_instant(rng)


def sent_instant(rng: random.Random) -> datetime:
    hour, minute, second = rng.choice(HOURS)
    day = rng.choice(DAYS)
    return datetime(day.year, day.month, day.day, hour, minute, second, rng.choice([0, 0, 999_999]), tzinfo=UTC)


def campaign(rng: random.Random, campaign_id: int) -> Campaign:
    sizes = [rng.randrange(1, 4) for _ in range(rng.randrange(1, 5))]
    segments: dict[tuple[int, int], list[Attempt]] = {}
    for ordinal, size in enumerate(sizes, start=1):
        for segment in range(1, size + 1):
            segments[ordinal, segment] = list(_attempts(rng))
    untried = [n for n in range(1, len(sizes) + 1) if not any(segments[n, s + 1] for s in range(sizes[n - 1]))]
    dropped = set(untried) if rng.random() < 0.3 else set[int]()
    return Campaign(campaign_id, sizes, segments, dropped, rng.random() < 0.3)


def _attempts(rng: random.Random) -> Iterator[Attempt]:
    early = rng.random() < 0.7
    for number in range(1, rng.randrange(1, 4) + 1):
        if rng.random() < 0.15:
            return
        state = rng.choices(["accepted", "rejected", "not_sent", "in_doubt"], [6, 2, 1, 4])[0]
        settled = rng.choices([*SETTLED], [*SETTLED.values()])[0] if state == "in_doubt" else None
        early = early and rng.random() < 0.8
        attempt = Attempt(
            number, sent_instant(rng), state, state == "rejected" and rng.random() < 0.5, settled, early
        )  # fmt: skip
        yield attempt
        if attempt.comes_to(all_known=True) != "again" and rng.random() < 0.9:
            return  # one in ten goes on: a second attempt beside an accepted one is charged never (CHARGING 1)


def story(rng: random.Random, account: Account, campaign_ids: Iterator[int]) -> Story:
    found = Story(account)
    found.campaigns = [campaign(rng, next(campaign_ids)) for _ in range(rng.randrange(0, 5))]
    usages = [f"{one.campaign_id}:{ordinal}:{segment}" for one in found.campaigns for ordinal, segment in one.segments]
    kinds = rng.choices(["purchase", "usage", "grant", "refund", "reversal"], [5, 3, 1, 2, 4], k=rng.randrange(3, 16))
    for n, kind in enumerate(kinds):
        row: dict[str, Any] = {"business_key": f"{rng.choice('aZ_9b')}{n}", "at": instant(rng)}
        units = rng.randrange(1, 40)
        if kind == "purchase":
            row |= {
                "units": units,
                "rate": Decimal(rng.randrange(1, 400_000)).scaleb(-6),
                "zones": ["EG"],
                "is_history": True,
            }
        elif kind == "usage":
            usages.append(row["business_key"])
            row |= {"units": units, "zone": "EG"}
        elif kind == "reversal":
            if not usages:
                continue
            row |= {"kind": kind, "usage_key": usages.pop(rng.randrange(len(usages)))}
        else:
            row |= {"kind": kind, "units": units}
        table = {"purchase": "purchase", "usage": "past_usage"}.get(kind, "adjustment")
        found.money.append((rng.random() < 0.6, table, row))
    return found


def write_campaigns(books: Books, stories: list[Story]) -> None:
    """The campaigns as they were accepted, with their reservations; nothing of them is sent yet."""
    for day in {day + timedelta(days=more) for day in DAYS for more in (0, 1)}:
        books.execute("select dispatch.ensure_days(%s, %s)", day, day)
    for one in stories:
        for sent in one.campaigns:
            _write_campaign(books, one.account.account_id, sent)


def _write_campaign(books: Books, account_id: int, sent: Campaign) -> None:
    books.execute(
        "insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)"
        " values (%s, 'campaign', 'x.csv', 1, 1, sha256(%s::text::bytea), '1.csv', 'command', now())",
        account_id, sent.campaign_id,
    )  # fmt: skip
    books.execute(
        "insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments,"
        " received_at, accepted_at)"
        " select %s, %s, max(file_id), 'accepted', 'x', 'NILE', %s, %s, %s, '2026-01-01', '2026-01-01' from intake.file",
        sent.campaign_id, account_id, len(sent.sizes), len(sent.sizes), sum(sent.sizes),
    )  # fmt: skip
    books.execute("select dispatch.ensure_message_partition(%s)", sent.campaign_id)
    for ordinal, size in enumerate(sent.sizes, start=1):
        books.execute(
            "insert into dispatch.message (campaign_id, ordinal, account_id, line, msisdn, text, encoding, segments,"
            " network_id, zone) values (%s, %s, %s, %s, %s, 'Hello', 'gsm', %s, 1, 'EG')",
            sent.campaign_id, ordinal, account_id, ordinal, 201001230000 + ordinal, size,
        )  # fmt: skip
    books.execute(
        "insert into account.reservation (campaign_id, account_id, segments) values (%s, %s, %s)",
        sent.campaign_id, account_id, sum(sent.sizes),
    )  # fmt: skip


def write_facts(books: Books, stories: list[Story], rng: random.Random, *, early: bool) -> None:
    """One half of what happened, in any order. Into months that are closed by then only usage comes."""
    facts = [(one, fact) for one in stories for fact in _facts(one, early=early)]
    for one, (table, row) in rng.sample(facts, len(facts)):
        if table in ("purchase", "adjustment") and row["at"] < one.opens:
            continue
        columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
        schema = "dispatch" if table in ("submission", "settlement", "dropped") else "account"
        owned = {"account_id": one.account.account_id}
        books.execute(
            f"insert into {schema}.{table} (account_id, {columns}) values (%s, {places})",
            *owned.values(), *row.values(),
        )  # fmt: skip
    if not early:
        closing = [sent.campaign_id for one in stories for sent in one.campaigns if sent.closes]
        books.execute("update account.reservation set closed_at = now() where campaign_id = any (%s)", closing)


def _facts(one: Story, *, early: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    for is_early, table, row in one.money:
        if is_early == early:
            yield table, row
    for sent in one.campaigns:
        for (ordinal, segment), attempts in sent.segments.items():
            for attempt in attempts:
                key = {
                    "campaign_id": sent.campaign_id, "ordinal": ordinal, "segment": segment, "attempt": attempt.number,
                }  # fmt: skip
                if attempt.early == early:
                    yield "submission", key | _answer(attempt)
                if not early:
                    yield from _settlements(attempt, key)
        if early:
            for ordinal in sent.dropped:
                yield "dropped", {
                    "campaign_id": sent.campaign_id, "ordinal": ordinal, "segments": sent.sizes[ordinal - 1],
                    "reason": "expired",
                }  # fmt: skip


def _answer(attempt: Attempt) -> dict[str, Any]:
    status = {"accepted": 0, "rejected": 8}.get(attempt.state)
    return {
        "state": attempt.state, "transient": attempt.transient, "command_status": status, "sent_at": attempt.sent_at,
        "answered_at": None if status is None else attempt.sent_at, "epoch_id": 1, "intent_serial": 1,
        "connector_id": 1, "session": 1, "sequence": 1, "reference": 1, "network_id": 1, "zone": "EG",
    }  # fmt: skip


def _settlements(attempt: Attempt, key: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for state in (attempt.settled or "").split(", then "):
        if state:
            proof = {"accepted": "receipt", "unknown": "time_limit", "not_sent": "silence"}[state]
            yield "settlement", key | {"state": state, "proof": proof}
