"""Looks into every landing zone and claims what is complete."""

from datetime import timedelta

import psycopg

from ingest import accounts, claim, zone
from ingest.accounts import Account
from ingest.zone import Entry
from outbound import clock, database
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load

log = logger("ingest.scan")
Q = load("ingest/files")

APART = timedelta(seconds=30)  # the least time between the two looks that show a file at rest


def scan(apart: timedelta = APART) -> list[int]:
    """The ids of the files that have no answer yet, new ones included. One account's trouble is not another's."""
    with database.connect("ingest", autocommit=True) as connection:
        for account in accounts.every(connection):
            try:
                _scan_account(connection, account, apart)
            except (OSError, OutboundError) as error:
                log.warning("landing zone not read", account=account.name, error=str(error))
        return [row[0] for row in connection.execute(Q.unanswered)]


def _scan_account(connection: psycopg.Connection, account: Account, apart: timedelta) -> None:
    zone.prepare(account.folder)
    entries = zone.look(account.folder)
    sightings = _note(connection, account, entries)
    for entry in entries:
        if entry.is_part:
            continue
        try:
            _take(connection, account, entry, _completed_by(entry, entries, sightings, apart))
        except (claim.StillChanging, OSError) as error:
            log.warning("file not taken yet", account=account.name, kind=entry.kind, error=type(error).__name__)


def _take(connection: psycopg.Connection, account: Account, entry: Entry, completed_by: str | None) -> None:
    """Claims the file, unless that was done before or it is not complete, and moves it out of the way."""
    file_id = claim.is_claimed(connection, account, entry)
    if file_id is None:
        if completed_by is None:
            return
        file_id = claim.claim(connection, account, entry.path, entry.kind, completed_by)
    claim.archive(connection, account, entry.path, file_id)


Sightings = dict[tuple[str, str], tuple[int, int, timedelta]]


def _note(connection: psycopg.Connection, account: Account, entries: list[Entry]) -> Sightings:
    """What was seen at an earlier look and how long ago; what is seen now is noted for the next one."""
    before = {
        (kind, name): (size, modified_ns, clock.now() - seen_at)
        for kind, name, size, modified_ns, seen_at in connection.execute(Q.sightings, {"account": account.account_id})
    }
    with connection.transaction():
        connection.execute(
            Q.forget_sightings,
            {
                "account": account.account_id,
                "kinds": [entry.kind for entry in entries],
                "names": [entry.name for entry in entries],
            },
        )
        for entry in entries:
            connection.execute(
                Q.note_sighting,
                {
                    "account": account.account_id,
                    "kind": entry.kind,
                    "name": entry.name,
                    "size": entry.identity.size,
                    "modified_ns": entry.identity.modified_ns,
                },
            )
    return before


def _completed_by(entry: Entry, entries: list[Entry], sightings: Sightings, apart: timedelta) -> str | None:
    """How it is known that all of a file is there; None while it is not."""
    if entry.is_marked:
        return "marker"
    there = {other.name for other in entries if other.kind == entry.kind}
    if any((entry.kind, part) in sightings and part not in there for part in (f"{entry.name}.part", f".{entry.name}")):
        return "rename"
    size, modified_ns, ago = sightings.get((entry.kind, entry.name), (-1, -1, timedelta(0)))
    if (size, modified_ns) == (entry.identity.size, entry.identity.modified_ns) and ago >= apart:
        return "stability"
    return None
