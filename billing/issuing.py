"""Invoices and credit notes: drafts get their number, and what has one never changes (CHARGING 29)."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import dict_row

from billing import accounts, approvals, telling
from billing.build import build
from billing.closing import first_day
from billing.recording import must_say_why
from outbound import audit, database, queries
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


class Invoice(NamedTuple):
    invoice_id: int
    account_id: int
    account: str
    legal_entity_id: int
    approvals: str
    kind: str
    currency: str
    month: str | None
    net: Decimal
    vat: Decimal
    total: Decimal


def issue(
    month: str, *, account: str | None = None, with_earlier: bool = False, dry_run: bool = False, rebuild: bool = True
) -> list[dict[str, Any]]:
    """Issues what a closed month has to bill, of every account or of one, and rebuilds the marts; gives the invoices.

    One that is issued already stays as it is and is not given again. with_earlier: earlier months too, oldest first.
    rebuild: False where a build follows anyway. Each is issued on its own: raises NotIssued, or AwaitsApproval where
    nothing but a second person is missing, at the end, for those that cannot be.
    """
    first_day(month)
    issued: list[dict[str, Any]] = []
    refused: list[str] = []
    waiting: list[str] = []
    with database.connect("billing", autocommit=True) as connection:
        only = accounts.find(connection, account).account_id if account else None
        # a dry run numbers them one after the other too, and then gives every number back
        with connection.transaction(force_rollback=True) if dry_run else nullcontext():
            refused += _unclosed(connection, month, only, with_earlier)
            for draft in _drafts(connection, month, only, with_earlier):
                try:
                    with connection.transaction(), refusals():
                        issued += _issue_draft(connection, draft, dry_run)
                except approvals.AwaitsApproval as error:
                    waiting.append(str(error))
                except NotIssued as error:
                    refused.append(str(error))
    if issued and rebuild and not dry_run:
        build()
    log.info("issued", month=month, invoices=len(issued), refused=len(refused), waiting=len(waiting), dry_run=dry_run)
    labels = ", ".join(f"{row['invoice']} to {row['account']}" for row in issued)
    done = [f"Issued: {labels}."] if issued and not dry_run else []
    if refused:
        raise NotIssued("\n".join([f"{month} is not issued of all:", *refused, *waiting, *done]))
    if waiting:
        raise approvals.AwaitsApproval("\n".join([*waiting, *done]))
    return issued


def _issue_draft(connection: psycopg.Connection, draft: _Draft, dry_run: bool) -> list[dict[str, Any]]:
    done = issue_one(connection, draft.account_id, draft.billed_month, draft.purchase_id)
    if done is None:
        return []
    if not dry_run:
        subject = f"{draft.subject}: {done['currency']} {done['net']} + VAT {done['vat']}"
        approvals.ask(connection, draft.legal_entity_id, draft.approvals, "issue", subject)
    lines = _lines(connection, done["invoice"], draft.account_id)
    says = [
        (
            f"issues {done['invoice']} to {draft.account} for {draft.month}, {len(lines)} line{'' if len(lines) == 1 else 's'}:"
            f" {telling.Speaker(done['currency']).invoiced(done['net'], done['vat'])}"
        )
    ]
    return [{"account": draft.account, "month": draft.month} | done | {"says": says, "lines": lines}]


def _lines(connection: psycopg.Connection, label: str, account_id: int) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(Q.lines, {"label": label, "account": account_id}).fetchall()


def _drafts(connection: psycopg.Connection, month: str, account: int | None, with_earlier: bool) -> list[_Draft]:
    values = {"month": month, "account": account, "with_earlier": with_earlier}
    return [_Draft._make(row) for row in connection.execute(Q.drafts, values)]


def _unclosed(connection: psycopg.Connection, month: str, account: int | None, with_earlier: bool) -> list[str]:
    """What keeps a draft of an open month back, a line each. Raises NotIssued where there are no drafts at all yet."""
    values = {"month": month, "account": account, "with_earlier": with_earlier}
    try:
        rows = connection.execute(Q.unclosed, values).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise NotIssued(f"nothing has been built yet: outbound close-month {month} builds and closes it") from error
    return [f"{name}: {still_open} is still open: outbound close-month {still_open}" for name, still_open in rows]


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


def credit(
    label: str, line: int, net: Decimal, reason: str, *, account: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Issues a credit note on a line of a month's invoice. Raises NotIssued, NotRecorded, AwaitsApproval."""
    must_say_why(reason)
    with database.connect("billing", autocommit=True) as connection:
        invoice = creditable(connection, label, account)
        with connection.transaction(force_rollback=dry_run), refusals():
            done = credit_one(connection, invoice.account_id, invoice.invoice_id, line, net, reason)
            left = _left(connection, invoice.invoice_id, line)
            if not dry_run:
                subject = f"{label} line {line} net {done['net']} VAT {done['vat']}"
                approvals.ask(connection, invoice.legal_entity_id, invoice.approvals, "credit", subject)
    speaker = telling.Speaker(invoice.currency)
    says = [
        (
            f"{speaker.credited(line, label, done['credit_note'], done['net'], done['vat'])};"
            f" {speaker.sum(left)} net of the line can still be credited"
        )
    ]
    return {
        "account": invoice.account, "invoice": label, "line": line, "currency": invoice.currency, "left": left,
        "says": says,
    } | done  # fmt: skip


