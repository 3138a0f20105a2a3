"""Purchases and payments that a person records: they take effect at once, and a purchase is invoiced at once."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg

from billing import accounts, audit, balances, telling
from billing.accounts import Account
from billing.issuing import issue_one, refusals
from outbound import clock, database, queries
from outbound.errors import OutboundError

Q = queries.load("billing/orders")


class NotRecorded(OutboundError):
    """A purchase, payment or adjustment cannot be recorded: why, and what to do."""


def purchase(
    account: str,
    units: int,
    *,
    rate: Decimal | None = None,
    zone: str | None = None,
    key: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Records a purchase of units as of now and issues its tax invoice (CHARGING 7-12, 17, 29).

    rate: the one agreed on; without it the card's of today, at the tier of these units. zone: which card, where an
    account has several. Raises NotRecorded.
    """
    if units <= 0:
        raise NotRecorded(f"a purchase is of at least one unit, not {units}")
    with (
        database.connect("billing") as connection,
        connection.transaction(force_rollback=dry_run),
        refusals(),
    ):
        buyer = accounts.take_turn(connection, account)
        buyer.must_be("prepaid", "it pays for what it used, at the month's end")
        order = new_key(connection, buyer, "PO", key)
        at = instant(connection)
        agreed = _rate(connection, buyer, clock.local_day(at, buyer.timezone), units, rate, zone)
        (zones,) = connection.execute(Q.order_zones, {"account": buyer.account_id, "zone": zone}).fetchone() or ([],)
        before = balances.lots(connection, buyer.account_id, at)
        values = {
            "account": buyer.account_id, "key": order, "at": at, "units": units, "rate": agreed, "zones": zones
        }  # fmt: skip
        (purchase_id,) = connection.execute(Q.buy, values).fetchone() or (None,)
        invoice = issue_one(connection, buyer.account_id, None, purchase_id) or {}
        done = balances.movements(connection, buyer.account_id, at)
        result = {"account": account, "order": order, "at": at, "units": units, "rate": agreed}
        result |= {name: value for name, value in invoice.items() if name != "issue_day"} | _extension(done)
        after = balances.lots(connection, buyer.account_id, at)
        buyer.must_outlive(lot.last_valid_day for lot in after)
        result["says"] = telling.purchase(
            telling.Speaker(buyer.digits), order, units, buyer.recharge_tolerance, before, after, done
        )
        result["posts"] = [{"on": name, "amount": amount} for name, amount in balances.posted(done).items()]
        result["lots"] = balances.shown(after)
        audit.record(connection, "purchase", buyer.account_id, order, result)
    return result


def payment(
    account: str,
    amount: Decimal,
    *,
    invoice: str | None = None,
    reference: str | None = None,
    at: datetime | None = None,
    key: str | None = None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Records a payment, now or on a day of an open period (CHARGING 25). Raises NotRecorded."""
    with database.connect("billing") as connection, connection.transaction(force_rollback=dry_run):
        payer = accounts.find(connection, account)
        if amount <= 0 or amount != round(amount, payer.digits):
            raise NotRecorded(
                f"a payment is a positive amount with at most {payer.digits} digits after the point, not {amount}"
            )
        receipt = new_key(connection, payer, "PAY", key)
        when = _open_instant(connection, payer, at)
        invoice_id = _payable(connection, payer, invoice) if invoice else None
        values = {
            "account": payer.account_id, "key": receipt, "at": when, "amount": amount, "invoice": invoice_id,
            "reference": reference,
        }  # fmt: skip
        connection.execute(Q.pay, values)
        result = {
            "account": account, "payment": receipt, "at": when, "amount": amount, "currency": payer.currency,
            "pays": invoice or "the oldest invoices first",
        }  # fmt: skip
        result["posts"] = [{"on": "bank", "amount": amount}, {"on": "receivable", "amount": -amount}]
        audit.record(connection, "payment", payer.account_id, receipt, result)
    return result


def new_key(connection: psycopg.Connection, account: Account, prefix: str, key: str | None) -> str:
    """The given id, or a new one. Raises NotRecorded where the account has it already: nothing is recorded twice."""
    if key is None:
        return f"{prefix}-{uuid.uuid4().hex[:12]}"
    row = connection.execute(Q.taken, {"account": account.account_id, "key": key}).fetchone()
    if row and row[0]:
        raise NotRecorded(f"account {account.name} has something with the id {key} already; nothing was recorded")
    return key


def instant(connection: psycopg.Connection) -> datetime:
    """The database's clock: one for everybody who records something."""
    row = connection.execute(Q.now).fetchone()
    assert row is not None  # noqa: S101  one row
    at: datetime = row[0]
    return at


def _rate(
    connection: psycopg.Connection, buyer: Account, day: date, units: int, rate: Decimal | None, zone: str | None
) -> Decimal:
    if rate is not None:
        if rate < 0 or rate != round(rate, 6):
            raise NotRecorded(f"a rate is not negative and has at most 6 digits after the point: {rate}")
        return rate
    values = {"account": buyer.account_id, "day": day, "units": units, "zone": zone}
    found = connection.execute(Q.order_rate, values).fetchall()
    if not found:
        where = f" for zone {zone}" if zone else ""
        raise NotRecorded(f"account {buyer.name} has no rate card{where} on {day}: give --rate, or apply a card")
    if len(found) > 1:
        cards = ", ".join(f"{', '.join(zones)} {price}" for price, zones in found)
        raise NotRecorded(f"the cards of {buyer.name} differ by zone ({cards}): give --zone or --rate")
    agreed: Decimal = found[0][0]
    return agreed


def _extension(done: list[balances.Movement]) -> dict[str, Any]:
    """What became of the units that were left (CHARGING 8-10)."""
    rollover = next((one for one in done if one.kind == "rollover"), None)
    served = -sum(one.units for one in done if one.kind == "served")
    told: dict[str, Any] = {"extended_units": rollover.units if rollover else 0}
    return told | ({"served_shortfall": served} if served else {})


def _open_instant(connection: psycopg.Connection, payer: Account, at: datetime | None) -> datetime:
    if at is None:
        return instant(connection)
    row = connection.execute(Q.closed_until, {"account": payer.account_id}).fetchone()
    if row and row[0] and at < row[0]:
        raise NotRecorded(f"{at:%Y-%m-%d %H:%M} UTC lies in a month that {payer.name} has closed: give a later --at")
    if at > clock.now():
        raise NotRecorded(f"{at:%Y-%m-%d %H:%M} UTC is still to come: record a payment when it is there")
    return at


def _payable(connection: psycopg.Connection, payer: Account, label: str) -> int:
    row = connection.execute(Q.invoice, {"account": payer.account_id, "label": label}).fetchone()
    if row is None:
        raise NotRecorded(f"account {payer.name} has no invoice {label}")
    if row[1]:
        raise NotRecorded(f"invoice {label} is void: pay another, or none by name")
    return int(row[0])
