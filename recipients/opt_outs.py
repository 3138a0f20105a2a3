"""Who opted out, of one account's messages or of everybody's; and what only a person may do about it (INTAKE, Opt-outs)."""

import numpy as np
import psycopg
from psycopg.rows import tuple_row

from outbound import audit
from outbound.masking import mask
from outbound.queries import load
from recipients import packed
from recipients.rank_bitmap import Numbers

Q = load("recipients/opt_outs")


def opt_outs(connection: psycopg.Connection, account_id: int) -> Numbers:
    """int64[n], ascending, distinct: who gets nothing from this account, because of itself or of all accounts."""
    own = list(packed.blocks(connection, Q.own_above, {"account": account_id}))
    general = list(packed.blocks(connection, Q.general_above, {}))
    return np.unique(np.concatenate([np.empty(0, np.int64), *own, *general]))


def add(connection: psycopg.Connection, account_id: int | None, msisdn: int, reason: str) -> bool:
    """Opts a subscriber out on an operator's word, on record; None is everybody's. False where that was so already."""
    return _change(connection, Q.add, "opt out", account_id, msisdn, reason)


def remove(connection: psycopg.Connection, account_id: int | None, msisdn: int, reason: str) -> bool:
    """Takes an opt-out back, on record: only a person may, on the subscriber's wish. False where there was none."""
    return _change(connection, Q.remove, "opt in", account_id, msisdn, reason)


def in_force(connection: psycopg.Connection, account_id: int | None, msisdn: int) -> list[str]:
    """Why the subscriber gets nothing from the account (None: from nobody): the scopes that hold, `account` and
    `everywhere`."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(Q.in_force, {"account": account_id, "msisdn": msisdn})
        return [str(row[0]) for row in found]


def _change(
    connection: psycopg.Connection, query: str, action: str, account_id: int | None, msisdn: int, reason: str
) -> bool:
    done = connection.execute(query, {"account": account_id, "msisdn": msisdn}).rowcount > 0
    if done:
        scope = "everywhere" if account_id is None else "account"
        audit.record(connection, action, account_id, mask(msisdn), {"scope": scope, "reason": reason})
    return done
