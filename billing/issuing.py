"""Invoices, voids and credit notes: drafts get their number, and what has one never changes (CHARGING 29)."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from billing import accounts, approvals, audit
from billing.build import build
from billing.closing import first_day
from outbound import database, queries
from outbound.errors import OutboundError
from outbound.logs import logger

log = logger(__name__)
Q = queries.load("billing/issuing")


class NotIssued(OutboundError):
    """A document cannot be issued, void or credited: which, why, and what to do."""


class _Draft(NamedTuple):
    account_id: int
    account: str
    month: str
    legal_entity_id: int
    approvals: str
    purchase_id: int | None

    @property
    def billed_month(self) -> str | None:
        return None if self.purchase_id else self.month

    @property
    def subject(self) -> str:
        return f"{self.account} {self.month}" + (f" purchase {self.purchase_id}" if self.purchase_id else "")


class _Invoice(NamedTuple):
    invoice_id: int
    account_id: int
    account: str
    legal_entity_id: int
    approvals: str
    kind: str
    currency: str


def issue(
    month: str, *, account: str | None = None, with_earlier: bool = False, dry_run: bool = False, rebuild: bool = True
) -> list[dict[str, Any]]:
    """Issues what a closed month has to bill, of every account or of one, and rebuilds the marts; gives the invoices.

    One that is issued already stays as it is and is not given again. with_earlier: earlier months too, oldest first.
    rebuild: False where a build follows anyway. Raises NotIssued, AwaitsApproval.
    """
    first_day(month)
    issued: list[dict[str, Any]] = []
    with database.connect("billing", autocommit=True) as connection:
        only = accounts.find(connection, account).account_id if account else None
        for draft in _drafts(connection, month, only, with_earlier):
            with connection.transaction(force_rollback=dry_run), refusals():
                if not dry_run:
                    approvals.ask(connection, draft.legal_entity_id, draft.approvals, "issue", draft.subject)
                done = issue_one(connection, draft.account_id, draft.billed_month, draft.purchase_id)
            if done:
                issued.append({"account": draft.account, "month": draft.month} | done)
    if issued and rebuild and not dry_run:
        build()
    log.info("issued", month=month, invoices=len(issued), dry_run=dry_run)
    return issued


def _drafts(connection: psycopg.Connection, month: str, account: int | None, with_earlier: bool) -> list[_Draft]:
    values = {"month": month, "account": account, "with_earlier": with_earlier}
    try:
        unclosed = [row[0] for row in connection.execute(Q.unclosed, values)]
        drafts = [_Draft._make(row) for row in connection.execute(Q.drafts, values)]
    except psycopg.errors.UndefinedTable as error:
        raise NotIssued(f"nothing has been built yet: outbound close-month {month} builds and closes it") from error
    if unclosed:
        raise NotIssued(f"{month} is still open for {', '.join(unclosed)}: outbound close-month {month}")
    return drafts


def issue_one(
    connection: psycopg.Connection, account_id: int, month: str | None, purchase: int | None
) -> dict[str, Any] | None:
    """Issues one invoice in the transaction of the caller; None where there is nothing to bill."""
    values = {
        "account": account_id,
        "month": first_day(month) if month else None,
        "purchase": purchase,
        "actor": audit.actor(),
    }
    row = connection.execute(Q.issue, values).fetchone()
    if row is None:
        return None
    _, label, day, currency, net, vat, total = row
    done = {"invoice": label, "issue_day": day, "currency": currency, "net": net, "vat": vat, "total": total}
    audit.record(connection, "issue", account_id, label, done)
    return done


def void(label: str, reason: str, *, account: str | None = None, dry_run: bool = False) -> dict[str, Any]:
    """Voids an undelivered invoice on the day of its issue; the number stays used. Raises NotIssued, AwaitsApproval."""
    with database.connect("billing", autocommit=True) as connection:
        invoice = _find(connection, label, account)
        with connection.transaction(force_rollback=dry_run), refusals():
            if not dry_run:
                approvals.ask(connection, invoice.legal_entity_id, invoice.approvals, "void", label)
            values = {"invoice": invoice.invoice_id, "actor": audit.actor(), "reason": reason}
            row = connection.execute(Q.void, values).fetchone()
            assert row is not None  # noqa: S101  the function gives a row or raises
            audit.record(connection, "void", invoice.account_id, label, {"reason": reason})
    return {"account": invoice.account, "invoice": label, "state": "void", "voided_at": row[0], "reason": reason}


def credit(
    label: str, line: int, net: Decimal, reason: str, *, account: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Issues a credit note on a line of a month's invoice. Raises NotIssued, AwaitsApproval."""
    with database.connect("billing", autocommit=True) as connection:
        invoice = _find(connection, label, account)
        if invoice.kind == "purchase":
            raise NotIssued(
                f"invoice {label} is of a purchase: take the units back with outbound refund --account"
                f" {invoice.account}, which credits it"
            )
        with connection.transaction(force_rollback=dry_run), refusals():
            if not dry_run:
                approvals.ask(
                    connection, invoice.legal_entity_id, invoice.approvals, "credit", f"{label} line {line} net {net}"
                )
            done = credit_one(connection, invoice.account_id, invoice.invoice_id, line, net, reason)
    return {"account": invoice.account, "invoice": label, "line": line, "currency": invoice.currency} | done


def credit_one(
    connection: psycopg.Connection, account_id: int, invoice: int, line: int, net: Decimal, reason: str
) -> dict[str, Any]:
    """Issues one credit note in the transaction of the caller."""
    values = {"invoice": invoice, "line": line, "net": net, "actor": audit.actor(), "reason": reason}
    row = connection.execute(Q.credit, values).fetchone()
    assert row is not None  # noqa: S101  the function gives a row or raises
    label, day, credited, vat = row
    done = {"credit_note": label, "issue_day": day, "net": credited, "vat": vat, "total": credited + vat}
    audit.record(connection, "credit", account_id, label, done | {"reason": reason})
    return done


@contextmanager
def refusals() -> Iterator[None]:
    """What the database's functions refuse, as errors that a person reads."""
    try:
        yield
    except psycopg.errors.RaiseException as error:
        raise NotIssued(error.diag.message_primary or str(error)) from error


def _find(connection: psycopg.Connection, label: str, account: str | None) -> _Invoice:
    only = accounts.find(connection, account).account_id if account else None
    found = connection.execute(Q.find, {"label": label, "account": only}).fetchall()
    if not found:
        raise NotIssued(f"no invoice has the number {label}" + (f" for account {account}" if account else ""))
    if len(found) > 1:
        names = ", ".join(sorted(row[2] for row in found))
        raise NotIssued(f"several legal entities have an invoice {label}: name its account ({names}) with --account")
    return _Invoice._make(found[0])
