"""Another rate for a campaign that is under way: on record, and known to every worker within a second or two."""

import psycopg

from dispatch.control import NotPossible
from outbound import audit, database
from outbound.queries import load

Q = load("dispatch/control")

_OVER = ("rejected", "completed", "cancelled")


def change(campaign_id: int, rate: int | None, *, reason: str) -> int | None:
    """rate: segments a second over all workers and connectors, None = no limit of its own. The one that it had before.
    Raises NotPossible."""
    with database.connect("dispatch") as connection:
        return _change(connection, campaign_id, rate, reason)


def _change(connection: psycopg.Connection, campaign_id: int, rate: int | None, reason: str) -> int | None:
    where = {"campaign": campaign_id, "rate": rate}
    row = connection.execute(Q.lock_rate, where).fetchone()
    if row is None:
        raise NotPossible(f"there is no campaign {campaign_id}; `outbound status` lists those under way")
    account_id, state, before = row
    if state in _OVER:
        raise NotPossible(
            f"cannot change the rate of campaign {campaign_id}: it is {state}, nothing of it is left to send"
        )
    if before != rate:
        connection.execute(Q.change_rate, where)
        detail = {"rate": rate, "before": before, "reason": reason}
        audit.record(connection, "change rate", account_id, f"campaign {campaign_id}", detail)
    return int(before) if before is not None else None
