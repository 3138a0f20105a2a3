"""Credits for missed SLA targets: what the marts ask for, proposed once as drafts that a person decides on (SLA, credits)."""

from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from billing.issuing import NotIssued
from outbound import audit, database, queries
from outbound.logs import logger

log = logger(__name__)
Q = queries.load("billing/credits")

PROPOSER = "missed SLA target"  # no person, so that any person may approve


def raise_due(*, account: str | None = None, dry_run: bool = False) -> dict[str, Any]:
    """Proposes every credit of an issued invoice's line that is not proposed yet: `{"drafts", "refused", "units"}`, lists.

    refused: lines that leave no room for it, with why; they keep no other one back. units: what prepaid accounts are owed
    for missed months, for a person to grant; each is told once. Run again it proposes nothing twice. Raises NotIssued before the first build.
    """
    drafts: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    with (
        database.connect("billing", autocommit=True) as connection,
        connection.cursor(row_factory=dict_row) as cursor,
    ):
        built = connection.execute(Q.are_built).fetchone()
        if built is None or not built[0]:
            raise NotIssued("the marts are not built yet: run `outbound build`, then `outbound sla`, then this")
        for due in cursor.execute(Q.missed_targets, {"account": account}).fetchall():
            try:
                with connection.transaction(force_rollback=dry_run):
                    drafts.append(_propose(connection, due))
            except psycopg.errors.RaiseException as error:
                why = error.diag.message_primary
                refused.append({"account": due["account"], "credit": due["source"], "why": why})
        with connection.transaction(force_rollback=dry_run):
            units = cursor.execute(Q.units_owed, {"account": account, "actor": audit.actor()}).fetchall()
    log.info("credits for missed targets", proposed=len(drafts), refused=len(refused), dry_run=dry_run)
    return {"drafts": drafts, "refused": refused, "units": units}


def _propose(connection: psycopg.Connection, due: dict[str, Any]) -> dict[str, Any]:
    reason = (
        f"{due['metric']} of {due['month']}: {_percent(due['adjusted'])} of {_percent(due['target'])},"
        f" {_percent(due['share'])} of the month's fees"
    )
    values = {
        "invoice": due["invoice_id"], "line": due["line"], "class": "sla", "net": due["credit"], "actor": PROPOSER,
        "reason": reason, "source": due["source"],
    }  # fmt: skip
    row = connection.execute(Q.propose, values).fetchone()
    assert row is not None  # noqa: S101  the function gives a row or raises
    done = {
        "account": due["account"], "draft_credit": row[0], "month": due["month"], "metric": due["metric"],
        "invoice": due["invoice"], "line": due["line"], "net": row[1], "currency": due["currency"], "reason": reason,
    }  # fmt: skip
    audit.record(connection, "propose credit", due["account_id"], str(row[0]), done)
    return done


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"
