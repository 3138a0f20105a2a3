"""A void: an invoice that was issued today, and that nobody has got, counts no more and keeps its number (CHARGING 29)."""

from typing import Any

from billing import approvals, telling
from billing.build import build
from billing.issuing import Invoice, find, refusals
from billing.recording import must_say_why
from outbound import audit, database, queries

Q = queries.load("billing/issuing")


def void(
    label: str, reason: str, *, account: str | None = None, dry_run: bool = False, rebuild: bool = True
) -> dict[str, Any]:
    """Voids an undelivered invoice on the day of its issue, and rebuilds the marts, so that what it billed is a draft again.

    The number stays used. rebuild: False where a build follows anyway. Raises NotIssued, NotRecorded, AwaitsApproval.
    """
    must_say_why(reason)
    with database.connect("billing", autocommit=True) as connection:
        invoice = find(connection, label, account)
        with connection.transaction(force_rollback=dry_run), refusals():
            if not dry_run:
                approvals.ask(connection, invoice.legal_entity_id, invoice.approvals, "void", label)
            values = {"invoice": invoice.invoice_id, "actor": audit.actor(), "reason": reason}
            row = connection.execute(Q.void, values).fetchone()
            assert row is not None  # noqa: S101  the function gives a row or raises
            audit.record(connection, "void", invoice.account_id, label, {"reason": reason})
    if rebuild and not dry_run:
        build()
    says = [_void_says(label, invoice)]
    return {
        "account": invoice.account, "invoice": label, "state": "void", "voided_at": row[0], "reason": reason,
        "net": invoice.net, "vat": invoice.vat, "total": invoice.total, "currency": invoice.currency, "says": says,
    }  # fmt: skip


def _void_says(label: str, invoice: Invoice) -> str:
    """A month's receivable goes with its invoice; a purchase owes for its units, with or without one (CHARGING 18, 28)."""
    speaker = telling.Speaker(invoice.currency)
    what = f"{label} of {invoice.account} becomes void and keeps its number"
    again = f"outbound issue {invoice.month} --account {invoice.account}"
    if invoice.kind == "purchase":
        return (
            f"{what}: its purchase stays, with units, receivable {speaker.money(invoice.total)} and VAT {speaker.sum(invoice.vat)};"
            f" issue it again with {again}"
        )
    return f"{what}: receivable {speaker.sum(-invoice.total)}; {invoice.month} is a draft again: {again}"
