"""What recording a money event takes, whichever it is: its id, its instant, and the error that says why it cannot be."""

import uuid
from datetime import datetime

import psycopg

from billing.accounts import Account
from outbound import clock, queries
from outbound.errors import OutboundError

Q = queries.load("billing/orders")


class NotRecorded(OutboundError):
    """A purchase, payment or adjustment cannot be recorded: why, and what to do."""


def new_key(connection: psycopg.Connection, account: Account, prefix: str, key: str | None) -> str:
    """The given id, or a new one. Raises NotRecorded where the account has it already: nothing is recorded twice."""
    if key is None:
        return f"{prefix}-{uuid.uuid4().hex[:12]}"
    row = connection.execute(Q.taken, {"account": account.account_id, "key": key}).fetchone()
    if row and row[0]:
        raise NotRecorded(f"account {account.name} has something with the id {key} already; nothing was recorded")
    return key


def must_say_why(reason: str) -> None:
    """Raises NotRecorded where a reason says nothing."""
    if not reason.strip():
        raise NotRecorded("give a --reason: it is what the auditor reads")


def instant(connection: psycopg.Connection) -> datetime:
    """The database's clock: one for everybody who records something."""
    row = connection.execute(Q.now).fetchone()
    assert row is not None  # noqa: S101  one row
    at: datetime = row[0]
    return at


def closed_until(connection: psycopg.Connection, account: Account) -> datetime | None:
    """The end of the account's last closed month; None: none is closed."""
    row = connection.execute(Q.closed_until, {"account": account.account_id}).fetchone()
    return row[0] if row else None


def open_instant(connection: psycopg.Connection, payer: Account, at: datetime | None) -> datetime:
    """`at`, or now. Raises NotRecorded where it lies in a closed month or is still to come."""
    if at is None:
        return instant(connection)
    closed = closed_until(connection, payer)
    if closed and at < closed:
        raise NotRecorded(f"{_told(payer, at)} lies in a month that {payer.name} has closed: give a later --at")
    if at > clock.now():
        raise NotRecorded(f"{_told(payer, at)} is still to come: record a payment when it is there")
    return at


def _told(payer: Account, at: datetime) -> str:
    return f"{payer.on_its_clock(at):%Y-%m-%d %H:%M} ({payer.timezone})"
