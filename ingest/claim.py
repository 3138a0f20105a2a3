"""Takes a file as ours: copied before it is read, claimed in the database once, moved to the archive afterwards.

Each step may be repeated. The copy goes by its content, the claim is a unique key, and a file that was claimed and not
yet moved is found claimed at the next look.
"""

import secrets
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from ingest import options, zone
from ingest.accounts import Account
from ingest.row import one
from outbound.landing.local import Local
from outbound.landing.zone import Found, NotTaken, Zone
from outbound.logs import logger
from outbound.queries import load
from outbound.settings import settings

log = logger("ingest.claim")
Q = load("ingest/files")


class Claimed(NamedTuple):
    """A drop that was claimed before and may lie there still."""

    file_id: int
    kind: str
    name: str
    size: int
    modified_ns: int
    version: str
    has_manifest: bool

    def is_of(self, found: Found) -> bool:
        return (self.size, self.modified_ns, self.version) == (found.size, found.modified_ns, str(found.version))


def claim(
    connection: psycopg.Connection,
    account: Account,
    path: Path,
    kind: str,
    completed_by: str,
    manifest: bytes | None = None,
) -> int:
    """The id of a file that somebody names on this machine, the same one however often. manifest: else the sidecar
    beside it."""
    store = Local(path.absolute().parent)
    found = store.find("", path.name)
    if found is None:
        raise NotTaken(f"{path} is no file: give the path of one")
    if manifest is None and (sidecar := zone.beside(path, zone.SIDECAR)):
        manifest = sidecar.read_bytes()
    return take(connection, account, store, found, kind, completed_by, manifest)


def take(
    connection: psycopg.Connection,
    account: Account,
    store: Zone,
    found: Found,
    kind: str,
    completed_by: str,
    manifest: bytes | None,
) -> int:
    """The file's id, the same one however often a drop is claimed with the same manifest. Raises NotTaken."""
    snapshot, sha256 = _snapshot(account, store, found)
    content, error = options.read_manifest(manifest)
    claimed = {
        "account": account.account_id,
        "kind": kind,
        "name": zone.printable(found.name),
        "size": found.size,
        "modified_ns": found.modified_ns,
        "version": str(found.version),
        "sha256": sha256,
        "manifest": None if content is None else Jsonb(content),
        "manifest_error": error,
        "batch_ref": options.batch_ref_of(content),
        "snapshot": snapshot,
        "completed_by": completed_by,
    }
    with connection.transaction():
        connection.execute(Q.lock_claims, claimed)
        row = connection.execute(Q.claim, claimed).fetchone()
        if row is not None:
            log.info("claimed", file=row[0], account=account.name, kind=kind, size=found.size, by=completed_by)
        else:
            row = one(connection, Q.claimed_before, claimed)
    return int(row[0])


def not_archived(connection: psycopg.Connection, account: Account) -> list[Claimed]:
    return [Claimed(*row) for row in connection.execute(Q.not_archived, {"account": account.account_id})]


def archive(
    connection: psycopg.Connection, store: Zone, found: Found, file_id: int, companions: dict[str, Found]
) -> bool:
    """Moves a claimed file out of the way, its companions (by suffix) first: one left behind would be taken for the next
    file's. Whether it is. What was put in its place meanwhile stays: it is a new drop, and nobody has read it."""
    if store.find(found.folder, found.name) != found:
        return False
    target = archived_name(found.name, file_id)
    for suffix, companion in companions.items():
        store.archive(companion, target + suffix)
    if not store.archive(found, target):
        return False
    note_archived(connection, [file_id])
    return True


def note_archived(connection: psycopg.Connection, file_ids: list[int]) -> None:
    connection.execute(Q.archived, {"files": file_ids})


def archived_name(name: str, file_id: int) -> str:
    return f"{zone.safe(zone.printable(name))}.{file_id}"


def snapshot_path(snapshot: str) -> Path:
    return settings().snapshots / snapshot


def _snapshot(account: Account, store: Zone, found: Found) -> tuple[str, bytes]:
    """Copies the file into the home: its place there and its SHA-256."""
    folder = settings().snapshots / str(account.account_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = folder / f".{secrets.token_hex(8)}.part"
    try:
        sha256 = store.copy(found, temporary)
        temporary.replace(folder / sha256.hex())
    finally:
        temporary.unlink(missing_ok=True)
    return f"{account.account_id}/{sha256.hex()}", sha256
