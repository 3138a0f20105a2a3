"""A customer's balance: what is left until when at which rate, and what a purchase would make of it (CHARGING 8)."""

from fastapi import APIRouter, Request, Response

from outbound.queries import load
from reports.portal import commands
from reports.portal.access import Customer, Reading
from reports.portal.listing import Column, Listing
from reports.portal.navigation import Entry
from reports.portal.recharge import Recharge, recharge
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


@router.get("/balance")
def balance(request: Request, visitor: Customer, reader: Reading, units: str = "") -> Response:
    lots = reader.rows(Q.lots)
    standing = reader.first(Q.balance)
    if request.query_params.get("format") == "csv":
        return PURCHASES.respond(request, reader, "balance.html")
    preview, outcome = None, None
    if standing is not None and standing.scheme == "prepaid" and units.strip():
        preview, outcome = _preview(visitor, units.strip())
    return page(
        request, visitor, "balance.html",
        balance=standing, lots=lots, purchases=PURCHASES.read(request, reader), preview=preview, asked=units, outcome=outcome,
    )  # fmt: skip


def _preview(visitor: Visitor, units: str) -> tuple[Recharge | None, commands.Outcome | None]:
    """By the command that buys, without buying: its words are shown where it refuses."""
    account = visitor.account or ""
    said = commands.run(visitor, ["purchase", "--account", account, "--units", units, "--dry-run", "--json"])
    return (recharge(said.json()), None) if said.succeeded else (None, said)
