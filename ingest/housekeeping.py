"""Intake's daily order: landing tables that nobody waits for, copies that are too old, what was left undelivered."""

import time
from datetime import timedelta

import psycopg
from psycopg import sql

from ingest import answers, report
from outbound import database
from outbound.logs import logger
from outbound.queries import load
from outbound.settings import settings

log = logger("ingest.housekeeping")
Q = load("ingest/housekeeping")

KEPT = timedelta(days=30)  # how long a file's copy outlives its last use


def run(kept: timedelta = KEPT) -> None:
    with database.connect("ingest", autocommit=True) as connection:
        answers.deliver_missing(connection)
        _drop_orphans(connection)
        _remove_snapshots(connection, kept)
    report.write_missing()


def _drop_orphans(connection: psycopg.Connection) -> None:
    """A landing table is made with its campaign and dropped with its acceptance; one without either is debris."""
    for (name,) in connection.execute(Q.orphans).fetchall():
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier("intake", name)))
        log.info("orphan dropped", table=name)


def _remove_snapshots(connection: psycopg.Connection, kept: timedelta) -> None:
    """Copies that no file of these days and no campaign that is under way needs; also what a killed copy left."""
    needed = {row[0] for row in connection.execute(Q.needed_snapshots, {"kept": kept})}
    oldest = time.time() - kept.total_seconds()
    removed = 0
    for path in settings().snapshots.glob("*/*"):
        if str(path.relative_to(settings().snapshots)) not in needed and path.stat().st_mtime < oldest:
            path.unlink()
            removed += 1
    log.info("snapshots removed", count=removed)
