"""Orders that wait for their payment: which there are, and giving one up (CHARGING 12)."""

from typing import Any

from psycopg.rows import dict_row

from billing import accounts
from billing.activation import activate_paid
from billing.issuing import refusals
from billing.recording import NotRecorded
from outbound import audit, clock, database, queries

Q = queries.load("billing/waiting_orders")


def waiting(account: str | None = None) -> list[dict[str, Any]]:
    """The orders that wait, of every account or of one, oldest first, with what was paid in their name."""
    with database.connect("billing") as connection, connection.cursor(row_factory=dict_row) as cursor:
        only = accounts.find(connection, account).account_id if account else None
        rows = cursor.execute(Q.list, {"account": only}).fetchall()
    for row in rows:
        row["ordered_at"] = clock.on_clock(row["ordered_at"], row.pop("timezone"))
    return rows


def cancel(account: str, order: str, reason: str, *, dry_run: bool = False) -> dict[str, Any]:
    """Gives an order up; money that named it is on account, for invoices and other orders. Raises NotRecorded."""
    with (
        database.connect("billing") as connection,
        connection.transaction(force_rollback=dry_run),
        refusals(),
    ):
        buyer = accounts.take_turn(connection, account)
        row = connection.execute(Q.find, {"account": buyer.account_id, "key": order}).fetchone()
        if row is None:
            raise NotRecorded(
                f"account {account} has no order {order} that waits for its payment: outbound order list. A purchase"
                " that took effect is given back with outbound refund"
            )
        values = {"order": row[0], "account": buyer.account_id, "actor": audit.actor(), "reason": reason}
        connection.execute(Q.cancel, values)
        result: dict[str, Any] = {"account": account, "order": order, "state": "cancelled", "reason": reason}
        audit.record(connection, "order cancel", buyer.account_id, order, result)
        activated = activate_paid(connection, buyer)
        result["says"] = [
            f"gives up order {order} of {account}; what was paid in its name is on account",
            *(f"order {one['order']} takes effect: {told}" for one in activated for told in one["says"]),
        ]
        return result | {"activated": [one["order"] for one in activated]}
