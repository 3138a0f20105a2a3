"""SLA documents: each account's figures of a month, frozen when its 72 h are over and put into its results folder."""

import contextlib
import csv
import io

import psycopg

from outbound import database
from outbound.landing.opening import open_zone
from outbound.landing.zone import RESULTS, Zone
from outbound.logs import logger
from outbound.queries import load
from reports import cells

log = logger("reports.sla")
Q = load("reports/sla")


def write_due() -> list[str]:
    """Freezes the figures of every month that is over for 72 h and writes the documents still missing.

    Gives the months it wrote, like ["2026-10"]; none where the marts have not been built since. A frozen figure never
    changes; a run that was killed is made up for by the next, with the same figures.
    """
    with database.connect("reporting") as connection:
        connection.execute(Q.lock)
        if not _is_built(connection):
            return []
        connection.execute(Q.freeze)
    written = set()
    with database.connect("reporting", autocommit=True) as connection:
        for account_id, name, url, month in connection.execute(Q.undelivered).fetchall():
            with open_zone(name, url) as zone:
                _deliver(connection, account_id, month, zone)
            log.info("sla report written", account=name, month=month)
            written.add(month)
    return sorted(written)


def _is_built(connection: psycopg.Connection) -> bool:
    row = connection.execute(Q.is_built).fetchone()
    return bool(row and row[0])


def _deliver(connection: psycopg.Connection, account_id: int, month: str, zone: Zone) -> None:
    """The file appears whole. Two runs at once write the same bytes, and one of them says that it did."""
    cursor = connection.execute(Q.figures, {"account": account_id, "month": month})
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(column.name for column in cursor.description or ())
    writer.writerows([cells.text(value) for value in row] for row in cursor)
    zone.prepare()
    zone.write(RESULTS, f"sla-{month}.csv", [table.getvalue().encode()])
    with contextlib.suppress(psycopg.errors.UniqueViolation):
        connection.execute(Q.delivered, {"account": account_id, "month": month})
