"""Loads of bases and opt-outs: a file's rows, checked, applied in one transaction (INTAKE, Bases and Opt-outs)."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg

from ingest import acknowledgement, answers, checks, columns, obstacles, options, table
from ingest.accounts import Account
from ingest.files import File
from ingest.refusal import Unusable
from ingest.scanner import Row
from ingest.table import Table
from outbound import database
from outbound.logs import logger
from outbound.queries import load as queries
from recipients import number
from recipients.reason import Reason

log = logger("ingest.loads")
Q = queries("ingest/loads")

_ADD = frozenset({"add", "a", "+", "insert", "new", "إضافة"})
_REMOVE = frozenset({"remove", "r", "-", "delete", "del", "حذف"})


@dataclass
class Entries:
    """What a file says: the last row of a number counts."""

    added: dict[int, tuple[date | None, str | None]] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    rejects: list[tuple[int, Reason]] = field(default_factory=list)
    accepted: int = 0

    @property
    def reasons(self) -> Counter[str]:
        return Counter(reason.value for _, reason in self.rejects)


def apply(connection: psycopg.Connection, account: Account, file: File) -> None:
    """Loads a base or opt-out file and decides its answer, in the caller's transaction. Raises Unusable."""
    found = _read(account, file)
    if (hold := obstacles.truncated(file)) is not None:
        held = acknowledgement.held(acknowledgement.checked(len(found.rows), 0, {}), hold.code, hold.detail)
        answers.decide(connection, account, file, held, None)
        return
    connection.execute(Q.lock_loads, {"account": account.account_id})
    entries = entries_of(found, account.default_region)
    is_full = file.kind == "base" and not found.places(columns.ACTION)
    if entries.accepted:
        if file.kind == "base":
            _apply_base(connection, account, file, entries, is_full)
        else:
            _apply_opt_outs(connection, account, file, entries)
    with connection.cursor() as cursor:
        rejects = ((account.account_id, file.file_id, line, reason.value) for line, reason in entries.rejects)
        database.copy_in(cursor, "intake.reject", ("account_id", "file_id", "line", "reason"), rejects)
    content = acknowledgement.checked(len(found.rows), entries.accepted, entries.reasons)
    if file.kind == "base":
        content |= {"load": "full" if is_full else "delta"}
    answers.decide(connection, account, file, content, None)
    log.info("loaded", file=file.file_id, kind=file.kind, rows=len(found.rows), accepted=entries.accepted)


def entries_of(found: Table, region: str) -> Entries:
    entries = Entries()
    consent, action = found.places(columns.CONSENT), found.places(columns.ACTION)
    if len(consent) > 1 or len(action) > 1:
        raise Unusable("DOUBLE_COLUMN", "the date of consent or the action stands in several columns")
    known = {found.recipient, *consent, *action}
    names = [(place, name) for place, name in enumerate(found.header) if place not in known]
    for row, reason, msisdn in _numbers(found, region):
        if reason is None and msisdn is not None:
            reason = _enter(entries, row, msisdn, consent, action, names)
        if reason is None:
            entries.accepted += 1
        else:
            entries.rejects.append((row.line, reason))
    return entries


def _numbers(found: Table, region: str) -> Iterator[tuple[Row, Reason | None, int | None]]:
    for row in found.rows:
        wrong = checks.shape(row, len(found.header))
        if wrong is not None:
            yield row, wrong, None
            continue
        verdict = number.judge_member(row.fields[found.recipient], region)
        yield row, verdict.reason, verdict.msisdn


def _enter(
    entries: Entries, row: Row, msisdn: int, consent: list[int], action: list[int], names: list[tuple[int, str]]
) -> Reason | None:
    wanted = row.fields[action[0]].strip().casefold() if action else "add"
    if wanted in _REMOVE:
        entries.added.pop(msisdn, None)
        entries.removed.add(msisdn)
        return None
    if wanted not in _ADD:
        return Reason.BAD_ACTION
    try:
        day = _day(row.fields[consent[0]]) if consent else None
    except ValueError:
        return Reason.BAD_DATE
    attributes = {name: row.fields[place] for place, name in names}
    entries.removed.discard(msisdn)
    entries.added[msisdn] = (day, json.dumps(attributes, ensure_ascii=False) if attributes else None)
    return None


def _day(written: str) -> date | None:
    return date.fromisoformat(written.strip()) if written.strip() else None


def _apply_base(connection: psycopg.Connection, account: Account, file: File, entries: Entries, is_full: bool) -> None:
    where: dict[str, Any] = {"account": account.account_id, "file": file.file_id}
    newer = connection.execute(Q.newer_full_base, where).fetchone()
    if newer is not None:
        raise Unusable("SUPERSEDED", f"file {newer[0]}, a full base, came later and is loaded already")
    connection.execute(Q.make_incoming)
    with connection.cursor() as cursor:
        rows = ((msisdn, *values) for msisdn, values in entries.added.items())
        database.copy_in(cursor, "incoming_member", ("msisdn", "consent_date", "attributes"), rows)
    connection.execute(Q.analyze_incoming)
    if is_full:
        connection.execute(Q.remove_missing, where)
    else:
        connection.execute(Q.remove_members, where | {"msisdns": list(entries.removed)})
    connection.execute(Q.add_members, where)
    connection.execute(Q.drop_incoming)


def _apply_opt_outs(connection: psycopg.Connection, account: Account, file: File, entries: Entries) -> None:
    """An opt-out file only adds: who opted out is not brought back by a file."""
    if entries.removed:
        raise Unusable("BAD_ACTION", "an opt-out file only adds; subscribers are opted in again by a person")
    where = {"account": account.account_id, "file": file.file_id, "msisdns": list(entries.added)}
    connection.execute(Q.add_opt_outs, where)


def _read(account: Account, file: File) -> Table:
    if file.manifest_error is not None:
        raise Unusable("MANIFEST_INVALID", file.manifest_error)
    chosen = options.combine(file.manifest, account.defaults)
    if chosen.sha256 is not None and chosen.sha256.lower() != file.sha256.hex():
        raise Unusable("MANIFEST_MISMATCH", "the manifest's sha256 is that of another file")
    found = table.read(file.content(), chosen.layout)
    if chosen.rows is not None and chosen.rows != len(found.rows):
        raise Unusable("MANIFEST_MISMATCH", f"the manifest says {chosen.rows} rows, the file has {len(found.rows)}")
    return found
