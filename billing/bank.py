"""A bank's file becomes payments: all of its lines or none, each once, and what nobody can be found for is kept (CHARGING 25)."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

from billing import accounts, payments
from billing.accounts import Account, UnknownAccount
from billing.activation import activate_paid
from billing.bank_file import Form, Line, read
from billing.issuing import refusals
from billing.recording import NotRecorded, closed_until
from outbound import audit, clock, database, queries
from outbound.errors import OutboundError
from outbound.logs import logger

log = logger(__name__)
Q = queries.load("billing/bank")


class BankFileRefused(OutboundError):
    """A bank's file has lines that cannot be taken: every one of them by its number. Nothing of the file was taken."""


class NotAssigned(OutboundError):
    """A kept line cannot be assigned: why, and what to do."""


class _Found(NamedTuple):
    """Whose a line is, and the document it pays by name; without an account: why."""

    account: str | None
    names: str | None
    why: str = ""


def load(path: Path, form: Form, *, bank: str = "bank", dry_run: bool = False) -> dict[str, Any]:
    """Takes a bank's file in: `{"lines", "known", "outgoing", "payments", "unassigned", "activated"}`.

    bank: which of our bank accounts it is of; references are unique within one. A line that was taken already is left
    out, but that one which was kept is assigned where it names its account now. Raises BankFileRefused.
    """
    errors: list[tuple[int, str]] = []
    lines = list(read(path, form, errors))
    with (
        database.connect("billing") as connection,
        connection.transaction(force_rollback=dry_run),
        refusals(),
    ):
        connection.execute(Q.take_turn)
        taken = _Taking(connection, path.name, bank, errors)
        taken.take([line for line in lines if line is not None])
        if errors:
            said = "\n".join(f"  line {line}: {message}" for line, message in sorted(errors))
            raise BankFileRefused(f"nothing of {path.name} was taken: {len(errors)} lines are wrong\n{said}")
        activated = taken.activate()
    result = {
        "file": str(path), "bank": bank, "lines": len(lines), "known": taken.known, "outgoing": lines.count(None),
        "payments": taken.paid, "unassigned": taken.kept, "activated": activated,
    }  # fmt: skip
    log.info("bank file taken", file=path.name, payments=len(taken.paid), unassigned=len(taken.kept), dry_run=dry_run)
    return result


def unassigned() -> list[dict[str, Any]]:
    """The lines that are no payment of anybody yet, oldest first."""
    with database.connect("billing") as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(Q.unassigned).fetchall()


def assign(
    reference: str, account: str, *, names: str | None = None, bank: str = "bank", dry_run: bool = False
) -> dict[str, Any]:
    """Makes a kept line the payment of an account. Raises NotAssigned, NotRecorded."""
    with (
        database.connect("billing") as connection,
        connection.transaction(force_rollback=dry_run),
        refusals(),
    ):
        connection.execute(Q.take_turn)
        row = _known(connection, bank, reference)
        if row is None:
            raise NotAssigned(
                f"no line of {bank} has the reference {reference}: outbound bank unassigned lists what is kept"
            )
        if row["paid_by"]:
            raise NotAssigned(f"line {reference} of {bank} is a payment of {row['paid_by']} already")
        payer = accounts.take_turn(connection, account)
        if row["currency"] and row["currency"] != payer.currency:
            raise NotAssigned(f"line {reference} is in {row['currency']}, {account} is billed in {payer.currency}")
        paid = _pay(connection, payer, row, names or row["named_document"])
        says = payments.told(connection, payer, _payment(row, names or row["named_document"]))
        activated = activate_paid(connection, payer)
        says += [f"order {one['order']} takes effect: {told}" for one in activated for told in one["says"]]
        return paid | {"says": says, "activated": [one["order"] for one in activated]}


