"""One file in the foreground: what the DAG does, up to acceptance, or what it would do."""

from pathlib import Path
from typing import Any

from ingest import accounts, answers, claim, files, gate, pipeline
from ingest.acceptance import accept
from outbound import database


def ingest(path: Path, account_name: str, kind: str) -> dict[str, Any]:
    """Claims, checks, judges and accepts a file; the acknowledgement. The same file again: the same acknowledgement."""
    with database.connect("ingest", autocommit=True) as connection:
        account = accounts.named(connection, account_name)
        file_id = claim.claim(connection, account, path, kind, "command")
    return take(file_id)


def take(file_id: int) -> dict[str, Any]:
    """Checks, judges and accepts a claimed file; its acknowledgement. What was done before is not done again."""
    campaign_id = pipeline.validate(file_id)
    if campaign_id is not None:
        gate.judge(campaign_id)
        accept(campaign_id)
    with database.connect("ingest", autocommit=True) as connection:
        ack = files.get(connection, file_id).ack
    if ack is None:
        raise answers.NotAnswered(f"file {file_id} has no answer yet")
    return ack
