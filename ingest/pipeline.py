"""A claimed file's way to a campaign that can be judged, or to its answer."""

from typing import Any

import psycopg

from ingest import accounts, acknowledgement, answers, campaigns, files, loads, obstacles
from ingest.accounts import Account
from ingest.files import File
from ingest.refusal import Unusable
from ingest.row import one
from outbound import database
from outbound.logs import logger
from outbound.queries import load
from recipients import snapshots

log = logger("ingest.pipeline")
F = load("ingest/files")
C = load("ingest/campaigns")


def validate(file_id: int) -> int | None:
    """Checks every row of a campaign file and gives its campaign; loads a base or opt-outs and gives None.

    None, too, where the file cannot be used: its answer is in results/ then. One transaction does all of it; what was
    done before is not done again.
    """
    with database.connect("ingest", autocommit=True) as connection:
        with connection.transaction():
            file = files.lock(connection, file_id)
            campaign_id = _known(connection, file)
            if file.state == "claimed" and campaign_id is None:
                campaign_id = _process(connection, accounts.by_id(connection, file.account_id), file)
        if files.get(connection, file_id).state == "answered":
            answers.deliver(connection, file_id)
        if file.kind == "base":
            snapshots.refresh(connection, file.account_id)
    return campaign_id


def _known(connection: psycopg.Connection, file: File) -> int | None:
    """The campaign that was made of the file before, unless it was rejected."""
    row = connection.execute(C.of_file, {"file": file.file_id}).fetchone()
    return int(row[0]) if row is not None and row[1] != "rejected" else None


def _process(connection: psycopg.Connection, account: Account, file: File) -> int | None:
    try:
        with connection.transaction():
            if file.kind != "campaign":
                loads.apply(connection, account, file)
                return None
            if (earlier := same_content(connection, account, file.sha256, file.batch_ref, file.file_id)) is not None:
                answers.decide(connection, account, file, acknowledgement.duplicate(earlier), None)
                return None
            campaign_id, state = campaigns.land(connection, account, file)
    except Unusable as refusal:
        log.info("refused", file=file.file_id, account=account.name, code=refusal.code)
        answers.decide(connection, account, file, _refused(file, refusal), None)
        return None
    if state != "rejected":
        return campaign_id
    rows, reasons = one(connection, C.profile_reasons, {"campaign": campaign_id})
    answers.decide(connection, account, file, acknowledgement.checked(rows, 0, reasons), campaign_id)
    return None


def _refused(file: File, refusal: Unusable) -> dict[str, Any]:
    """An archive that cannot be read for want of its end is held: the rest of it may still be on its way."""
    answer = acknowledgement.refused(refusal)
    if refusal.code == "UNSAFE_ARCHIVE" and (hold := obstacles.truncated(file)) is not None:
        return acknowledgement.held(answer, hold.code, hold.detail)
    return answer


def same_content(
    connection: psycopg.Connection, account: Account, sha256: bytes, batch_ref: str | None, before: int
) -> int | None:
    """An earlier campaign file of the same bytes, where nothing says that they are meant to be sent again."""
    row = connection.execute(
        F.same_content, {"account": account.account_id, "sha256": sha256, "batch_ref": batch_ref, "file": before}
    ).fetchone()
    return int(row[0]) if row and row[0] is not None else None
