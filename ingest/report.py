"""The final report of a campaign: its sender's own rows, and what became of each (INTAKE, Answers)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg

from ingest import acceptance, accounts, answers, files, options, table, zone
from ingest.accounts import Account
from ingest.files import File
from ingest.wording import REASONS
from outbound import database
from outbound.errors import OutboundError
from outbound.landing.zone import RESULTS
from outbound.logs import logger
from outbound.queries import load

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
            store.write(
                RESULTS, answers.result_name(file, "report.csv"), _lines(connection, account, file, campaign_id)
            )
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


def _lines(connection: psycopg.Connection, account: Account, file: File, campaign_id: int) -> Iterator[bytes]:
    chosen = options.combine(file.manifest, account.defaults)
    found = table.read(file.content(), chosen.layout)
    fates = {fate.line: fate for fate in map(Fate._make, connection.execute(Q.fates, {"campaign": campaign_id}))}
    rejects = {line: code for line, code, _ in connection.execute(F.rejects, {"file": file.file_id})}
    width = len(found.header)
    yield b"\xef\xbb\xbf"
    yield answers.csv_line([*found.header, *_ADDED])
    for row in found.rows:
        own = (row.fields + [""] * width)[:width]  # a ragged row fills the columns as far as it goes
        yield answers.csv_line([*own, *_added(fates.get(row.line), rejects.get(row.line))])


def _added(fate: Fate | None, code: str | None) -> list[str]:
    if fate is None:
        reason = f"{code}: {REASONS[code][0]}" if code is not None else ""
        return ["rejected", reason, "", "", ""]
    times = [at.isoformat(timespec="seconds") if at is not None else "" for at in (fate.sent_at, fate.final_at)]
    return [fate.status, fate.reason or "", str(fate.segments), *times]
