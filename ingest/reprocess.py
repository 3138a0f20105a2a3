"""Takes a file again that was refused or is held, from its copy, once what was wrong is mended (INTAKE, Again).

Nothing is ever sent twice by it: a file of which anything was queued or loaded is refused, and so is one that a later
file has replaced.
"""

from typing import Any

import psycopg

from ingest import accounts, campaigns, claim, files, foreground
from ingest.files import File
from ingest.row import one
from outbound import audit, database
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load

log = logger("ingest.reprocess")
Q = load("ingest/reprocess")
F = load("ingest/files")
C = load("ingest/campaigns")


class NotReprocessable(OutboundError):
    """The file may not be taken again: why, and what to do instead."""


def find(account_name: str, name: str) -> int:
    """The latest file that an account sent under this name."""
    with database.connect("ingest") as connection:
        account = accounts.named(connection, account_name)
        row = connection.execute(Q.latest_of_name, {"account": account.account_id, "name": name}).fetchone()
    if row is None:
        raise files.NoSuchFile(f"account {account_name} sent no file named {name}")
    return int(row[0])


def reprocess(file_id: int, reason: str | None) -> dict[str, Any]:
    """The new acknowledgement; the old one stays in intake.file_event. Killed and run again it goes on."""
    with database.connect("ingest", autocommit=True) as connection, connection.transaction():
        _open(connection, file_id, reason)
    return foreground.take(file_id)


def _open(connection: psycopg.Connection, file_id: int, reason: str | None) -> None:
    """Makes the file one that has no answer yet."""
    account_id = files.get(connection, file_id).account_id
    connection.execute(F.lock_claims, {"account": account_id})  # no other file takes its place meanwhile
    where = {"file": file_id}
    connection.execute(Q.lock_campaigns, where)  # before the file, as acceptance does
    file = files.lock(connection, file_id)
    if file.state == "claimed":
        return
    made = connection.execute(Q.lock_campaigns, where).fetchall()
    _refuse_where_used(connection, file, made)
    for campaign_id, state, _ in made:
        if state != "rejected":
            campaigns.reject(connection, campaign_id, "reprocessed")
    connection.execute(Q.keep_answer, where | {"actor": audit.actor(), "reason": reason})
    connection.execute(C.forget_rejects, where)
    connection.execute(Q.take_again, where)
    detail = {"reason": reason, "outcome": file.outcome, "campaigns": [campaign_id for campaign_id, *_ in made]}
    audit.record(connection, "reprocess", account_id, f"file {file_id}", detail)
    log.info("taken again", file=file_id, outcome=file.outcome)


def _refuse_where_used(connection: psycopg.Connection, file: File, made: list[tuple[Any, ...]]) -> None:
    queued = [campaign_id for campaign_id, _, accepted_at in made if accepted_at is not None]
    if queued:
        raise NotReprocessable(
            f"file {file.file_id} was accepted as campaign {queued[0]}: it would be sent twice. To send the same bytes"
            " once more, drop them with a new batch_ref"
        )
    if file.outcome in ("accepted", "partial"):
        raise NotReprocessable(f"file {file.file_id} is loaded already: drop it again to load it again")
    (later,) = one(connection, Q.in_its_place, {"file": file.file_id})
    if later is not None:
        raise NotReprocessable(
            f"file {later} came later and takes the place of file {file.file_id}: drop the file again if it is still wanted"
        )
    if not claim.snapshot_path(file.snapshot).is_file():
        raise files.SnapshotGone(f"file {file.file_id}: its copy is gone, drop the file again")
