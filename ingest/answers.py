"""Answers a file: decided in the database with what it is about, then put into the account's results/ folder.

What a process decided and did not live to deliver, the next look at the landing zone delivers.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from ingest import accounts, by_line, files, options, zone
from ingest.accounts import Account
from ingest.files import File
from ingest.source import open_source
from outbound.errors import OutboundError
from outbound.landing.zone import RESULTS, Zone
from outbound.logs import logger
from outbound.queries import load
from outbound.wording import REASONS

log = logger("ingest.answers")
Q = load("ingest/files")
_RISKY = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for a formula


class NotAnswered(OutboundError):
    """An answer can be delivered once it is decided, not before."""


def decide(
    connection: psycopg.Connection, account: Account, file: File, content: Mapping[str, Any], campaign_id: int | None
) -> None:
    """Keeps the answer with the file, in the caller's transaction. content: of `ingest.acknowledgement`."""
    ack = describe(account, file, content, campaign_id)
    connection.execute(Q.answer, {"file": file.file_id, "outcome": content["status"], "ack": Jsonb(ack)})


def redecide(connection: psycopg.Connection, file: File, ack: Mapping[str, Any]) -> None:
    """Keeps another whole acknowledgement with a file that was answered before; it is delivered anew."""
    connection.execute(Q.answer, {"file": file.file_id, "outcome": ack["status"], "ack": Jsonb(ack)})


def describe(account: Account, file: File, content: Mapping[str, Any], campaign_id: int | None) -> dict[str, Any]:
    """The whole acknowledgement."""
    return {
        "file": file.name,
        "file_id": file.file_id,
        "account": account.name,
        "kind": file.kind,
        "campaign_id": campaign_id,
        "batch_ref": file.batch_ref,
        "sha256": file.sha256.hex(),
        "received_at": file.stable_at.isoformat(),
        **content,
        "rejects_file": result_name(file, "rejects.csv") if content.get("rejected") else None,
    }


def deliver(connection: psycopg.Connection, file_id: int) -> dict[str, Any]:
    """Writes the answer's files, again where they are there already; returns the acknowledgement."""
    file = files.get(connection, file_id)
    account = accounts.by_id(connection, file.account_id)
    if file.ack is None:
        raise NotAnswered(f"file {file_id} has no answer yet")
    with zone.of(account) as store:
        store.prepare()
        put(connection, account, store, file)
    return file.ack


def put(connection: psycopg.Connection, account: Account, store: Zone, file: File) -> None:
    """Writes the files of an answer that was decided into its open landing zone."""
    ack = file.ack or {}
    if ack["rejects_file"]:
        store.write(RESULTS, ack["rejects_file"], _rejects(connection, account, file))
    content = json.dumps(ack, ensure_ascii=False, indent=2).encode()
    store.write(RESULTS, result_name(file, "ack.json"), [content, b"\n"])
    connection.execute(Q.delivered, {"file": file.file_id})
    log.info("answered", file=file.file_id, account=account.name, outcome=file.outcome)


def deliver_missing(connection: psycopg.Connection) -> None:
    for (file_id,) in connection.execute(Q.undelivered).fetchall():
        try:
            deliver(connection, file_id)
        except (OSError, OutboundError) as error:
            log.warning("answer not delivered", file=file_id, error=str(error))


def csv_line(values: list[str]) -> bytes:
    """A line that a spreadsheet opens as text: what it would take for a formula begins with an apostrophe."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(
        ["'" + value if value.startswith(_RISKY) else value for value in values]
    )
    return line.getvalue().encode("utf-8", "replace")


def _rejects(connection: psycopg.Connection, account: Account, file: File) -> Iterator[bytes]:
    """The rejected lines beside what their sender wrote; the rows come from the copy of the file."""
    used = connection.execute(Q.options_used, {"file": file.file_id}).fetchone()
    chosen = options.as_used(used[0]) if used else options.combine(file.manifest, account.defaults)
    source = open_source(file.path, chosen.layout)
    yield b"\xef\xbb\xbf"
    yield csv_line(["line", "row", "code", "reason", "reason_ar"])
    with by_line.stream(connection, "rejects", Q.rejects, {"file": file.file_id}) as rejects:
        for chunk in source.chunks():
            for line, (_, code, first_line) in rejects.of(chunk).items():
                english, arabic = REASONS[code]
                if first_line is not None:
                    english, arabic = f"{english} (line {first_line})", f"{arabic} (السطر {first_line})"
                place = int(chunk.lines.searchsorted(line))
                yield csv_line([str(line), chunk.raw(place), code, english, arabic])


def result_name(file: File, suffix: str) -> str:
    return f"{zone.safe(file.name)}.{file.file_id}.{suffix}"
