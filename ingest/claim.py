"""Takes a file as ours: copied before it is read, claimed in the database once, moved to the archive afterwards.

Each step may be repeated. The copy goes by its content, the claim is a unique key, and a file that was claimed and not
yet moved is found claimed at the next look.
"""

import hashlib
import os
from pathlib import Path

import psycopg
from psycopg.types.json import Jsonb

from ingest import options, zone
from ingest.accounts import Account
from ingest.row import one
from ingest.zone import Identity
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load
from outbound.settings import settings

log = logger("ingest.claim")
Q = load("ingest/files")
_BLOCK = 1 << 20


class StillChanging(OutboundError):
    """The file changed while it was copied: wait until it is complete and try again."""


def claim(
    connection: psycopg.Connection,
    account: Account,
    path: Path,
    kind: str,
    completed_by: str,
    manifest: bytes | None = None,
) -> int:
    """The file's id, the same one however often a drop is claimed with the same manifest. manifest: else the sidecar
    beside the file."""
    snapshot, sha256, identity = _snapshot(account, path)
    if manifest is None and (sidecar := zone.beside(path, zone.SIDECAR)):
        manifest = sidecar.read_bytes()
    found, error = options.read_manifest(manifest)
    claimed = {
        "account": account.account_id,
        "kind": kind,
        "name": zone.printable(path.name),
        "size": identity.size,
        "modified_ns": identity.changed_ns,
        "sha256": sha256,
        "manifest": None if found is None else Jsonb(found),
        "manifest_error": error,
        "batch_ref": options.batch_ref_of(found),
        "snapshot": snapshot,
        "completed_by": completed_by,
    }
    with connection.transaction():
        connection.execute(Q.lock_claims, claimed)
        row = connection.execute(Q.claim, claimed).fetchone()
        if row is not None:
            log.info("claimed", file=row[0], account=account.name, kind=kind, size=identity.size, by=completed_by)
        else:
            row = one(connection, Q.claimed_before, claimed)
    return int(row[0])


def archive(connection: psycopg.Connection, account: Account, path: Path, file_id: int) -> None:
    """Moves a claimed file, its manifest and its marker out of the way. What was put in its place meanwhile stays: it is
    a new drop, and nobody has read it."""
    (claimed_ns,) = one(connection, Q.claimed_state, {"file": file_id})
    before = _status(path)
    if before is None or before.changed_ns != claimed_ns:
        return
    folder = account.folder / "archive"
    folder.mkdir(exist_ok=True)
    target = folder / f"{zone.safe(zone.printable(path.name))}.{file_id}"
    path.replace(target)
    moved = _status(target)
    if moved and (before.inode, before.size, before.modified_ns) != (moved.inode, moved.size, moved.modified_ns):
        target.replace(path)  # it was overwritten between the look and the move
        return
    for suffix in (zone.SIDECAR, zone.DONE):
        if source := zone.beside(path, suffix):
            source.replace(target.with_name(target.name + suffix))


def is_claimed(connection: psycopg.Connection, account: Account, entry: zone.Entry) -> int | None:
    """The id under which this very drop was claimed before, if it was."""
    row = connection.execute(
        Q.seen_before,
        {
            "account": account.account_id,
            "kind": entry.kind,
            "name": entry.name,
            "size": entry.identity.size,
            "modified_ns": entry.identity.changed_ns,
        },
    ).fetchone()
    return int(row[0]) if row else None


def snapshot_path(snapshot: str) -> Path:
    return settings().snapshots / snapshot


def _snapshot(account: Account, path: Path) -> tuple[str, bytes, Identity]:
    """Copies the file into the home: its place there, its SHA-256, and what it was when it was copied."""
    folder = settings().snapshots / str(account.account_id)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{os.getpid()}.part"
    digest = hashlib.sha256()
    with path.open("rb") as source, temporary.open("wb") as copy:
        before = Identity.of(os.fstat(source.fileno()))
        while block := source.read(_BLOCK):
            digest.update(block)
            copy.write(block)
        copy.flush()
        os.fsync(copy.fileno())
        after = Identity.of(os.fstat(source.fileno()))
    if before != after or temporary.stat().st_size != before.size:
        temporary.unlink()
        raise StillChanging(f"{path} changed while it was read: try again once it is complete")
    temporary.replace(folder / digest.hexdigest())
    return f"{account.account_id}/{digest.hexdigest()}", digest.digest(), before


def _status(path: Path) -> Identity | None:
    try:
        return Identity.of(path.stat())
    except FileNotFoundError:
        return None
