"""Intake's daily order: landing tables nobody waits for, copies that are too old, what was left undelivered, bases."""

import time
from datetime import timedelta

import psycopg
from psycopg import sql

from ingest import answers, report
from outbound import database
from outbound.logs import logger
from outbound.queries import load
from outbound.settings import settings
from recipients import snapshots

log = logger("ingest.housekeeping")
Q = load("ingest/housekeeping")

KEPT = timedelta(days=30)  # how long a file's copy outlives its last use


def run(kept: timedelta = KEPT) -> None:
    with database.connect("ingest", autocommit=True) as connection:
        answers.deliver_missing(connection)
        _drop_orphans(connection)
        _remove_snapshots(connection, kept)
        snapshots.tend(connection)
        _forget_changes(connection)
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


def _forget_changes(connection: psycopg.Connection) -> None:
    """Evidence of consent is kept for three years, and for as long as its subscriber is a member."""
    log.info("base changes forgotten", count=connection.execute(Q.forget_changes).rowcount)
