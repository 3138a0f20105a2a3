"""Notices of balances: found in the live balance, written once each, queued for those who are to be told."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from billing import accounts, notice_rules
from billing.notice_rules import Finding, Limit, Lot, Prepaid
from billing.recording import instant
from outbound import clock, database, queries
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.setup.notices import Notices, Webhook

log = logger(__name__)
Q = queries.load("billing/notices")


class NotChecked(OutboundError):
    """The balances of some accounts could not be looked at: whose. Those of the others were."""


class Standing(NamedTuple):
    """An account's terms at an instant and what they leave: see the query `standing`."""

    settings: dict[str, Any]
    today: date
    scheme: str
    currency: str
    tolerance: Decimal
    available: int | None
    credit_limit: Decimal | None
    monthly_cap: Decimal | None
    credit_units: int | None
    cap_units: int | None
    held: int
    gross_rate: Decimal | None
    net_rate: Decimal | None
    opened_at: datetime | None


class Told(NamedTuple):
    """The latest notice of a subject. is_open: it still holds, as far as was seen."""

    kind: str
    subject: str
    crossing: int
    notice_id: int
    is_open: bool


class Recipients(NamedTuple):
    """Who is told of an account's balance now."""

    emails: list[str]
    webhook: Webhook | None
    language: str

    def addresses(self) -> set[tuple[str, str]]:
        """(channel, recipient)."""
        found = {("email", address) for address in self.emails}
        return found | {("webhook", self.webhook.url)} if self.webhook else found


def check(account: str | None = None, at: datetime | None = None) -> dict[str, int]:
    """Compares the live balance of each account, or of one, with its thresholds; gives {"accounts", "raised", "over"}.

    A notice is raised when a threshold is crossed and again only after the balance was seen above it; of a lot's end
    each horizon is told once. What holds no longer is ended by a row of its own. at: default now, by the database's
    clock. Each account is a transaction of its own: raises NotChecked, at the end, for those that failed.
    """
    figures = {"accounts": 0, "raised": 0, "over": 0}
    failed: list[str] = []
    with database.connect("billing", autocommit=True) as connection:
        only = accounts.find(connection, account).account_id if account else None
        for account_id, name in connection.execute(Q.accounts).fetchall():
            if only not in (None, account_id):
                continue
            try:
                with connection.transaction():
                    raised, over = _check_one(connection, account_id, at)
            except psycopg.DatabaseError as error:
                if connection.closed:
                    raise
                log.warning("balance not looked at", account=account_id, error=type(error).__name__)
                failed.append(name)
                continue
            figures["accounts"] += 1
            figures["raised"] += raised
            figures["over"] += over
    if failed:
        raise NotChecked(f"the balances of {', '.join(failed)} could not be looked at: the log says why; run it again")
    return figures


def _check_one(connection: psycopg.Connection, account_id: int, at: datetime | None) -> tuple[int, int]:
    connection.execute(Q.take_turn, {"account": account_id})
    values = {"account": account_id, "at": at or instant(connection)}
    found = {(one.kind, one.subject): one for one in _findings(connection, values)}
    with connection.cursor(row_factory=class_row(Told)) as cursor:
        told = {(row.kind, row.subject): row for row in cursor.execute(Q.latest, values)}
    over = [row for key, row in told.items() if row.is_open and key not in found]
    for row in over:
        connection.execute(Q.end, values | {"notice": row.notice_id})
    raised = 0
    for key, finding in found.items():
        before = told.get(key)
        again = before is not None and (before.is_open or finding.kind == "expiry")
        if finding.crossed and not again:
            _raise(connection, finding, values | {"crossing": before.crossing + 1 if before else 1})
            raised += 1
    return raised, len(over)


def _findings(connection: psycopg.Connection, values: dict[str, Any]) -> Iterator[Finding]:
    with connection.cursor(row_factory=class_row(Standing)) as cursor:
        standing = cursor.execute(Q.standing, values).fetchone()
    if standing is None:
        return
    wanted = Notices.model_validate(standing.settings)
    if standing.scheme == "prepaid":
        yield from notice_rules.of_prepaid(_prepaid(connection, values, standing), wanted)
        return
    for limit in _limits(standing):
        yield from notice_rules.of_limit(limit, wanted.credit_percent)


def _prepaid(connection: psycopg.Connection, values: dict[str, Any], standing: Standing) -> Prepaid:
    with connection.cursor(row_factory=class_row(Lot)) as cursor:
        lots = cursor.execute(Q.lots, values).fetchall()
    bought = notice_rules.extending(lots)
    since, then = (bought.lot, bought.opened_at) if bought else ("opening", standing.opened_at)
    base = 0
    if then is not None:
        (base,) = connection.execute(Q.units_at, values | {"at": then}).fetchone() or (0,)
    return Prepaid(
        today=standing.today,
        tolerance=standing.tolerance,
        available=standing.available or 0,
        lots=lots,
        since=since if then is not None else None,
        base=base,
    )


def _limits(standing: Standing) -> Iterator[Limit]:
    for kind, prefix, amount, units, rate in (
        ("credit_limit", "", standing.credit_limit, standing.credit_units, standing.gross_rate),
        ("monthly_cap", f"{standing.today:%Y-%m}/", standing.monthly_cap, standing.cap_units, standing.net_rate),
    ):
        if amount is not None:
            left = None if units is None else units - standing.held
            yield Limit(kind=kind, prefix=prefix, amount=amount, left=left, rate=rate, currency=standing.currency)


def _raise(connection: psycopg.Connection, finding: Finding, values: dict[str, Any]) -> None:
    row = values | {"kind": finding.kind, "subject": finding.subject, "facts": Jsonb(finding.facts)}
    (notice,) = connection.execute(Q.tell, row).fetchone() or (None,)
    for channel, recipient in sorted(recipients(connection, values["account"], finding.kind).addresses()):
        queued = {"account": values["account"], "notice": notice, "channel": channel, "recipient": recipient}
        connection.execute(Q.queue, queued)


def recipients(connection: psycopg.Connection, account_id: int, kind: str) -> Recipients:
    """Who is to be told: the addresses that the settings name, else those of the account's users who want this kind."""
    found = connection.execute(Q.people, {"account": account_id, "kind": kind}).fetchone()
    settings, language, users = found or ({}, "en", [])
    wanted = Notices.model_validate(settings)
    return Recipients(users if wanted.email is None else wanted.email, wanted.webhook, language)


def listed(account: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """The latest notices, newest first, on their accounts' clocks, each with its text in English and what became of sending
    it."""
    from outbound.notice_texts import text

    with database.connect("billing") as connection, connection.cursor(row_factory=dict_row) as cursor:
        if account is not None:
            accounts.find(connection, account)
        rows = cursor.execute(Q.listed, {"account": account, "limit": limit}).fetchall()
    for row in rows:
        zone, over = row.pop("timezone"), row["over_at"]
        row |= {"at": clock.on_clock(row["at"], zone), "over_at": over and clock.on_clock(over, zone)}
        row["text"] = text(row["kind"], row["facts"], "en").line
    return rows
