"""A carrier's statement of what it accepted: proof for what is in doubt or unknown, and a check of the rest."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from outbound import database
from outbound.errors import OutboundError
from outbound.masking import mask
from outbound.queries import load
from smpp import message_id

Q = load("dispatch/statement")
QR = load("dispatch/receipts")

REQUIRED = ("message_id", "destination")


class BadStatement(OutboundError):
    """A statement that cannot be read: the message says where and why. Nothing of it was loaded."""


class UnknownConnector(OutboundError):
    """There is no connector of that name."""


class Line(NamedTuple):
    """A segment that the carrier accepted. ids: the normal forms that its id may stand for."""

    number: int
    ids: tuple[str, ...]
    msisdn: int
    source: str | None
    reference: int | None
    accepted_at: datetime | None


def settle(file: Path, connector: str) -> dict[str, Any]:
    """Loads the statement in one transaction; what it settled and where it differs from our log."""
    with database.connect("dispatch") as connection:
        found = connection.execute(Q.connector.encode(), {"name": connector}).fetchone()
        if found is None:
            raise UnknownConnector(f"there is no connector {connector}: `outbound dispatch status` lists them")
        where = {"connector": found[0], "statement": file.name}
        lines = list(read(file, found[1]))
        connection.execute(Q.prepare.encode())
        _copy(connection, lines)
        connection.execute("analyze claimed")
        connection.execute(Q.keep.encode(), where)
        connection.execute(Q.agree.encode(), where)
        settled = connection.execute(Q.settle.encode(), where).fetchall()
        if settled:
            connection.execute(
                QR.reopen_batches.encode(),
                {"campaigns": [row[0] for row in settled], "ordinals": [row[1] for row in settled]},
            )
        theirs = connection.execute(Q.only_theirs.encode()).fetchall()
        ours = connection.execute(Q.only_ours.encode(), where).fetchall()
    return {
        "lines": len(lines),
        "agreed": len(lines) - len(theirs) - len(settled),
        "settled": len(settled),
        "only_in_statement": len(theirs),
        "only_in_log": len(ours),
        "differences": [
            *(
                {"in": "statement", "line": line, "campaign": None, "segment": None, "msisdn": mask(msisdn), "at": at}
                for line, msisdn, at in theirs
            ),
            *(
                {"in": "log", "line": line, "campaign": campaign, "segment": segment, "msisdn": mask(msisdn), "at": at}
                for campaign, line, segment, msisdn, at in ours
            ),
        ],
    }


def read(file: Path, form: str) -> Iterator[Line]:
    """The lines of a CSV file; number: as an editor counts."""
    with file.open(encoding="utf-8-sig", newline="") as content:
        rows = csv.DictReader(content)
        try:
            missing = [column for column in REQUIRED if column not in (rows.fieldnames or ())]
            if missing:
                raise BadStatement(
                    f"{file}: the header lacks {' and '.join(missing)}; see `outbound statement load --help`"
                )
            for row in rows:
                yield _line(rows.line_num, row, form)
        except (ValueError, csv.Error) as error:
            raise BadStatement(f"{file}, line {rows.line_num}: {error}; nothing was loaded, correct it") from None


def _line(number: int, row: dict[str, str | None], form: str) -> Line:
    def value(column: str) -> str | None:
        written = (row.get(column) or "").strip()
        if "\0" in written:
            raise ValueError(f"{column} holds a NUL")
        return written or None

    ids = message_id.receipt_keys((value("message_id") or "").encode(), form)
    digits = (value("destination") or "").removeprefix("+").removeprefix("00")
    if not ids:
        raise ValueError("message_id is empty")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise ValueError("destination is no international number")
    reference, accepted_at = value("reference"), value("accepted_at")
    if reference is not None and not (reference.isascii() and reference.isdigit() and len(reference) <= 9):
        raise ValueError("reference is no number")
    try:
        at = datetime.fromisoformat(accepted_at) if accepted_at else None
    except ValueError:
        raise ValueError("accepted_at is no instant: write it like 2026-03-16T10:00:00Z") from None
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return Line(number, ids, int(digits), value("source"), None if reference is None else int(reference), at)


def _copy(connection: psycopg.Connection, lines: list[Line]) -> None:
    with connection.cursor() as cursor, cursor.copy(Q.copy_lines.encode()) as copy:
        for line in lines:
            copy.write_row(
                (line.number, line.ids[0], list(line.ids), line.msisdn, line.source, line.reference, line.accepted_at)
            )
