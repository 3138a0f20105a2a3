"""Looks into every landing zone and claims what is complete.

Nothing is done per file where nothing has changed: a listing is held against the digest of the last one. Zones that lie
elsewhere are looked at by threads, so that a slow host keeps only its own account waiting.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import NamedTuple

import psycopg

from ingest import accounts, claim, late, sightings, zone
from ingest.accounts import Account
from ingest.claim import Claimed
from ingest.sightings import Sightings
from ingest.zone import Listing
from outbound import database
from outbound.errors import OutboundError
from outbound.landing.opening import is_local
from outbound.landing.zone import Found, NotTaken, Zone
from outbound.logs import logger
from outbound.queries import load

log = logger("ingest.scan")
F = load("ingest/files")
Q = load("ingest/looks")

APART = timedelta(seconds=30)  # the least time between the two looks that show a file at rest
TAKE_SECONDS = 30.0  # after which an account's further files are left to the next look
HOSTS_AT_ONCE = 16

Connect = Callable[[], AbstractContextManager[psycopg.Connection]]


class Last(NamedTuple):
    """Of the last look at an account's zone: the listing that left nothing to do; how long what waits was at rest then."""

    listing: bytes | None = None
    waited: timedelta | None = None

    def is_still_good(self, listing: bytes, apart: timedelta) -> bool:
        return listing == self.listing and (self.waited is None or self.waited < apart)


def scan(apart: timedelta = APART) -> list[int]:
    """The ids of the files that have no answer yet, new ones included. One account's trouble is not another's."""
    with database.connect("ingest", autocommit=True) as connection:
        last = {row[0]: Last(row[1], row[2]) for row in connection.execute(Q.looks)}
        near: list[Account] = []
        far: list[Account] = []
        for account in accounts.every(connection):
            (near if _is_near(account) else far).append(account)
        with ThreadPoolExecutor(max(1, min(HOSTS_AT_ONCE, len(far)))) as threads:
            looks = [
                threads.submit(_look, account, last.get(account.account_id, Last()), apart, _own) for account in far
            ]
            for account in near:
                _look(account, last.get(account.account_id, Last()), apart, lambda: nullcontext(connection))
            for look in looks:
                look.result()
        return [row[0] for row in connection.execute(F.unanswered)]


def _is_near(account: Account) -> bool:
    try:
        return is_local(account.landing)
    except OutboundError:
        return True  # it says so when it is looked at


def _own() -> psycopg.Connection:
    return database.connect("ingest", autocommit=True)


def _look(account: Account, last: Last, apart: timedelta, connect: Connect) -> None:
    try:
        with zone.of(account) as store:
            store.prepare()
            listing = zone.look(store)
            digest = zone.digest(listing)
            if last.is_still_good(digest, apart):
                return
            with connect() as connection:
                _look_closely(connection, account, store, listing, digest, apart)
    except (OSError, OutboundError) as error:
        log.warning("landing zone not read", account=account.name, error=str(error))
    except Exception as error:  # noqa: BLE001  whatever it is, the other accounts go on; its words may quote a file
        log.warning("landing zone not read", account=account.name, error=type(error).__name__)


def _look_closely(
    connection: psycopg.Connection, account: Account, store: Zone, listing: Listing, digest: bytes, apart: timedelta
) -> None:
    where = {"account": account.account_id}
    row = connection.execute(Q.lock_looks, where).fetchone()
    if row is None or not row[0]:
        return  # another process is at it
    try:
        seen = sightings.note(connection, account.account_id, listing, apart, is_atomic=store.is_atomic)
        visit = _Visit(connection, account, store, listing, seen)
        if visit.all_done() and not visit.leaves_companions():
            # without what was moved: the same file put there again may look the same to the second and the octet
            left = visit.left()
            connection.execute(Q.note_look, where | {"listing": digest if left is listing else zone.digest(left)})
        else:
            connection.execute(Q.forget_look, where)
    finally:
        connection.execute(Q.unlock_looks, where)


