"""Loading an account's past: records of a file become facts, all of them or none (DOORS: `outbound history load`)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from billing import approvals, history_records
from billing.history_records import AnyRecord, Opening
from outbound import audit, database, queries
from outbound.errors import OutboundError
from outbound.logs import logger

log = logger(__name__)
Q = queries.load("billing/history")

_COLUMNS = (
    *("line", "account", "kind", "key", "at", "units", "rate", "zone"),
    *("amount", "withheld", "certificate", "usage_key", "note", "next_number", "lots", "deferred"),
)
_COUNTS = ("account_id", "account", "kind", "records", "units")


class HistoryRefused(OutboundError):
    """The file has records that cannot be loaded: every one of them, by its line. Nothing of the file was loaded."""


def load(path: Path, *, account: str | None = None, dry_run: bool = False) -> dict[str, Any]:
    """Loads a file of JSON lines: `{"records", "new", "known", "accounts"}`. Raises HistoryRefused.

    account: whose records these are, where they do not say it themselves. A record whose id is there already, and that
    says the same, is left out, so that a file can be loaded again. dry_run: everything but the commit. Raises
    AwaitsApproval where the legal entity asks for two people and the file has more than use and payments.
    """
    errors: list[tuple[int, str]] = []
    with (
        path.open("rb") as lines,
        database.connect("billing") as connection,
        connection.transaction(force_rollback=dry_run),
    ):
        connection.execute(Q.take_turn)
        connection.execute(Q.land)
        with connection.cursor() as cursor:
            records = database.copy_in(cursor, "landed", _COLUMNS, _rows(lines, account, errors))
        _check(connection, errors)
        counts = [dict(zip(_COUNTS, row, strict=True)) for row in connection.execute(Q.counts)]
        for statement in (Q.load_purchases, Q.load_payments, Q.load_adjustments, Q.load_usage, Q.load_openings):
            connection.execute(statement)
        for name, account_id in {row["account"]: row.pop("account_id") for row in counts}.items():
            loaded = {row["kind"]: row["records"] for row in counts if row["account"] == name}
            audit.record(connection, "history load", account_id, path.name, loaded)
        if not dry_run:
            _agree(connection, path.name)
    new = sum(row["records"] for row in counts)
    log.info("history loaded", file=path.name, records=records, new=new, dry_run=dry_run)
    return {"file": str(path), "records": records, "new": new, "known": records - new, "loaded": counts}


def _agree(connection: psycopg.Connection, file: str) -> None:
    """Every legal entity's own second person. All are asked before it fails, so that the second call is the last one."""
    waiting = []
    for entity, wanted, names, records, digest in connection.execute(Q.entities).fetchall():
        subject = f"{file}: {records} of {names}, with the digest {digest[:16]}"
        try:
            approvals.ask(connection, entity, wanted, "history load", subject)
        except approvals.AwaitsApproval as error:
            waiting.append(str(error))
    if waiting:
        raise approvals.AwaitsApproval("\n".join(waiting))


def _rows(lines: Any, account: str | None, errors: list[tuple[int, str]]) -> Iterator[tuple[Any, ...]]:
    for line, record in history_records.read(lines, errors):
        name = record.account or account
        if name is None:
            errors.append((line, "account: the record names none, and neither does the command (--account)"))
        elif account and record.account and record.account != account:
            errors.append((line, f"account: the record says {record.account}, the command {account}"))
        else:
            yield line, name, record.type, record.id, record.at, *_fields(record)


def _fields(record: AnyRecord) -> tuple[Any, ...]:
    """The columns after `at`; null where a type has no such field."""
    if isinstance(record, Opening):
        lots = json.dumps([lot.model_dump(mode="json") for lot in record.lots])
        units = sum(lot.units for lot in record.lots) or None
        return (
            units,
            None,
            None,
            record.receivable,
            None,
            None,
            None,
            None,
            record.next_invoice_number,
            lots,
            record.deferred_revenue,
        )
    values = record.__dict__
    return (
        *(values.get(name) for name in ("units", "rate", "zone", "amount", "withheld", "certificate", "usage_id")),
        values.get("reason") or values.get("reference"),
        *(None, None, None),
    )


def _check(connection: psycopg.Connection, errors: list[tuple[int, str]]) -> None:
    """Leaves in `record` what is new, or raises with every error there is."""
    for statement in (Q.index_landed, Q.analyze_landed):
        connection.execute(statement)
    for line, name in connection.execute(Q.unknown_accounts):
        errors.append((line, f"no account is called {name!r} (this and later lines)"))
    for statement in (Q.resolve, Q.index_record, Q.analyze_record, Q.know, Q.forget_known, Q.forget_repeated):
        connection.execute(statement)
    errors += connection.execute(Q.errors).fetchall()
    if errors:
        said = "\n".join(f"  line {line}: {message}" for line, message in sorted(errors))
        raise HistoryRefused(f"nothing was loaded: {len(errors)} errors\n{said}")
