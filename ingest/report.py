"""The final report of a campaign: its sender's own rows, and what became of each (INTAKE, Answers)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg

from ingest import acceptance, accounts, answers, by_line, files, options, zone
from ingest.files import File
from ingest.source import open_source
from outbound import database
from outbound.errors import OutboundError
from outbound.landing.zone import RESULTS
from outbound.logs import logger
from outbound.queries import load
from outbound.wording import REASONS

log = logger("ingest.report")
F = load("ingest/files")
Q = load("ingest/report")

_ADDED = ["status", "reason", "segments", "sent_at", "final_at"]


class Fate(NamedTuple):
    """Of a message. status: delivered, undeliverable, expired, rejected, sent (no final receipt), unknown, not_sent."""

    line: int
    status: str
    reason: str | None
    segments: int
    sent_at: Any
    final_at: Any


def write(campaign_id: int) -> None:
    """Puts the report into the account's results/ folder, again where it is there already; none for a refused file."""
    with database.connect("ingest", autocommit=True) as connection:
        campaign = acceptance.find(connection, campaign_id)
        if campaign["accepted_at"] is None:
            return
        file = files.get(connection, campaign["file_id"])
        account = accounts.by_id(connection, campaign["account_id"])
        with zone.of(account) as store:
            store.prepare()
            store.write(RESULTS, answers.result_name(file, "report.csv"), _lines(connection, file, campaign))
        connection.execute(Q.mark_reported, {"campaign": campaign_id})
    log.info("reported", campaign=campaign_id)


def write_missing() -> None:
    """The reports of campaigns that ended, and whose run did not live to write them."""
    with database.connect("ingest", autocommit=True) as connection:
        due = [row[0] for row in connection.execute(Q.unreported)]
    for campaign_id in due:
        try:
            write(campaign_id)
        except (OSError, OutboundError) as error:
            log.warning("report not written", campaign=campaign_id, error=str(error))


def _lines(connection: psycopg.Connection, file: File, campaign: acceptance.Campaign) -> Iterator[bytes]:
    source = open_source(file.path, options.as_used(campaign["options"]).layout)
    yield b"\xef\xbb\xbf"
    yield answers.csv_line([*source.header, *_ADDED])
    with (
        by_line.stream(connection, "fates", Q.fates, {"campaign": campaign["campaign_id"]}) as fates,
        by_line.stream(connection, "rejects", F.rejects, {"file": file.file_id}) as rejects,
    ):
        for chunk in source.chunks():
            sent, rejected = fates.of(chunk), rejects.of(chunk)
            columns = (column.to_pylist() for column in chunk.columns)
            for line, *own in zip(chunk.lines.tolist(), *columns, strict=True):
                fate = Fate(*sent[line]) if line in sent else None
                code = rejected[line][1] if line in rejected else None
                yield answers.csv_line([*own, *_added(fate, code)])


def _added(fate: Fate | None, code: str | None) -> list[str]:
    if fate is None:
        reason = f"{code}: {REASONS[code][0]}" if code is not None else ""
        return ["rejected", reason, "", "", ""]
    times = [at.isoformat(timespec="seconds") if at is not None else "" for at in (fate.sent_at, fate.final_at)]
    return [fate.status, fate.reason or "", str(fate.segments), *times]
