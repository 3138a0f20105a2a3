"""A customer's base outside the database: a memory-mapped set of its members, a file for each version (INTAKE, Bases).

A file goes by its version's number and mark (account.base_version). It is written under another name and published by a
rename, so that what is found under its name is whole; no two bases ever have the same name, so that what is found is
never another one's. Whoever opens a base asks the database, in the transaction in hand, which version that is: what an
earlier load left behind is never looked at.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple
from uuid import UUID

import numpy as np
import psycopg
from psycopg.rows import tuple_row

from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load
from outbound.settings import settings
from recipients import packed, rank_bitmap
from recipients.rank_bitmap import DamagedSet, MemberSet, Numbers, SortedNumbers

log = logger("recipients.snapshots")
Q = load("recipients/bases")

_TRIES = 5
_LOCK = "lock"
_UNFINISHED = ".part"
_ABANDONED = 24 * 3600.0  # seconds after which nobody is writing an unfinished file any more


class BaseKeepsChanging(OutboundError):
    """A base changed again and again while its snapshot was made: try again when its loads are through."""


class Version(NamedTuple):
    """Which base an account has. number: 1.., 0 before its first member. mark: of this change alone. members: how many."""

    number: int
    mark: UUID | None
    members: int

    @property
    def name(self) -> str:
        return f"{self.number}-{self.mark.hex if self.mark else 'none'}"


class Base(NamedTuple):
    """The members of one version of an account's base."""

    account_id: int
    of: Version
    members: MemberSet

    @property
    def version(self) -> int:
        return self.of.number

    @property
    def size(self) -> int:
        return self.of.members

    def ranks(self, msisdns: Numbers) -> Numbers:
        """int64[n]: the place, 0.., of each of n numbers among the base's members in order, -1 for who is none."""
        return self.members.ranks(msisdns)

    def is_current(self, connection: psycopg.Connection) -> bool:
        """Whether the account still has this base, as the connection's transaction sees it."""
        return self.of == current(connection, self.account_id)


def current(connection: psycopg.Connection, account_id: int) -> Version:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(Q.version, {"account": account_id}).fetchone()
    return Version(*row) if row else Version(0, None, 0)


def open_base(connection: psycopg.Connection, account_id: int) -> Base:
    """The base that the account has in the connection's transaction; its snapshot is made first where there is none.

    The members are those of exactly this version, whatever is loaded meanwhile. Raises BaseKeepsChanging.
    """
    for _ in range(_TRIES):
        version = current(connection, account_id)
        if not version.members:
            return Base(account_id, version, SortedNumbers(np.empty(0, np.int64)))
        path = _folder(account_id) / version.name
        try:
            return Base(account_id, version, rank_bitmap.load(path))
        except FileNotFoundError:
            pass
        except DamagedSet as damage:
            log.warning("damaged snapshot removed", account=account_id, version=version.number, error=str(damage))
            path.unlink(missing_ok=True)
        _make(connection, account_id, version, path)
    raise BaseKeepsChanging(f"the base of account {account_id} changed {_TRIES} times while it was read: try again")


def refresh(connection: psycopg.Connection, account_id: int) -> None:
    """Makes the current snapshot where it lacks, so that the next campaign finds it; without one it is made then."""
    try:
        open_base(connection, account_id)
    except (OSError, OutboundError) as error:
        log.warning("snapshot not made", account=account_id, error=str(error))


def tend(connection: psycopg.Connection) -> None:
    """Removes the snapshots of versions that nobody has any more, and makes those that lack. Who has a removed file open
    keeps it."""
    found = list(settings().bases.glob("*/*"))  # before the question: a version that comes later is not among them
    versions = connection.execute(Q.versions).fetchall()
    needed = {_folder(account) / Version(*version).name for account, *version in versions}
    stale = [path for path in found if path not in needed and path.name != _LOCK and not _is_in_the_making(path)]
    for path in stale:
        path.unlink(missing_ok=True)
    log.info("base snapshots removed", count=len(stale))
    for account_id, *_ in versions:
        refresh(connection, account_id)


def _is_in_the_making(path: Path) -> bool:
    try:
        return path.suffix == _UNFINISHED and path.stat().st_mtime > time.time() - _ABANDONED
    except FileNotFoundError:  # published or given up since
        return True


def _make(connection: psycopg.Connection, account_id: int, version: Version, path: Path) -> None:
    """Publishes a version's snapshot, unless the base changes meanwhile; of several processes one does the work."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(path.parent / _LOCK):
        if path.exists():
            return
        unfinished = path.with_name(f"{path.name}.{os.getpid()}{_UNFINISHED}")
        try:
            with TemporaryFile(dir=path.parent) as scratch, unfinished.open("wb") as file:
                members = np.memmap(scratch, np.int64, mode="w+", shape=version.members)
                if not _read(connection, account_id, members) or current(connection, account_id) != version:
                    return
                rank_bitmap.write(members, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    log.info("base snapshot made", account=account_id, version=version.number, members=version.members)


def _read(connection: psycopg.Connection, account_id: int, into: Numbers) -> bool:
    """Fills in the members; whether they were as many as there is room for."""
    filled = 0
    for block in packed.blocks(connection, Q.members_above, {"account": account_id}):
        if filled + len(block) > len(into):
            return False
        into[filled : filled + len(block)] = block
        filled += len(block)
    return filled == len(into)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _folder(account_id: int) -> Path:
    return settings().bases / str(account_id)