def creditable(connection: psycopg.Connection, label: str, account: str | None) -> Invoice:
    """The invoice of that number, whose lines a person may credit. Raises NotIssued for a purchase's."""
    invoice = find(connection, label, account)
    if invoice.kind == "purchase":
        raise NotIssued(
            f"invoice {label} is of a purchase: take the units back with outbound refund --account"
            f" {invoice.account}, which credits it, or make it good with units (outbound grant)"
        )
    return invoice


def credit_one(
    connection: psycopg.Connection, account_id: int, invoice: int, line: int, net: Decimal, reason: str,
    refund: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Issues one credit note in the transaction of the caller. refund: the adjustment that it is for; None: a correction."""
    kind = "correction" if refund is None else "refund"
    values = {
        "invoice": invoice, "line": line, "net": net, "actor": audit.actor(), "reason": reason, "class": kind,
        "adjustment": refund,
    }  # fmt: skip
    row = connection.execute(Q.credit, values).fetchone()
    assert row is not None  # noqa: S101  the function gives a row or raises
    label, day, credited, vat = row
    done = {"credit_note": label, "issue_day": day, "net": credited, "vat": vat, "total": credited + vat}
    audit.record(connection, "credit", account_id, label, done | {"reason": reason, "class": kind})
    return done


def _left(connection: psycopg.Connection, invoice: int, line: int) -> Decimal:
    row = connection.execute(Q.left, {"invoice": invoice, "line": line}).fetchone()
    assert row is not None  # noqa: S101  an aggregate gives a row
    left: Decimal = row[0]
    return left


@contextmanager
def refusals() -> Iterator[None]:
    """What the database's functions refuse, as errors that a person reads."""
    try:
        yield
    except psycopg.errors.RaiseException as error:
        raise NotIssued(error.diag.message_primary or str(error)) from error


def find(connection: psycopg.Connection, label: str, account: str | None) -> Invoice:
    """The invoice of that number, of an account or of any. Raises NotIssued where there is none, or more than one."""
    only = accounts.find(connection, account).account_id if account else None
    found = connection.execute(Q.find, {"label": label, "account": only}).fetchall()
    if not found:
        raise NotIssued(f"no invoice has the number {label}" + (f" for account {account}" if account else ""))
    if len(found) > 1:
        names = ", ".join(sorted(row[2] for row in found))
        raise NotIssued(f"several legal entities have an invoice {label}: name its account ({names}) with --account")
    return Invoice._make(found[0])
