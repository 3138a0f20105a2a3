"""A purchase takes effect: as it is ordered, or as the payment that covers it is recorded (CHARGING 12, 17, 29)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import psycopg

from billing import accounts, balances, telling
from billing.accounts import Account
from billing.issuing import issue_one
from billing.recording import NotRecorded, instant
from outbound import audit, clock, queries
from outbound.money import round_money

Q = queries.load("billing/orders")
ORDERS = queries.load("billing/waiting_orders")


class Order(NamedTuple):
    """rate: the one agreed on; None: the card's, of card_zone where the account has several.

    zones: where its units are valid; None: where the account's orders are.
    """

    key: str
    units: int
    rate: Decimal | None
    card_zone: str | None
    zones: list[str] | None = None


class Price(NamedTuple):
    rate: Decimal
    net: Decimal
    vat: Decimal

    @property
    def total(self) -> Decimal:
        return self.net + self.vat


def activate(connection: psycopg.Connection, buyer: Account, order: Order, at: datetime) -> dict[str, Any]:
    """The purchase as of `at`, judged by the units and rates of then, with its tax invoice; for whoever has the account's
    turn. Raises NotRecorded, WrongScheme."""
    agreed = price(connection, buyer, order, clock.local_day(at, buyer.timezone)).rate
    zones = order.zones or _zones(connection, buyer, order)
    before = balances.balance(connection, buyer.account_id, at).lots
    values = {
        "account": buyer.account_id, "key": order.key, "at": at, "units": order.units, "rate": agreed, "zones": zones
    }  # fmt: skip
    (purchase_id,) = connection.execute(Q.buy, values).fetchone() or (None,)
    invoice = issue_one(connection, buyer.account_id, None, purchase_id) or {}
    after, done = balances.balance(connection, buyer.account_id, at)
    result = {"account": buyer.name, "order": order.key, "at": buyer.on_its_clock(at)}
    result |= {"units": order.units, "rate": agreed}
    result |= {name: value for name, value in invoice.items() if name != "issue_day"} | _extension(done)
    buyer.must_outlive(lot.last_valid_day for lot in after)
    speaker = telling.Speaker(buyer.currency)
    result["says"] = telling.purchase(speaker, order.key, order.units, buyer.recharge_tolerance, before, after, done)
    result["posts"] = [{"on": name, "amount": amount} for name, amount in balances.posted(done).items()]
    result["lots"] = balances.shown(after)
    return result


def place(connection: psycopg.Connection, buyer: Account, order: Order) -> dict[str, Any]:
    """An order that waits for its money; it takes effect at once where there is enough on account. Raises NotRecorded."""
    quoted = price(connection, buyer, order, buyer.today)
    at = instant(connection)
    values = {
        "account": buyer.account_id, "key": order.key, "units": order.units, "agreed": order.rate,
        "card_zone": order.card_zone, "zones": _zones(connection, buyer, order), "net": quoted.net, "vat": quoted.vat,
        "currency": buyer.currency, "actor": audit.actor(), "at": at,
    }  # fmt: skip
    connection.execute(ORDERS.place, values)
    told = {
        "account": buyer.name,
        "order": order.key,
        "state": "waits for its payment",
        "at": buyer.on_its_clock(at),
        "units": order.units,
    }
    told |= {"pro_forma": order.key, "rate": quoted.rate, "net": quoted.net, "vat": quoted.vat, "total": quoted.total}
    told["currency"] = buyer.currency
    told["says"] = telling.order(telling.Speaker(buyer.currency), order.units, quoted.rate, quoted.net, quoted.vat)
    audit.record(connection, "order", buyer.account_id, order.key, told)
    done = activate_paid(connection, buyer)
    return next((one for one in done if one["order"] == order.key), told)


def activate_paid(connection: psycopg.Connection, buyer: Account, at: datetime | None = None) -> list[dict[str, Any]]:
    """Activates the account's orders that its money covers in full, as of `at` or now; gives what was activated.

    Money that names an order is for that order alone; what else is on account, after all that is owed, is for the
    oldest first, and an order that it does not cover keeps it from those behind. Prices are those of today.
    """
    buyer = accounts.take_turn(connection, buyer.name)
    at = at or instant(connection)
    done: list[dict[str, Any]] = []
    while (ready := _covered(connection, buyer, at)) is not None:
        result = activate(connection, buyer, ready, at)
        audit.record(connection, "purchase", buyer.account_id, ready.key, result)
        done.append(result)
    return done


def _covered(connection: psycopg.Connection, buyer: Account, at: datetime) -> Order | None:
    """The oldest order that what names it and what is free pay in full."""
    waiting = connection.execute(ORDERS.waiting, {"account": buyer.account_id}).fetchall()
    if not waiting:
        return None
    row = connection.execute(ORDERS.free_money, {"account": buyer.account_id, "at": at}).fetchone()
    free = max(row[0] if row else 0, Decimal(0))
    for *fields, named in waiting:
        order = Order._make(fields)
        try:
            if price(connection, buyer, order, clock.local_day(at, buyer.timezone)).total - named <= free:
                return order
        except NotRecorded:  # its card is gone: the payment counts, the order waits for another card
            pass
        free = Decimal(0)
    return None


def price(connection: psycopg.Connection, buyer: Account, order: Order, day: date) -> Price:
    """What an order costs on a local day (CHARGING 12, 17). Raises NotRecorded where no one rate is found."""
    rate = order.rate
    if rate is not None and (rate < 0 or rate != round(rate, 6)):
        raise NotRecorded(f"a rate is not negative and has at most 6 digits after the point: {rate}")
    if rate is None:
        rate = _card_rate(connection, buyer, order, day)
    net = round_money(order.units * rate, buyer.digits)
    return Price(rate, net, round_money(net * buyer.vat_rate, buyer.digits))


def _card_rate(connection: psycopg.Connection, buyer: Account, order: Order, day: date) -> Decimal:
    zone = order.card_zone
    values = {"account": buyer.account_id, "day": day, "units": order.units, "zone": zone}
    found = connection.execute(Q.order_rate, values).fetchall()
    if not found:
        where = f" for zone {zone}" if zone else ""
        raise NotRecorded(f"account {buyer.name} has no rate card{where} on {day}: give --rate, or apply a card")
    if len(found) > 1:
        cards = ", ".join(f"{', '.join(zones)} {one}" for one, zones in found)
        raise NotRecorded(f"the cards of {buyer.name} differ by zone ({cards}): give --zone or --rate")
    agreed: Decimal = found[0][0]
    return agreed


def must_be_agreed(connection: psycopg.Connection, buyer: Account, order: Order) -> str | None:
    """What a second person has to agree to: a rate below that of today's card, or one that no card stands beside."""
    if order.rate is None:
        return None
    values = {"account": buyer.account_id, "day": buyer.today, "units": order.units, "zone": order.card_zone}
    card = max((row[0] for row in connection.execute(Q.order_rate, values)), default=None)
    if card is not None and order.rate >= card:
        return None
    beside = f"the card has {card.normalize():f}" if card is not None else "there is no card"
    return f"{buyer.name} {order.units} units at {order.rate.normalize():f}, where {beside}"


def _zones(connection: psycopg.Connection, buyer: Account, order: Order) -> list[str]:
    values = {"account": buyer.account_id, "zone": order.card_zone}
    (zones,) = connection.execute(Q.order_zones, values).fetchone() or ([],)
    found: list[str] = zones
    return found


def _extension(done: list[balances.Movement]) -> dict[str, Any]:
    """What became of the units that were left (CHARGING 8-10)."""
    rollover = next((one for one in done if one.kind == "rollover"), None)
    served = -sum(one.units for one in done if one.kind == "served")
    told: dict[str, Any] = {"extended_units": rollover.units if rollover else 0}
    return told | ({"served_shortfall": served} if served else {})
