"""Closing a month: its figures are frozen for good, once nothing can change them any more (CHARGING 16)."""

import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from billing import accounts, approvals, telling
from billing.build import build_in_turn, turn
from outbound import audit, clock, database, queries
from outbound.errors import OutboundError
from outbound.logs import logger

log = logger(__name__)
Q = queries.load("billing/closing")

_TOLD = 5  # findings of a kind that an error message lists


class NoMonth(OutboundError):
    """The text is not a month: how to write one."""


class NotClosed(OutboundError):
    """A month cannot be closed yet: of which accounts, why, and what to do."""


class _Due(NamedTuple):
    """An account, and the month that it has to close next."""

    account_id: int
    name: str
    timezone: str
    next_month: date
    ends_at: datetime
    legal_entity_id: int
    approvals: str


def first_day(month: str) -> date:
    """The first day of "2026-10". Raises NoMonth."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise NoMonth(f"{month!r} is no month: write it like 2026-10")
    return date.fromisoformat(f"{month}-01")


def close(
    month: str, *, account: str | None = None, with_earlier: bool = False, dry_run: bool = False
) -> list[dict[str, Any]]:
    """Builds, checks and freezes a local month of every account, or of one; gives what was closed, with its figures.

    Accounts that have closed the month already, or in which nothing had happened by then, are left alone.
    with_earlier: closes earlier months that are still open first, oldest first; without it they are refused.
    Accounts are closed each on its own: raises NotClosed, at the end, for those that cannot be.
    """
    wanted = first_day(month)
    with database.connect("billing", autocommit=True) as connection:
        only = accounts.find(connection, account).account_id if account else None
        waiting = _due(connection, wanted, only)
    if not waiting:
        return []
    not_over = [one for one in waiting if one.ends_at > clock.now()]
    if not_over:
        last = max(not_over, key=lambda one: one.ends_at)
        ends = clock.on_clock(last.ends_at, last.timezone)
        raise NotClosed(f"{month} is not over: it ends at {ends:%Y-%m-%d %H:%M} ({last.timezone}); try again then")
    closed: list[dict[str, Any]] = []
    proposed: list[str] = []
    refused = [
        f"{one.name}: {one.next_month:%Y-%m} is still open; close it first, or all up to {month} at once with"
        " --with-earlier."
        for one in waiting
        if one.next_month < wanted and not with_earlier
    ]
    if len(refused) < len(waiting):
        with turn() as connection:
            build_in_turn(connection)
            for one in _due(connection, wanted, only):
                if one.next_month == wanted or with_earlier:
                    try:
                        closed += _close_account(connection, one, wanted, dry_run)
                    except NotClosed as error:
                        refused.append(str(error))
                    except approvals.AwaitsApproval as error:
                        proposed.append(str(error))
    log.info("closed", month=month, accounts=len(closed), refused=len(refused), proposed=len(proposed))
    if refused or proposed:
        names = sorted({row["account"] for row in closed})
        done = [f"Closed: {', '.join(names)}."] if names and not dry_run else []
        lines = [f"{month} cannot be closed.", *refused] if refused else []
        lines += [f"{month} waits for a second person.", *proposed] if proposed else []
        raise NotClosed("\n".join([*lines, *done]))
    return closed


def _due(connection: psycopg.Connection, month: date, account: int | None) -> list[_Due]:
    rows = connection.execute(Q.due, {"month": month, "account": account}).fetchall()
    return [one for one in map(_Due._make, rows) if one.next_month <= month]


def _close_account(connection: psycopg.Connection, one: _Due, wanted: date, dry_run: bool) -> list[dict[str, Any]]:
    """All of the account's open months up to the wanted one, or none."""
    with connection.transaction(force_rollback=dry_run):
        # whoever records something for the account has ended or waits, and will find the month closed
        owner = accounts.take_turn(connection, one.name)
        _nothing_stands_against(connection, one, wanted)
        closed = []
        month = one.next_month
        while month <= wanted:
            closed.append(_freeze(connection, owner, month))
            month = (month + timedelta(days=31)).replace(day=1)
        if not dry_run:
            # figures that changed since the first person's word are asked for anew
            words = "; ".join(f"{row['month']} {_summary(row)}" for row in closed)
            approvals.ask(connection, one.legal_entity_id, one.approvals, "close-month", f"{one.name} {words}")
    return closed


def _freeze(connection: psycopg.Connection, owner: accounts.Account, month: date) -> dict[str, Any]:
    values = {"account": owner.account_id, "month": month, "actor": audit.actor()}
    row = connection.execute(Q.freeze, values).fetchone()
    assert row is not None  # noqa: S101  one row is inserted
    figures = json.loads(row[0], parse_float=Decimal)
    audit.record(connection, "close-month", owner.account_id, f"{month:%Y-%m}", figures)
    closed = {
        "account": owner.name,
        "month": f"{month:%Y-%m}",
        "ends_at": owner.on_its_clock(row[2]),
        "currency": row[3],
    }
    closed |= figures
    return closed | {"says": telling.month(telling.Speaker(row[3]), closed, posts=row[1])}


def _summary(row: dict[str, Any]) -> str:
    """The figures that somebody agrees to, in a line."""
    names = ("lines", "net", "vat") if "net" in row else ("closing", "rerate_value", "blended_value")
    return " ".join(f"{name} {row[name]}" for name in names if name in row) or "nothing"


def _nothing_stands_against(connection: psycopg.Connection, one: _Due, month: date) -> None:
    """Raises NotClosed (CHARGING 16, 26)."""
    values = {"account": one.account_id, "month": month, "ends_at": one.ends_at}
    (doubts,) = connection.execute(Q.doubts, values).fetchone() or (0,)
    if doubts:
        raise NotClosed(
            f"{one.name}: {doubts} attempts are in doubt; they are settled by receipts, by `outbound statement load`,"
            " or at their time limit."
        )
    (unread,) = connection.execute(Q.unread, values).fetchone() or (0,)
    if unread:
        raise NotClosed(
            f"{one.name}: {unread} facts of {month:%Y-%m} or before came in while the marts were being built; try again."
        )
    errors = connection.execute(Q.errors, values).fetchall()
    if errors:
        said = [f"{error} {subject} ({units})" for error, subject, units in errors]
        raise NotClosed(f"{one.name}: {_some(said)} cannot be charged; give it a rate or correct it.")
    differing = connection.execute(Q.disagreements, values).fetchall()
    if differing:
        said = [
            f"{day}: {accepted} accepted, {charged} charged, {past} loaded, {units} in the ledger"
            for day, accepted, charged, past, units in differing
        ]
        raise NotClosed(f"{one.name}: the books do not agree: {_some(said)}; see `outbound reconcile`.")


def _some(said: list[str]) -> str:
    more = len(said) - _TOLD
    return "; ".join(said[:_TOLD]) + (f" and {more} more" if more > 0 else "")
