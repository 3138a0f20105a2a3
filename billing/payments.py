"""Payments as they come in: bank and tax withheld to receivable, and the orders that they cover take effect (CHARGING 12, 25)."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from billing import accounts, telling
from billing.accounts import Account
from billing.activation import activate_paid
from billing.issuing import refusals
from billing.recording import NotRecorded, instant, new_key, open_instant
from outbound import audit, database, queries
from outbound.money import round_money

Q = queries.load("billing/orders")
ORDERS = queries.load("billing/waiting_orders")


class Payment(NamedTuple):
    """names: the invoice's number or the order's id that the payer gave. withheld: tax, by the certificate's number."""

    amount: Decimal
    withheld: Decimal = Decimal(0)
    certificate: str | None = None
    names: str | None = None
    reference: str | None = None
    bank_line: int | None = None


def payment(
    account: str, paid: Payment, *, at: datetime | None = None, key: str | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Records a payment, now or at an instant of an open period, and activates the orders that it covers.

    Raises NotRecorded.
    """
    with (
        database.connect("billing") as connection,
        connection.transaction(force_rollback=dry_run),
        refusals(),
    ):
        payer = accounts.take_turn(connection, account)
        when = open_instant(connection, payer, at)
        result = record(connection, payer, paid, when, key)
        result["says"] = told(connection, payer, paid)
        activated = activate_paid(connection, payer, None if at else when)
        if activated:
            result["says"] += [
                f"order {one['order']} takes effect: {told}" for one in activated for told in one["says"]
            ]
            result["activated"] = [
                {name: one[name] for name in ("order", "units", "rate", "invoice", "total")} for one in activated
            ]
    return result


def record(
    connection: psycopg.Connection, payer: Account, paid: Payment, at: datetime, key: str | None
) -> dict[str, Any]:
    """One payment in the transaction of the caller. Raises NotRecorded."""
    check(payer, paid)
    amount, withheld = (round_money(part, payer.digits) for part in (paid.amount, paid.withheld))
    receipt = new_key(connection, payer, "PAY", key)
    invoice, order = named(connection, payer, paid.names) if paid.names else (None, None)
    values = {
        "account": payer.account_id, "key": receipt, "at": at, "amount": paid.amount, "withheld": paid.withheld,
        "certificate": paid.certificate, "invoice": invoice, "order": order, "bank_line": paid.bank_line,
        "reference": paid.reference,
    }  # fmt: skip
    connection.execute(Q.pay, values)
    result = {
        "account": payer.name, "payment": receipt, "at": payer.on_its_clock(at), "amount": amount, "currency": payer.currency,
        "pays": paid.names or "the oldest invoices first",
    }  # fmt: skip
    posts = {
        "bank": amount,
        "withholding_tax": withheld,
        "receivable": -amount - withheld,
    }
    result["posts"] = [{"on": name, "amount": amount} for name, amount in posts.items() if amount]
    audit.record(connection, "payment", payer.account_id, receipt, result)
    return result


def told(connection: psycopg.Connection, payer: Account, paid: Payment) -> list[str]:
    """What a payment that was just recorded comes to, for a person."""
    row = connection.execute(Q.owed, {"account": payer.account_id, "at": instant(connection)}).fetchone()
    owed = row[0] if row else Decimal(0)
    return telling.payment(
        telling.Speaker(payer.currency), payer.name, paid.amount, paid.withheld, paid.certificate, paid.names, owed
    )


def check(payer: Account, paid: Payment) -> None:
    """Raises NotRecorded where the amounts are none of the account's currency."""
    for amount in (paid.amount, paid.withheld):
        if amount < 0 or amount != round(amount, payer.digits):
            raise NotRecorded(
                f"a payment is a positive amount with at most {payer.digits} digits after the point, not {amount}"
            )
    if not paid.amount + paid.withheld:
        raise NotRecorded("a payment is of something: give --amount, or --withheld with its --certificate")
    if bool(paid.withheld) != bool(paid.certificate):
        raise NotRecorded(
            "tax that was withheld counts as paid with the number of its certificate: give --withheld and --certificate"
            " together, once it is there; the money alone can be recorded now"
        )


def named(connection: psycopg.Connection, payer: Account, name: str) -> tuple[int | None, int | None]:
    """(invoice, order) that a payer named, one of them None. Raises NotRecorded."""
    row = connection.execute(Q.invoice, {"account": payer.account_id, "label": name}).fetchone()
    if row is not None and row[1]:
        raise NotRecorded(f"invoice {name} is void: pay another, or none by name")
    if row is not None:
        return int(row[0]), None
    order = connection.execute(ORDERS.find, {"account": payer.account_id, "key": name}).fetchone()
    if order is None:
        raise NotRecorded(f"account {payer.name} has no invoice {name}, and no order {name} that waits for its payment")
    return None, int(order[0])
