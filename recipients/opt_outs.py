"""Who opted out, of one account's messages or of everybody's; and what only a person may do about it (INTAKE, Opt-outs)."""

from typing import NamedTuple

import psycopg
from psycopg.rows import tuple_row

from outbound import audit
from outbound.masking import mask, msisdn_hash
from outbound.queries import load
from recipients import packed
from recipients.distinct import distinct
from recipients.rank_bitmap import Numbers

Q = load("recipients/opt_outs")


def opt_outs(connection: psycopg.Connection, account_id: int) -> Numbers:
    """int64[n], ascending, distinct: who gets nothing from this account, because of itself or of all accounts."""
    own = list(packed.blocks(connection, Q.own_above, {"account": account_id}))
    general = list(packed.blocks(connection, Q.general_above, {}))
    return distinct(*own, *general)


class Scope(NamedTuple):
    """Of whose messages a subscriber is opted out. account_id: None is everybody's. hash_key: the account's, under which
    the trail names the number."""

    account_id: int | None = None
    hash_key: bytes | None = None


def add(connection: psycopg.Connection, scope: Scope, msisdn: int, reason: str) -> bool:
    """Opts a subscriber out on an operator's word, on record. False where that was so already."""
    return _change(connection, Q.add, "opt out", scope, msisdn, reason)


def remove(connection: psycopg.Connection, scope: Scope, msisdn: int, reason: str) -> bool:
    """Takes an opt-out back, on record: only a person may, on the subscriber's wish. False where there was none."""
    return _change(connection, Q.remove, "opt in", scope, msisdn, reason)


def in_force(connection: psycopg.Connection, scope: Scope, msisdn: int) -> list[str]:
    """The opt-outs for which the subscriber gets nothing of that scope: `account`, `everywhere`."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(Q.in_force, {"account": scope.account_id, "msisdn": msisdn})
        return [str(row[0]) for row in found]


def _change(connection: psycopg.Connection, query: str, action: str, scope: Scope, msisdn: int, reason: str) -> bool:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(query, {"account": scope.account_id, "msisdn": msisdn}).fetchone()
    if row is None:
        return False
    opt_out_id, source, since = row
    detail = {
        "scope": "everywhere" if scope.account_id is None else "account",
        "reason": reason,
        "opt_out": opt_out_id,
        "source": source,
        "since": since,
        "msisdn_hash": msisdn_hash(msisdn, scope.hash_key).hex() if scope.hash_key else None,
    }
    audit.record(connection, action, scope.account_id, mask(msisdn), detail)
    return True
