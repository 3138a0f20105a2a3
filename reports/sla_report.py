"""SLA reports: each account's figures of a month, frozen when its 72 h are over and put into its results folder, as CSV and PDF."""

import contextlib
import csv
import io
from typing import Any

import psycopg
from psycopg.rows import dict_row

from outbound import database
from outbound.landing.opening import open_zone
from outbound.landing.zone import RESULTS, Zone
from outbound.logs import logger
from outbound.queries import load
from outbound.typesetting.typesetter import Typesetter
from reports import cells, sla_pages

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
        connection.execute(Q.freeze_errors)
    written = set()
    with database.connect("reporting", autocommit=True) as connection, Typesetter(sla_pages.TEMPLATE) as typesetter:
        for account_id, name, url, month in connection.execute(Q.undelivered).fetchall():
            with open_zone(name, url) as zone:
                _deliver(connection, account_id, month, zone, typesetter)
            log.info("sla report written", account=name, month=month)
            written.add(month)
    return sorted(written)


def _is_built(connection: psycopg.Connection) -> bool:
    row = connection.execute(Q.is_built).fetchone()
    return bool(row and row[0])


def _deliver(connection: psycopg.Connection, account_id: int, month: str, zone: Zone, typesetter: Typesetter) -> None:
    """Each file appears whole. Two runs at once write the same bytes, and one of them says that it did."""
    of = {"account": account_id, "month": month}
    with connection.cursor(row_factory=dict_row) as cursor:
        figures = cursor.execute(Q.figures, of).fetchall()
        parties = cursor.execute(Q.parties, of).fetchone()
    assert parties is not None  # noqa: S101  its figures name the account
    pages = typesetter.make(f"SLA report {month}", sla_pages.layout(month, parties, figures))
    zone.prepare()
    zone.write(RESULTS, f"sla-{month}.csv", [_table(figures).encode()])
    zone.write(RESULTS, f"sla-{month}.pdf", [pages])
    with contextlib.suppress(psycopg.errors.UniqueViolation):
        connection.execute(Q.delivered, {"account": account_id, "month": month})


def _table(figures: list[dict[str, Any]]) -> str:
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(figures[0])
    writer.writerows([cells.text(value) for value in row.values()] for row in figures)
    return table.getvalue()
