"""What a prepaid account has and what an event does to it, from the live fold: no build is needed (CHARGING 7-24)."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from outbound import queries

Q = queries.load("billing/orders")


class Lot(NamedTuple):
    lot: str
    remaining: int
    rate: Decimal
    last_valid_day: Any
    paid: bool


class Movement(NamedTuple):
    """deferred: the change of deferred revenue; against: the amount on the account that stands against it."""

    kind: str
    lot: str | None
    units: int
    deferred: Decimal
    against: Decimal
    vat: Decimal


class Balance(NamedTuple):
    """lots: those that hold units, in the order they are used; movements: what the last event did."""

    lots: list[Lot]
    movements: list[Movement]


def balance(connection: psycopg.Connection, account_id: int, at: datetime) -> Balance:
    """What the account's events up to `at` came to."""
    (state,) = connection.execute(Q.state, {"account": account_id, "at": at}).fetchone() or (None,)
    values = {"account": account_id, "state": state}
    return Balance(
        lots=[Lot._make(row) for row in connection.execute(Q.lots, values)],
        movements=[Movement._make(row) for row in connection.execute(Q.movements, values)],
    )


def shown(held: list[Lot]) -> list[dict[str, Any]]:
    """Lots as a person reads them."""
    return [
        {"lot": one.lot, "units": one.remaining, "rate": one.rate, "last_valid_day": one.last_valid_day} for one in held
    ]


def posted(done: list[Movement]) -> dict[str, Decimal]:
    """What movements post: receivable as a debit, everything else as credits; nothing that is nil (CHARGING 17-24)."""
    totals = dict.fromkeys(("receivable", "deferred_revenue", "vat", "usage_revenue", "breakage"), Decimal(0))
    for one in done:
        if one.kind not in ("shortfall", "shortfall_reversal", "owed_refund", "waiting_reversal"):
            totals["deferred_revenue"] += one.deferred
        match one.kind:
            case "purchase":
                totals["receivable"] += one.against + one.vat
                totals["vat"] += one.vat
            case "credit":
                totals["receivable"] -= one.against + one.vat
                totals["vat"] -= one.vat
            case "usage" | "served":
                totals["usage_revenue"] += one.against
            case "reversal":
                totals["usage_revenue"] -= one.against
            case "lapsed_reversal":
                totals["usage_revenue"] -= one.against
                totals["breakage"] += one.against
    owed = totals["receivable"]
    totals["revaluation_gain"] = owed - sum((value for key, value in totals.items() if key != "receivable"), Decimal(0))
    return {key: value for key, value in totals.items() if value}
