"""One account as finance sees it: lots, purchases, invoices, payments, what is open, and its ledger."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response

from outbound.queries import load
from reports.portal import charts
from reports.portal.access import Finance, Reading
from reports.portal.charts import Chart
from reports.portal.language import Words
from reports.portal.listing import Column, Listing
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.rendering import page
from reports.portal.tones import N_

router = APIRouter()
MENU: list[Entry] = []
Q = load("portal/finance_account")

_MARTS = (
    "finance.receivables_ageing",
    "finance.prepaid_lots",
    "finance.invoices",
    "finance.ledger_entries",
    "finance.deferred_revenue",
)
_ROLL = {
    "month": N_("Month"), "opening": N_("At the start"), "brought_in": N_("Brought in"), "sold": N_("Sold"),
    "used": N_("Used"), "given_back": N_("Given back"), "lapsed": N_("Lapsed"), "refunded": N_("Refunded"),
    "revalued": N_("Revalued"), "closing": N_("At the end"),
}  # fmt: skip
COLUMNS = {
    "lots": [
        Column("lot", N_("Lot")), Column("state", N_("State"), "state"), Column("remaining", N_("SMS left"), "number"),
        Column("rate", N_("Rate"), "rate"), Column("carrying_value", N_("Worth"), "money"),
        Column("opened_at", N_("Bought"), "instant"), Column("last_valid_day", N_("Valid until"), "day"),
    ],
    "purchases": [
        Column("name", N_("Order")), Column("at", N_("When"), "instant"), Column("units", N_("SMS"), "number"),
        Column("rate", N_("Rate"), "rate"),
    ],
    "invoices": [
        Column("month", N_("Month")), Column("kind", N_("For"), "state"), Column("state", N_("State"), "state"),
        Column("invoice", N_("Number")), Column("issue_day", N_("Issued"), "day"), Column("net", N_("Net"), "money"),
        Column("vat", N_("VAT"), "money"), Column("total", N_("Total"), "money"),
    ],
    "payments": [
        Column("at", N_("When"), "instant"), Column("payment", N_("The payment's own id")), Column("reference", N_("Reference")),
        Column("amount", N_("Amount paid"), "money"), Column("withheld", N_("Tax withheld"), "money"),
        Column("certificate", N_("Certificate of the tax withheld")), Column("taken_back_at", N_("Taken back"), "instant"),
    ],
    "open": [
        Column("document", N_("Document")), Column("kind", N_("What"), "state"), Column("day", N_("Day"), "day"),
        Column("due_day", N_("Due on"), "day"), Column("days_overdue", N_("Days past due"), "number"),
        Column("amount", N_("Claimed"), "money"), Column("settled", N_("Paid or credited"), "money"),
        Column("open", N_("Open amount"), "money"),
    ],
}  # fmt: skip
LEDGER = Listing(
    name="ledger",
    query=Q.ledger,
    columns=[
        Column("at", N_("When"), "instant"), Column("kind", N_("What"), "state"), Column("entry", N_("Posting")),
        Column("ledger_account", N_("Account of the ledger")), Column("debit", N_("Debited"), "money"),
        Column("credit", N_("Credited"), "money"), Column("units", N_("SMS"), "number"),
    ],
    key=["at", "entry", "ledger_account"],
    empty=N_("Nothing yet."),
)  # fmt: skip


@router.get("/finance/accounts/{account}")
def account(request: Request, visitor: Finance, reader: Reading, account: str) -> Response:
    """The page; with ?format=csv its ledger. Before the first build it says that there are no books yet."""
    found = reader.first(Q.account, {"account": account})
    if found is None:
        raise HTTPException(404)
    if not all(reader.is_built(mart) for mart in _MARTS):
        return page(request, visitor, "finance_account.html", account=found, list=None)
    of = {"account_id": found["account_id"], "currency": found["currency"]}
    return LEDGER.respond(
        request, reader, "finance_account.html", of, account=found, sums=reader.first(Q.sums, of), columns=COLUMNS,
        lots=reader.rows(Q.lots, of), purchases=reader.rows(Q.purchases, of), invoices=reader.rows(Q.invoices, of),
        payments=reader.rows(Q.payments, of), open_items=reader.rows(Q.open_items, of),
        roll=_roll(reader, of, str(found["name"])) if found["scheme"] == "prepaid" else None,
    )  # fmt: skip


def _roll(reader: Reader, of: Mapping[str, Any], account: str) -> Chart:
    """Deferred revenue at each month's end, and as a table what led there from its start."""
    words = Words(reader.visitor.language)
    months = reader.rows(Q.deferred, of)
    title = str(words.gettext(N_("Deferred revenue by month, in %(currency)s"), currency=of["currency"]))
    option = charts.bars([str(row["month"]) for row in months], {title: [float(row["closing"]) for row in months]})
    heads = [str(words.gettext(head)) for head in _ROLL.values()]
    amounts = list(_ROLL)[1:]
    rows = [[str(row["month"]), *(f"{row[name]:,}" for name in amounts)] for row in months]
    export = f"/exports/finance.deferred_revenue?account={quote(account)}"
    return Chart("deferred", title, option, heads, rows, csv=export)
