"""The account that a file belongs to, as intake needs to know it."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row

from outbound.errors import OutboundError
from outbound.queries import load

Q = load("ingest/accounts")


class NoSuchAccount(OutboundError):
    """No account has this name: list the names, or apply a set-up that has it."""


@dataclass(frozen=True)
class Account:
    account_id: int
    name: str
    timezone: str
    default_region: str
    landing: str
    defaults: dict[str, Any]
    hash_key: bytes
    scheme: str | None
    currency: str | None


def named(connection: psycopg.Connection, name: str) -> Account:
    with connection.cursor(row_factory=class_row(Account)) as cursor:
        found = cursor.execute(Q.account_by_name, {"name": name}).fetchone()
    if found is None:
        names = ", ".join(account.name for account in every(connection)) or "none; `outbound apply` makes them"
        raise NoSuchAccount(f"there is no account named {name}; there is: {names}")
    return found


def by_id(connection: psycopg.Connection, account_id: int) -> Account:
    with connection.cursor(row_factory=class_row(Account)) as cursor:
        found = cursor.execute(Q.account_by_id, {"account": account_id}).fetchone()
    if found is None:
        raise NoSuchAccount(f"there is no account {account_id}")
    return found


def every(connection: psycopg.Connection) -> list[Account]:
    with connection.cursor(row_factory=class_row(Account)) as cursor:
        return cursor.execute(Q.accounts).fetchall()
