"""Purchases that a person records: at once, or as orders that take effect with their payment (CHARGING 12)."""

from decimal import Decimal
from typing import Any

from billing import accounts, activation, approvals
from billing.issuing import refusals
from billing.recording import NotRecorded, instant, new_key
from outbound import audit, database, queries

Q = queries.load("billing/orders")


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

    rate: the one agreed on; without it the card's of the day it takes effect, at the tier of these units. zone: which
    card, where an account has several. Where the account's terms say that units come with their payment it is an
    order, with a pro-forma, until money on account covers it. Raises NotRecorded, and AwaitsApproval for a rate below
    the card's where the legal entity asks for two people.
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
        key = new_key(connection, buyer, "PO", key)
        order = activation.Order(key=key, units=units, rate=rate, card_zone=zone)
        if buyer.activation == "payment":
            result = activation.place(connection, buyer, order)
        else:
            result = activation.activate(connection, buyer, order, instant(connection))
            audit.record(connection, "purchase", buyer.account_id, key, result)
        unusual = activation.must_be_agreed(connection, buyer, order)
        if unusual and not dry_run:
            approvals.ask(connection, buyer.legal_entity_id, buyer.approvals, "purchase", unusual)
    return result
