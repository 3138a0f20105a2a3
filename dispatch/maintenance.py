"""Announced maintenance: whose minutes are left out of session availability, if it was announced 72 hours ahead (SLA S1)."""

from datetime import datetime
from typing import Any

from psycopg.rows import dict_row

from outbound import audit, clock, database
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("dispatch/maintenance")


class NotAnnounced(OutboundError):
    """What cannot be announced or withdrawn: why, and what can."""


def announce(connector: str | None, starts_at: datetime, ends_at: datetime, reason: str) -> dict[str, Any]:
    """Puts it on record, of a connector or of all: `{"maintenance", "connector", ..., "counts"}`. Raises NotAnnounced.

    counts: it is 72 hours ahead, so that its minutes are left out; what comes later is on record and leaves out nothing.
    """
    if ends_at <= starts_at:
        raise NotAnnounced(
            f"it would end at {ends_at:%Y-%m-%d %H:%M} and not after it starts: look at --from and --until"
        )
    if starts_at <= clock.now():
        raise NotAnnounced(f"{starts_at:%Y-%m-%d %H:%M} UTC is over: only what is to come can be announced")
    with database.connect("operator") as connection, connection.cursor(row_factory=dict_row) as cursor:
        values: dict[str, Any] = {
            "connector": None, "starts_at": starts_at, "ends_at": ends_at, "reason": reason, "actor": audit.actor(),
        }  # fmt: skip
        if connector is not None:
            found = cursor.execute(Q.connector, {"name": connector}).fetchone()
            if found is None:
                raise NotAnnounced(f"there is no connector {connector}: `outbound dispatch status` names them")
            values["connector"] = found["connector_id"]
        told = cursor.execute(Q.announce, values).fetchone()
        assert told is not None  # noqa: S101  an insert gives its row or raises
        done = {
            "maintenance": told["maintenance_id"], "connector": connector, "starts_at": starts_at, "ends_at": ends_at,
            "counts": told["counts"], "reason": reason,
        }  # fmt: skip
        audit.record(connection, "announce maintenance", None, connector or "every connector", done)
    return done


def withdraw(maintenance: int) -> dict[str, Any]:
    """Takes an announcement back before it begins. Raises NotAnnounced."""
    with database.connect("operator") as connection:
        values = {"maintenance": maintenance, "actor": audit.actor()}
        if connection.execute(Q.withdraw, values).fetchone() is None:
            raise NotAnnounced(
                f"maintenance {maintenance} does not stand, or has begun: `outbound maintenance list` shows what can be withdrawn"
            )
        audit.record(connection, "withdraw maintenance", None, str(maintenance), {})
    return {"maintenance": maintenance, "state": "withdrawn"}


def announced(*, over: bool = False) -> list[dict[str, Any]]:
    """What stands, the earliest first; with `over` also what has ended."""
    with (
        database.connect("operator", autocommit=True) as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(Q.announced, {"all": over}).fetchall()
