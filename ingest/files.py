"""A claimed file, as the database keeps it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row

from ingest import ending
from ingest.claim import snapshot_path
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("ingest/files")


class NoSuchFile(OutboundError):
    """No file was claimed under this id."""


class SnapshotGone(OutboundError):
    """The copy of a file is not in the home any more: it was removed by hand or by retention."""


@dataclass(frozen=True)
class File:
    file_id: int
    account_id: int
    kind: str
    name: str
    size: int
    sha256: bytes
    manifest: dict[str, Any] | None
    manifest_error: str | None
    batch_ref: str | None
    snapshot: str
    completed_by: str
    stable_at: datetime
    claimed_at: datetime
    state: str
    outcome: str | None
    ack: dict[str, Any] | None

    @property
    def path(self) -> Path:
        """Where its copy lies."""
        found = snapshot_path(self.snapshot)
        if not found.exists():
            raise SnapshotGone(
                f"file {self.file_id}: its copy {found} is gone; put it back from a backup, or drop the file again"
            )
        return found

    @property
    def may_be_truncated(self) -> bool:
        """Nobody said that it is complete, and it does not end like a complete table (INTAKE)."""
        return self.completed_by == "stability" and not ending.is_whole(self.path)


def get(connection: psycopg.Connection, file_id: int) -> File:
    with connection.cursor(row_factory=class_row(File)) as cursor:
        found = cursor.execute(Q.file, {"file": file_id}).fetchone()
    if found is None:
        raise NoSuchFile(f"there is no file {file_id}; `outbound status` lists what was claimed")
    return found


def lock(connection: psycopg.Connection, file_id: int) -> File:
    """The file, for this transaction alone."""
    connection.execute(Q.lock_file, {"file": file_id})
    return get(connection, file_id)
