"""What of a campaign failed for good goes another time, as a campaign of its own (INTAKE, Retries).

Never who was sent to, or may have been: a segment that a carrier has or may have is not sent a second time.
"""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from ingest import acceptance, accounts, by_line, claim, files, foreground, options
from ingest.files import File
from ingest.source import open_source
from outbound import audit, database
from outbound.errors import OutboundError
from outbound.queries import load
from smpp import status

Q = load("ingest/retry")

# what a refusal has to be due to, for the same message to be taken another time
_PASSING = frozenset({"network_temporary", "platform_fault"})
# of the first file, or of when it went
_NOT_OF_A_RETRY = (
    "schedule", "asap", "end", "batch_ref", "sha256", "rows", "encoding", "delimiter", "header", "columns",
)  # fmt: skip


class NothingToRetry(OutboundError):
    """A campaign of which nothing is sent another time: why."""


def count(campaign_id: int) -> int:
    """How many of its messages would go another time. Raises NothingToRetry."""
    with database.connect("ingest", autocommit=True) as connection:
        _ended(connection, campaign_id)
        with _failed(connection, campaign_id) as lines:
            return sum(1 for _ in lines)


def send(campaign_id: int) -> dict[str, Any]:
    """Makes a campaign of them: its acknowledgement, `duplicate` where that was done before. Raises NothingToRetry, SnapshotGone."""
    with database.connect("ingest", autocommit=True) as connection:
        campaign = _ended(connection, campaign_id)
        account = accounts.by_id(connection, campaign["account_id"])
        file = files.get(connection, campaign["file_id"])
        with TemporaryDirectory(prefix="outbound-retry-") as folder:
            copy = Path(folder) / f"retry-{campaign_id}.csv"
            messages = _write(connection, campaign, file, copy)
            if not messages:
                raise NothingToRetry(f"nothing of campaign {campaign_id} failed that another try may help")
            manifest = json.dumps(_manifest(campaign)).encode()
            file_id = claim.claim(connection, account, copy, "campaign", "command", manifest)
        with connection.transaction():
            audit.record(
                connection,
                "retry",
                account.account_id,
                f"campaign {campaign_id}",
                {"file": file_id, "messages": messages},
            )
    return foreground.take(file_id)


def _ended(connection: psycopg.Connection, campaign_id: int) -> acceptance.Campaign:
    campaign = acceptance.find(connection, campaign_id)
    if campaign["state"] != "completed":
        raise NothingToRetry(
            f"campaign {campaign_id} is {campaign['state']}: once it is completed it is known what has failed"
        )
    return campaign


@contextmanager
def _failed(connection: psycopg.Connection, campaign_id: int) -> Iterator[Iterator[tuple[int]]]:
    passing = [number for number, policy in status.POLICIES.items() if policy.outcome in _PASSING]
    with connection.transaction(), connection.cursor("failed") as cursor:
        cursor.execute(Q.failed, {"campaign": campaign_id, "passing": passing})
        yield iter(cursor)


def _write(connection: psycopg.Connection, campaign: acceptance.Campaign, file: File, path: Path) -> int:
    """The rows of these messages as their sender wrote them; how many."""
    source = open_source(file.path, options.as_used(campaign["options"]).layout)
    written = 0
    with path.open("w", newline="", encoding="utf-8") as target, _failed(connection, campaign["campaign_id"]) as lines:
        rows = csv.writer(target, lineterminator="\n")
        rows.writerow(source.header)
        failed = by_line.ByLine(lines)
        for chunk in source.chunks():
            of_chunk = failed.of(chunk)
            columns = (column.to_pylist() for column in chunk.columns) if of_chunk else ()
            for line, *own in zip(chunk.lines.tolist(), *columns, strict=True) if of_chunk else ():
                if line in of_chunk:
                    rows.writerow(own)
                    written += 1
    return written


def _manifest(campaign: acceptance.Campaign) -> dict[str, Any]:
    """As the campaign went, but now; its reference makes a second retry of the same a duplicate."""
    kept = {
        key: value for key, value in campaign["options"].items() if value is not None and key not in _NOT_OF_A_RETRY
    }
    return kept | {
        "sender": campaign["sender"], "batch_ref": f"retry of campaign {campaign['campaign_id']}", "encoding": "utf-8",
        "delimiter": ",", "header": True, "submitted_by": audit.actor(),
    }  # fmt: skip
