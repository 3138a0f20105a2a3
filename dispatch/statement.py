"""A carrier's statement of what it accepted: proof for what is in doubt or unknown, and a check of the rest."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from dispatch import statement_file
from dispatch.statement_file import Layout, Line
from dispatch.statement_pairs import Claim, Doubt, pair
from outbound import database
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("dispatch/statement")
DOUBT = load("dispatch/doubt")

_AROUND = timedelta(days=2)  # of the statement's times: where attempts of the same ids are looked for
_CHUNK = 10_000
COLUMNS = (
    "difference", "line", "message_id", "destination", "accepted_at", "campaign", "campaign_line", "segment",
    "our_destination", "sent_at",
)  # fmt: skip


class UnknownConnector(OutboundError):
    """There is no connector of that name."""


class Difference(NamedTuple):
    """kind: only_in_statement, other_destination, only_in_log. Numbers are complete: mask them before they are shown."""

    kind: str
    line: int | None
    message_id: str | None
    destination: int | None
    accepted_at: datetime | None
    campaign: int | None = None
    campaign_line: int | None = None
    segment: int | None = None
    our_destination: int | None = None
    sent_at: datetime | None = None


@dataclass(slots=True)
class Outcome:
    """lines = repeated + agreed + settled + other_destination + only_in_statement. compared: whether the statement's
    time is known, without which nothing can be said to be missing in it. first: of the differences, a few."""

    lines: int = 0
    repeated: int = 0
    agreed: int = 0
    settled: int = 0
    other_destination: int = 0
    only_in_statement: int = 0
    only_in_log: int = 0
    compared: bool = False
    first: list[Difference] = field(default_factory=list)


def settle(
    file: Path,
    connector: str,
    layout: Layout | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    differences: Path | None = None,
    show: int = 20,
) -> Outcome:
    """Loads the statement in one transaction: what it settled, and where it differs from our log.

    since, until: the time that the statement is of; without them its first and last accepted_at. It is kept, and the
    marts compare our log with the carrier's within it. differences: a CSV
    (COLUMNS) of all of them; it is there once the statement is loaded, or not at all. show: how many the outcome holds.
    """
    with _writer(differences) as write, database.connect("dispatch") as connection:
        found = connection.execute(Q.connector, {"name": connector}).fetchone()
        if found is None:
            raise UnknownConnector(f"there is no connector {connector}: `outbound dispatch status` lists them")
        where = {"connector": found[0], "statement": file.name}
        connection.execute(Q.lock, where)
        connection.execute(Q.prepare)
        outcome = Outcome(lines=_copy(connection, statement_file.read(file, found[1], layout)))
        outcome.repeated = connection.execute(Q.drop_repeated).rowcount
        connection.execute("analyze claimed")
        first, last = _times(connection)
        _find(connection, where, first, last)
        outcome.settled = _settle(connection, where)
        connection.execute("analyze known")
        connection.execute(Q.keep, where)
        connection.execute(Q.restate, where)
        since, until = since or first, until or last
        outcome.compared = since is not None and until is not None
        _remember(connection, where, outcome.lines - outcome.repeated, since, until)
        for kind, rows in _differences(connection, where | {"since": since, "until": until}, outcome.compared):
            count = 0
            for row in rows:
                count += 1
                difference = _told(kind, row)
                write(difference)
                if len(outcome.first) < show:
                    outcome.first.append(difference)
            setattr(outcome, kind, count)
    outcome.agreed = (
        outcome.lines - outcome.repeated - outcome.settled - outcome.other_destination - outcome.only_in_statement
    )
    return outcome


def _copy(connection: psycopg.Connection, lines: Iterable[Line]) -> int:
    count = 0
    with connection.cursor() as cursor, cursor.copy(Q.copy_lines) as copy:
        lines = iter(lines)
        while chunk := list(islice(lines, _CHUNK)):
            copy.write("".join([_row(line) for line in chunk]))
            count += len(chunk)
    return count


def _row(line: Line) -> str:
    ids = ",".join(['"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' for key in line.ids])
    return (
        f"{line.number}\t{_escaped('{' + ids + '}')}\t{line.msisdn}\t"
        f"{_NULL if line.source is None else _escaped(line.source)}\t"
        f"{_NULL if line.reference is None else line.reference}\t{line.accepted_at or _NULL}\t"
        f"{_NULL if line.is_delivered is None else line.is_delivered}\t"
        f"{_NULL if line.price is None else line.price}\t{line.currency or _NULL}\n"
    )


_NULL = "\\N"


def _times(connection: psycopg.Connection) -> tuple[datetime | None, datetime | None]:
    row = connection.execute(Q.times).fetchone()
    return row or (None, None)


def _find(connection: psycopg.Connection, where: dict[str, Any], first: datetime | None, last: datetime | None) -> None:
    """Which attempt each line is about, by its id: the likeliest form of it first."""
    around: dict[str, Any] = {"since": "-infinity", "until": "infinity"}
    if first is not None and last is not None:
        around = {"since": first - _AROUND, "until": last + _AROUND}
    connection.execute(Q.prepare_known)
    for places in ({"first": 1, "last": 1}, {"first": 2, "last": 3}):
        connection.execute(Q.find_by_answer, where | around | places)
        connection.execute("analyze known")
    connection.execute(Q.find_by_settlement, where)
    connection.execute(Q.forget_others)


def _settle(connection: psycopg.Connection, where: dict[str, Any]) -> int:
    doubts = [Doubt(*row) for row in connection.execute(Q.doubts, where)]
    recipients = list({doubt.msisdn for doubt in doubts})
    claims = [Claim(*row) for row in connection.execute(Q.claims, {"msisdns": recipients})]
    pairs = pair(claims, doubts)
    if not pairs:
        return 0
    connection.execute(
        Q.settle,
        {
            "lines": [claim.line for claim, _ in pairs],
            "ids": [claim.message_id for claim, _ in pairs],
            "accounts": [doubt.account_id for _, doubt in pairs],
            "campaigns": [doubt.campaign_id for _, doubt in pairs],
            "ordinals": [doubt.ordinal for _, doubt in pairs],
            "segments": [doubt.segment for _, doubt in pairs],
            "attempts": [doubt.attempt for _, doubt in pairs],
            "sent": [doubt.sent_at for _, doubt in pairs],
        },
    )
    connection.execute(
        DOUBT.reopen_batches,
        {"campaigns": [doubt.campaign_id for _, doubt in pairs], "ordinals": [doubt.ordinal for _, doubt in pairs]},
    )
    return len(pairs)


def _remember(
    connection: psycopg.Connection, where: dict[str, Any], lines: int, since: datetime | None, until: datetime | None
) -> None:
    """Which time the carrier has told of: the marts compare that, and nothing outside it."""
    if since is None or until is None or since > until:
        since = until = None
    connection.execute(Q.remember, where | {"lines": lines, "since": since, "until": until})


def _differences(
    connection: psycopg.Connection, where: dict[str, Any], compared: bool
) -> Iterator[tuple[str, Iterable[tuple[Any, ...]]]]:
    """A few or millions: they are streamed."""
    for kind, query in (
        ("only_in_statement", Q.only_theirs), ("other_destination", Q.other_destination), ("only_in_log", Q.only_ours),
    ):  # fmt: skip
        if kind == "only_in_log" and not compared:
            continue
        with connection.cursor(name="differences") as cursor:
            cursor.itersize = _CHUNK
            cursor.execute(query, where)
            yield kind, cursor


def _told(kind: str, row: tuple[Any, ...]) -> Difference:
    if kind == "only_in_log":
        campaign, line, segment, msisdn, sent_at, message_id = row
        return Difference(kind, None, message_id, None, None, campaign, line, segment, msisdn, sent_at)
    return Difference(kind, *row)


@contextmanager
def _writer(path: Path | None) -> Iterator[Any]:
    """Writes differences; the file is put in its place when all is well."""
    if path is None:
        yield lambda _: None
        return
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            yield rows.writerow
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _escaped(text: str) -> str:
    """As COPY's text format wants it."""
    if "\\" not in text and text.isprintable():
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r").replace("\0", "")
