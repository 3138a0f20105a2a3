"""Credits with a maker and a checker: proposed by one, issued or turned down by another (CHARGING 29; SLA credits)."""

from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from billing import telling
from billing.issuing import NotIssued, creditable, refusals
from billing.recording import must_say_why
from outbound import audit, database, queries

Q = queries.load("billing/credits")


def propose(
    label: str, line: int, net: Decimal, reason: str, *, kind: str = "sla", source: str | None = None,
    account: str | None = None, dry_run: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Proposes a credit of a line of a month's invoice: `{"draft_credit", ...}`. Raises NotIssued, NotRecorded.

    kind: sla or correction. source: what it makes good, "S3 2026-10"; the same one is proposed once.
    """
    must_say_why(reason)
    with database.connect("billing", autocommit=True) as connection:
        invoice = creditable(connection, label, account)
        with connection.transaction(force_rollback=dry_run), refusals():
            values = {
                "invoice": invoice.invoice_id, "line": line, "class": kind, "net": net, "actor": audit.actor(),
                "reason": reason, "source": source,
            }  # fmt: skip
            draft, amount = connection.execute(Q.propose, values).fetchone() or (None, net)
            done = {
                "account": invoice.account, "draft_credit": draft, "state": "draft", "invoice": label, "line": line,
                "class": kind, "net": amount, "currency": invoice.currency,
            }  # fmt: skip
            audit.record(connection, "propose credit", invoice.account_id, str(draft), done | {"reason": reason})
    told = f"proposes a credit of {telling.Speaker(invoice.currency).sum(amount)} net on line {line} of {label}; nothing is credited yet:"
    return done | {"says": [f"{told} someone else than {audit.actor()} has to approve it"]}


def approve(draft: int, *, dry_run: bool = False) -> dict[str, Any]:
    """Issues a proposed credit in the series of credit notes. Raises NotIssued, for its proposer too."""
    with (
        database.connect("billing", autocommit=True) as connection,
        connection.transaction(force_rollback=dry_run),
        refusals(),
    ):
        found = _find(connection, draft)
        row = connection.execute(Q.approve, {"draft": draft, "actor": audit.actor()}).fetchone()
        assert row is not None  # noqa: S101  the function gives a row or raises
        label, day, net, vat = row
        done = {
                "account": found["account"], "draft_credit": draft, "state": "approved", "invoice": found["invoice"],
                "line": found["line"], "class": found["class"], "credit_note": label, "issue_day": day, "net": net,
                "vat": vat, "total": net + vat, "currency": found["currency"],
            }  # fmt: skip
        audit.record(connection, "credit", found["account_id"], label, done | {"reason": found["reason"]})
    said = telling.Speaker(found["currency"]).credited(found["line"], found["invoice"], label, net, vat)
    return done | {"says": [f"{said}; proposed by {found['proposed_by']}: {found['reason']}"]}


def reject(draft: int, reason: str, *, dry_run: bool = False) -> dict[str, Any]:
    """Turns a proposed credit down. Raises NotIssued."""
    with (
        database.connect("billing", autocommit=True) as connection,
        connection.transaction(force_rollback=dry_run),
        refusals(),
    ):
        found = _find(connection, draft)
        connection.execute(Q.reject, {"draft": draft, "actor": audit.actor(), "reason": reason})
        done = {"account": found["account"], "draft_credit": draft, "state": "rejected", "reason": reason}
        audit.record(connection, "reject credit", found["account_id"], str(draft), done)
    net = telling.Speaker(found["currency"]).sum(found["net"])
    return done | {"says": [f"turns down {net} net on line {found['line']} of {found['invoice']} for good"]}


def proposed(*, account: str | None = None, decided: bool = False) -> list[dict[str, Any]]:
    """Credits that wait for a decision; with `decided` also those that have one."""
    with (
        database.connect("billing", autocommit=True) as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        return cursor.execute(Q.list, {"account": account, "all": decided}).fetchall()


def _find(connection: psycopg.Connection, draft: int) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(Q.find, {"draft": draft}).fetchone()
    if found is None:
        raise NotIssued(f"there is no proposed credit {draft}: outbound credit-draft list shows them")
    return found