class _Visit:
    """One close look at an account's zone."""

    def __init__(
        self, connection: psycopg.Connection, account: Account, store: Zone, listing: Listing, seen: Sightings
    ) -> None:
        self._connection = connection
        self._account = account
        self._store = store
        self._listing = listing
        self._seen = seen
        self._moved: set[tuple[str, str]] = set()
        self._claimed: dict[tuple[str, str], list[Claimed]] = {}
        for claimed in claim.not_archived(connection, account):
            self._claimed.setdefault((claimed.kind, claimed.name), []).append(claimed)

    def all_done(self) -> bool:
        """Takes what is complete. Whether nothing is left to do until something changes or has been at rest."""
        self._note_gone()
        end = time.monotonic() + TAKE_SECONDS
        is_done = True
        for kind, found, completed_by in self._to_take():
            if time.monotonic() >= end:
                log.warning("the other files are left to the next look", account=self._account.name)
                return False
            is_done &= self._tried(kind, found, completed_by)
        return is_done & late.notice(self._connection, self._account, self._store, self._listing, self._seen)

    def left(self) -> Listing:
        """The listing without what this look moved out of the way."""
        if not self._moved:
            return self._listing
        return {
            kind: {name: found for name, found in files.items() if (kind, name) not in self._moved}
            for kind, files in self._listing.items()
        }

    def leaves_companions(self) -> bool:
        """Whether a file was moved and one that belongs to it was not: it came late, and is for the next look."""
        left = self.left()
        return any(name + suffix in left[kind] for kind, name in self._moved for suffix in (zone.SIDECAR, zone.DONE))

    def _note_gone(self) -> None:
        """Those that were claimed and moved by a process that did not live to say so."""
        there = self._seen.there
        gone = [
            one.file_id for (kind, name), claimed in self._claimed.items() if name not in there[kind] for one in claimed
        ]
        if gone:
            claim.note_archived(self._connection, gone)

    def _to_take(self) -> list[tuple[str, Found, str | None]]:
        """(kind, file, how it is known to be complete) of what is complete or was claimed before, oldest first."""
        known: dict[tuple[str, str], tuple[str, Found, str | None]] = {
            (kind, found.name): (kind, found, None)
            for kind, name in self._claimed
            if (found := self._seen.there[kind].get(name))
        }
        known |= {(file.kind, file.found.name): file for file in self._seen.complete()}
        return sorted(known.values(), key=lambda file: file[1].modified_ns)

    def _tried(self, kind: str, found: Found, completed_by: str | None) -> bool:
        """Whether nothing is left to do with a file for now."""
        try:
            return self._taken(kind, found, completed_by)
        except (NotTaken, OSError) as error:
            # without its name, which may be a subscriber's number
            log.warning(
                "file not taken yet", account=self._account.name, kind=kind, size=found.size, error=type(error).__name__
            )
            return False

    def _taken(self, kind: str, found: Found, completed_by: str | None) -> bool:
        """Claims the file, unless that was done before or it is not complete, and moves it out of the way."""
        before = self._claimed_before(kind, found)
        if before is not None:
            companions = self._companions(kind, found)
            if not before.has_manifest:
                companions.pop(zone.SIDECAR, None)  # it came late
            return self._archived(kind, found, before.file_id, companions)
        if completed_by is None:
            return True
        companions = self._companions(kind, found)
        manifest = self._manifest(kind, found, companions)
        file_id = claim.take(self._connection, self._account, self._store, found, kind, completed_by, manifest)
        return self._archived(kind, found, file_id, companions)

    def _archived(self, kind: str, found: Found, file_id: int, companions: dict[str, Found]) -> bool:
        self._moved |= {(kind, one.name) for one in (found, *companions.values())}
        return claim.archive(self._connection, self._store, found, file_id, companions)

    def _companions(self, kind: str, found: Found) -> dict[str, Found]:
        files = self._listing[kind]
        return {suffix: files[name] for suffix in (zone.SIDECAR, zone.DONE) if (name := found.name + suffix) in files}

    def _claimed_before(self, kind: str, found: Found) -> Claimed | None:
        earlier = self._claimed.get((kind, zone.printable(found.name)), ())
        return next((claimed for claimed in earlier if claimed.is_of(found)), None)

    def _manifest(self, kind: str, found: Found, companions: dict[str, Found]) -> bytes | None:
        """What the sidecar says now: it may have come after the listing."""
        sidecar = self._store.find(zone.FOLDERS[kind], found.name + zone.SIDECAR)
        if sidecar is None:
            companions.pop(zone.SIDECAR, None)
            return None
        companions[zone.SIDECAR] = sidecar
        return self._store.read(sidecar, zone.LARGEST_MANIFEST)
