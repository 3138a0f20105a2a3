"""Loads of bases and opt-outs: a file's rows, checked, applied in one transaction (INTAKE, Bases and Opt-outs).

Rows go chunk by chunk into a table of the transaction's own; which row of a number is its last, and what that changes,
is left to SQL, set by set. Memory is that of a chunk, whatever the file.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import pyarrow as pa
from pyarrow import csv

from ingest import acknowledgement, answers, entries, obstacles, options
from ingest.accounts import Account
from ingest.chunk import Chunk, Codes, Source
from ingest.entries import Entries, Form
from ingest.files import File
from ingest.options import Options
from ingest.refusal import Unusable
from ingest.row import one
from ingest.source import open_source
from outbound import database
from outbound.logs import logger
from outbound.queries import load as queries
from recipients.numbers import Numbers
from recipients.reason import REASONS, Reason

log = logger("ingest.loads")
Q = queries("ingest/loads")

_INCOMING = ("place", "msisdn", "is_removal", "consent_date", "attributes")
_REJECT = ("account_id", "file_id", "line", "reason")
_NAMES = pa.array(["", *(reason.value for reason in REASONS)])


@dataclass
class Tally:
    """What came in. by_code: rows by the code of their reason, [0] the accepted ones."""

    by_code: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(REASONS) + 1, np.int64))

    @property
    def rows(self) -> int:
        return int(self.by_code.sum())

    @property
    def accepted(self) -> int:
        return int(self.by_code[0])

    @property
    def reasons(self) -> dict[str, int]:
        return {reason.value: int(n) for reason, n in zip(REASONS, self.by_code[1:], strict=True) if n}


def apply(connection: psycopg.Connection, account: Account, file: File) -> None:
    """Loads a base or opt-out file and decides its answer, in the caller's transaction. Raises Unusable."""
    chosen = _options(account, file)
    source = open_source(file.path, chosen.layout)
    if (hold := obstacles.truncated(file)) is not None:
        rows = sum(len(chunk) for chunk in source.chunks())
        held = acknowledgement.held(acknowledgement.checked(rows, 0, {}), hold.code, hold.detail)
        answers.decide(connection, account, file, held, None)
        return
    form = Form.of(source.header, source.recipient)
    connection.execute(Q.make_incoming)
    tally = _bring_in(connection, account, file, source, form)
    _refuse_as_a_whole(tally, chosen, file.kind)
    content = acknowledgement.checked(tally.rows, tally.accepted, tally.reasons)
    content |= acknowledgement.skipped(source.skipped)
    if file.kind == "base":
        content |= {"load": "full" if form.action is None else "delta"}
    if tally.accepted:
        content |= _settle(connection, account, file, is_full=form.action is None)
    answers.decide(connection, account, file, content, None)
    log.info("loaded", file=file.file_id, kind=file.kind, rows=tally.rows, accepted=tally.accepted)


def _options(account: Account, file: File) -> Options:
    if file.manifest_error is not None:
        raise Unusable("MANIFEST_INVALID", file.manifest_error)
    chosen = options.combine(file.manifest, account.defaults)
    if chosen.sha256 is not None and chosen.sha256.lower() != file.sha256.hex():
        raise Unusable("MANIFEST_MISMATCH", "the manifest's sha256 is that of another file")
    return chosen


def _refuse_as_a_whole(tally: Tally, chosen: Options, kind: str) -> None:
    if chosen.rows is not None and chosen.rows != tally.rows:
        raise Unusable("MANIFEST_MISMATCH", f"the manifest says {chosen.rows} rows, the file has {tally.rows}")
    mangled = tally.reasons.get(Reason.NUMBER_MANGLED, 0)
    # of opt-outs what can be read counts: who is left out of them is messaged against a wish
    if kind == "base" and mangled * 100 > tally.rows:
        raise Unusable("NUMBER_MANGLED", "a spreadsheet wrote more than 1 % of the numbers as 2.01E+11")


def _bring_in(connection: psycopg.Connection, account: Account, file: File, source: Source, form: Form) -> Tally:
    """Lands the rows that can be used, notes those that cannot."""
    tally = Tally()
    with Numbers(account.default_region) as numbers, connection.cursor() as cursor:
        for chunk in source.chunks():
            verdicts = numbers.judge_members(chunk.columns[form.recipient])
            found = entries.read(chunk, verdicts.codes, form)
            incoming = _incoming(found, verdicts.msisdns, tally.rows)
            database.copy_csv(cursor, "incoming_row", _INCOMING, _as_csv(incoming))
            rejected = _rejected(chunk, found.reasons, account, file)
            if rejected.num_rows:
                database.copy_csv(cursor, "intake.reject", _REJECT, _as_csv(rejected))
            tally.by_code += np.bincount(found.reasons, minlength=len(tally.by_code))
    return tally


def _incoming(found: Entries, msisdns: npt.NDArray[np.int64], before: int) -> Any:
    kept = np.flatnonzero(found.reasons == 0)
    rows = pa.array(kept)
    columns = [
        kept + before,
        msisdns[kept],
        found.removals[kept],
        found.consent.take(rows),
        found.attributes.take(rows),
    ]
    return pa.table(columns, names=list(_INCOMING))


def _rejected(chunk: Chunk, reasons: Codes, account: Account, file: File) -> Any:
    out = np.flatnonzero(reasons)
    ids = [np.full(len(out), value) for value in (account.account_id, file.file_id)]
    return pa.table([*ids, chunk.lines[out], _NAMES.take(pa.array(reasons[out]))], names=list(_REJECT))


def _as_csv(rows: Any) -> memoryview:
    """Nulls are nothing at all, as COPY reads them; a text is quoted, so that an empty one is none of them."""
    content = pa.BufferOutputStream()
    csv.write_csv(rows, content, csv.WriteOptions(include_header=False))
    return memoryview(content.getvalue())


def _settle(connection: psycopg.Connection, account: Account, file: File, is_full: bool) -> dict[str, Any]:
    """Applies what came in; one load of an account at a time."""
    where = {"account": account.account_id, "file": file.file_id}
    connection.execute(Q.take_memory)
    for statement in (Q.settle_incoming, Q.key_incoming, Q.analyze_incoming):
        connection.execute(statement)
    connection.execute(Q.lock_loads, where)
    changes = _apply_base(connection, where, is_full) if file.kind == "base" else _apply_opt_outs(connection, where)
    connection.execute(Q.drop_incoming)
    return changes


def _apply_base(connection: psycopg.Connection, where: dict[str, Any], is_full: bool) -> dict[str, Any]:
    newer = connection.execute(Q.newer_full_base, where).fetchone()
    if newer is not None:
        raise Unusable("SUPERSEDED", f"file {newer[0]}, a full base, came later and is loaded already")
    statements = {
        "removed": Q.remove_missing if is_full else Q.remove_members,
        "consent_changed": Q.change_members,
        "added": Q.add_members,
    }
    return {"changes": {kind: connection.execute(query, where).rowcount for kind, query in statements.items()}}


def _apply_opt_outs(connection: psycopg.Connection, where: dict[str, Any]) -> dict[str, Any]:
    """An opt-out file only adds: who opted out is not brought back by a file."""
    (removes,) = one(connection, Q.has_removals)
    if removes:
        raise Unusable("BAD_ACTION", "an opt-out file only adds; subscribers are opted in again by a person")
    connection.execute(Q.add_opt_outs, where)
    return {}