class _Taking:
    """One file on its way in, within one transaction."""

    def __init__(self, connection: psycopg.Connection, file: str, bank: str, errors: list[tuple[int, str]]) -> None:
        self._connection, self._file, self._bank, self._errors = connection, file, bank, errors
        self._payers: dict[str, Account] = {}
        self.known = 0
        self.paid: list[dict[str, Any]] = []
        self.kept: list[dict[str, Any]] = []

    def take(self, lines: Iterable[Line]) -> None:
        for line in lines:
            try:
                self._take_one(line)
            except NotRecorded as error:
                self._errors.append((line.line, str(error)))

    def activate(self) -> list[dict[str, Any]]:
        """The orders that the file's payments cover."""
        return [
            {name: one[name] for name in ("account", "order", "units", "rate", "invoice", "total")}
            for payer in self._payers.values()
            for one in activate_paid(self._connection, payer)
        ]

    def _take_one(self, line: Line) -> None:
        found = self._find(line)
        row = _known(self._connection, self._bank, line.reference)
        if row is None:
            row = self._keep(line)
        else:
            self._must_say_the_same(line, row)
            if row["paid_by"] or found.account is None:
                self.known += 1
                return
        if found.account is None:
            told = {"line": line.line, "reference": line.reference, "amount": line.amount, "payer": line.payer}
            self.kept.append(told | {"why": found.why})
            return
        if found.account not in self._payers:
            self._payers[found.account] = accounts.take_turn(self._connection, found.account)
        payer = self._payers[found.account]
        paid = _pay(self._connection, payer, row, found.names)
        self.paid.append({"line": line.line, "reference": line.reference} | paid)

    def _keep(self, line: Line) -> dict[str, Any]:
        values = line.__dict__ | {"bank": self._bank, "file": self._file, "actor": audit.actor()}
        self._connection.execute(Q.keep, values)
        row = _known(self._connection, self._bank, line.reference)
        assert row is not None  # noqa: S101  it was written just now
        return row

    def _must_say_the_same(self, line: Line, row: dict[str, Any]) -> None:
        if (row["amount"], row["withheld"], row["value_day"]) != (line.amount, line.withheld, line.day):
            raise NotRecorded(
                f"reference {line.reference} is there already, from line {row['line']} of {row['file']}, with"
                f" {row['amount']} on {row['value_day']}, and says something else here"
            )
        if row["paid_by"] and line.account and line.account != row["paid_by"]:
            raise NotRecorded(
                f"reference {line.reference} is a payment of {row['paid_by']} already, and names {line.account} here:"
                " another bank's file needs --bank"
            )

    def _find(self, line: Line) -> _Found:
        """By the account that the line names, else by the one that has the invoice or order."""
        owners = (
            [row[0] for row in self._connection.execute(Q.owners, {"name": line.document})] if line.document else []
        )
        name = line.account or (owners[0] if len(owners) == 1 else None)
        if name is None:
            said = f"several accounts have {line.document}" if owners else f"nobody has {line.document}"
            return _Found(None, None, said if line.document else "it names no account and no invoice")
        try:
            payer = accounts.find(self._connection, name)
        except UnknownAccount:
            return _Found(None, None, f"no account is called {name}")
        if line.currency and line.currency != payer.currency:
            return _Found(None, None, f"it is in {line.currency}, {name} is billed in {payer.currency}")
        return _Found(name, line.document if name in owners else None)


def _pay(connection: psycopg.Connection, payer: Account, row: dict[str, Any], names: str | None) -> dict[str, Any]:
    """A kept line as a payment: from its day's start on, or that of the first open month where its own is closed."""
    at = clock.day_start(row["value_day"], payer.timezone)
    if at > clock.now():
        raise NotRecorded(f"{row['value_day']} is still to come for {payer.name}")
    closed = closed_until(connection, payer)
    done = payments.record(connection, payer, _payment(row, names), max(at, closed) if closed else at, None)
    return {name: done[name] for name in ("account", "payment", "at", "amount", "currency", "pays")}


def _payment(row: dict[str, Any], names: str | None) -> payments.Payment:
    return payments.Payment(
        row["amount"], row["withheld"], row["certificate"], names, row["reference"], row["bank_line_id"]
    )


def _known(connection: psycopg.Connection, bank: str, reference: str) -> dict[str, Any] | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(Q.known, {"bank": bank, "reference": reference}).fetchone()
