"""Kill switches: nothing more is sent of the platform, an account or over a connector until it is resumed."""

from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

from outbound import audit, database
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("dispatch/stops")


class Unknown(OutboundError):
    """There is no account or connector of that name."""


class NotStopped(OutboundError):
    """What is to be resumed was not stopped: what is."""


class Target(NamedTuple):
    """What a switch is about: names of an account or of a connector, the platform where there is neither."""

    account: str | None = None
    connector: str | None = None

    def __str__(self) -> str:
        if self.account is not None:
            return f"account {self.account}"
        return "the platform" if self.connector is None else f"connector {self.connector}"


def stop(target: Target, reason: str) -> bool:
    """Every worker intends nothing more from now on, and gives back within seconds what it has not written; answers to
    what is in flight are waited for, receipts still come. False where it was stopped already. Raises Unknown."""
    with database.connect("operator") as connection:
        ids = _ids(connection, target)
        values = {**ids, "reason": reason, "actor": audit.actor()}
        stopped = connection.execute(Q.stop.encode(), values).fetchone() is not None
        if stopped:
            audit.record(connection, "stop", ids["account"], str(target), {"reason": reason})
        connection.execute(Q.wake.encode())
    return stopped


def resume(target: Target, reason: str | None) -> dict[str, Any]:
    """What goes on: why, by whom and since when it was stopped. Raises Unknown, NotStopped."""
    with database.connect("operator") as connection, connection.cursor(row_factory=dict_row) as cursor:
        ids = _ids(connection, target)
        lifted = cursor.execute(Q.resume.encode(), ids).fetchone()
        if lifted is None:
            others = ", ".join(row["stopped"] for row in cursor.execute(Q.stops.encode()).fetchall()) or "nothing"
            raise NotStopped(f"{target} is not stopped; stopped is: {others}")
        audit.record(connection, "resume", ids["account"], str(target), {"reason": reason, "was_stopped_for": lifted})
        connection.execute(Q.wake.encode())
    return lifted


def _ids(connection: psycopg.Connection, target: Target) -> dict[str, int | None]:
    found: dict[str, int | None] = {"account": None, "connector": None}
    for kind, name in target._asdict().items():
        if name is not None:
            row = connection.execute(getattr(Q, kind).encode(), {"name": name}).fetchone()
            if row is None:
                raise Unknown(f"there is no {kind} {name}: `outbound status` and `outbound dispatch status` name them")
            found[kind] = row[0]
    return found
