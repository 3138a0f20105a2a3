"""An account's base, or a part of it, written as a campaign's file: a column of numbers and one for each attribute."""

import os
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql

from ingest.accounts import Account
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("ingest/base_file")


class NoMembers(OutboundError):
    """Nobody is in the base, or nobody in that part of it."""


class Attribute(NamedTuple):
    """A part of a base: the members of whom it says just this."""

    name: str
    value: str


class Written(NamedTuple):
    members: int
    columns: list[str]


def write(connection: psycopg.Connection, account: Account, path: Path, only: Attribute | None = None) -> Written:
    """Writes a new file, in the order of the numbers; the database makes its lines. Raises NoMembers."""
    where = {"account": account.account_id}
    names = [name for (name,) in connection.execute(Q.attributes, where)]
    chosen = sql.SQL(", ").join(
        sql.SQL("attributes ->> {} as {}").format(sql.Literal(name), sql.Identifier(name)) for name in names
    )
    statement = sql.SQL(
        "copy (select {} from account.base_member where account_id = {} and {} order by msisdn)"
        " to stdout (format csv, header)"
    ).format(
        sql.SQL(", ").join([sql.SQL("msisdn"), *([chosen] if names else [])]),
        sql.Literal(account.account_id),
        sql.SQL("true")
        if only is None
        else sql.SQL("attributes ->> {} = {}").format(sql.Literal(only.name), sql.Literal(only.value)),
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target, connection.cursor() as cursor:
        with cursor.copy(statement) as rows:
            for block in rows:
                target.write(block)
        members = cursor.rowcount
    if not members:
        path.unlink()
        what = "the account's base is empty" if only is None else f"nobody in the base has {only.name}={only.value}"
        raise NoMembers(f"{what}: load a base file first, or choose another part")
    return Written(members, ["msisdn", *names])
