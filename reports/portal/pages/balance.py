"""A customer's balance: what is left until when at which rate, and what a purchase would make of it (CHARGING 8)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request, Response

from outbound.queries import load
from reports.portal import commands
from reports.portal.access import Customer, Reading
from reports.portal.listing import Column, Listing
from reports.portal.navigation import Entry
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import CUSTOMERS, Visitor

router = APIRouter()
MENU = [Entry(N_("Balance"), "/balance", CUSTOMERS)]
Q = load("portal/money")

PURCHASES = Listing(
    name="purchases",
    query=Q.purchases,
    columns=[
        Column("at", N_("Bought"), "instant"),
        Column("name", N_("Order")),
        Column("units", N_("SMS"), "number"),
        Column("rate", N_("Rate"), "rate"),
        Column("invoice", N_("Invoice"), href="/invoices/{invoice}/pdf"),
    ],
    key=["at", "purchase"],
    empty=N_("Nothing was bought yet."),
)


@dataclass(frozen=True)
class Preview:
    """What a purchase of so many units would do. left: units before it. extended: of these, those that it extends and
    re-rates. lots: after it."""

    units: int
    left: int
    extended: int
    rate: Decimal
    last_valid_day: date
    net: Decimal
    vat: Decimal
    total: Decimal
    currency: str


@router.get("/balance")
def balance(request: Request, visitor: Customer, reader: Reading, units: str = "") -> Response:
    lots = reader.rows(Q.lots)
    standing = reader.first(Q.balance)
    if request.query_params.get("format") == "csv":
        return PURCHASES.respond(request, reader, "balance.html")
    preview, outcome = None, None
    if standing is not None and standing.scheme == "prepaid" and units.strip():
        preview, outcome = _preview(visitor, units.strip(), sum(lot.remaining for lot in lots))
    return page(
        request, visitor, "balance.html",
        balance=standing, lots=lots, purchases=PURCHASES.read(request, reader), preview=preview, asked=units, outcome=outcome,
    )  # fmt: skip


def _preview(visitor: Visitor, units: str, left: int) -> tuple[Preview | None, commands.Outcome | None]:
    """By the command that buys, without buying: its words are shown where it refuses."""
    account = visitor.account or ""
    said = commands.run(visitor, ["purchase", "--account", account, "--units", units, "--dry-run", "--json"])
    if not said.succeeded:
        return None, said
    told: dict[str, Any] = said.json()
    lot = next(one for one in told["lots"] if one["lot"] == told["order"])
    return Preview(
        units=told["units"], left=left, extended=told["extended_units"], rate=Decimal(told["rate"]),
        last_valid_day=date.fromisoformat(lot["last_valid_day"]), net=Decimal(told["net"]), vat=Decimal(told["vat"]),
        total=Decimal(told["total"]), currency=told["currency"],
    ), None  # fmt: skip
