"""Finance's pages: the books of all accounts as they were built last, list by list, and what they come to."""

from fastapi import APIRouter, HTTPException, Request, Response

from outbound.queries import load
from reports.portal.access import Finance, Reading
from reports.portal.document import pdf_of
from reports.portal.listing import Column, Filter, Listing
from reports.portal.navigation import Entry
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import Role

router = APIRouter()
Q = load("portal/finance")

ROLES: tuple[Role, ...] = ("finance", "manager")
ACCOUNT = Filter("account", N_("Account"))
_ACCOUNT = Column("account", N_("Account"))

LISTS = {
    "accounts": Listing(
        name="accounts",
        query=Q.accounts,
        columns=[
            Column("account", N_("Account"), href="/finance/accounts/{account}"),
            Column("scheme", N_("Scheme"), "state"),
            Column("open", N_("Open"), "money"),
            Column("overdue", N_("Overdue"), "money"),
            Column("remaining", N_("SMS left"), "number"),
            Column("deferred", N_("Deferred revenue"), "money"),
            Column("closed", N_("Closed up to"), "day"),
        ],
        key=["account"],
        empty=N_("There is no account yet."),
        ascending=True,
    ),
    "invoices": Listing(
        name="invoices",
        query=Q.invoices,
        columns=[
            _ACCOUNT, Column("month", N_("Month")), Column("kind", N_("For"), "state"), Column("state", N_("State"), "state"),
            Column("invoice", N_("Number"), href="/finance/documents/{invoice}"), Column("issue_day", N_("Issued"), "day"),
            Column("net", N_("Net"), "money"), Column("vat", N_("VAT"), "money"), Column("total", N_("Total"), "money"),
        ],
        key=["month", "account", "place"],
        empty=N_("Nothing was invoiced yet."),
        filters=[ACCOUNT, Filter("state", N_("State"), {"draft": N_("draft"), "issued": N_("issued")})],
    ),
    "ledger": Listing(
        name="ledger",
        query=Q.ledger,
        columns=[
            _ACCOUNT, Column("at", N_("When"), "instant"), Column("kind", N_("What"), "state"), Column("entry", N_("Entry")),
            Column("ledger_account", N_("Ledger account")), Column("debit", N_("Debit"), "money"),
            Column("credit", N_("Credit"), "money"), Column("units", N_("SMS"), "number"),
        ],
        key=["at", "account", "entry", "ledger_account"],
        empty=N_("Nothing was posted yet."),
        filters=[ACCOUNT, Filter("ledger_account", N_("Ledger account, as in 2100"))],
    ),
    "lots": Listing(
        name="prepaid-lots",
        query=Q.lots,
        columns=[
            _ACCOUNT, Column("lot", N_("Lot")), Column("state", N_("State"), "state"), Column("remaining", N_("SMS left"), "number"),
            Column("rate", N_("Rate"), "rate"), Column("carrying_value", N_("Worth"), "money"),
            Column("opened_at", N_("Bought"), "instant"), Column("last_valid_day", N_("Valid until"), "day"),
        ],
        key=["opened_at", "account", "lot"],
        empty=N_("Nothing was bought in advance yet."),
        filters=[ACCOUNT, Filter("state", N_("State"), {"open": N_("open"), "merged": N_("merged"), "lapsed": N_("lapsed")})],
    ),
    "ageing": Listing(
        name="receivables",
        query=Q.ageing,
        columns=[
            _ACCOUNT, Column("document", N_("Document")), Column("kind", N_("What"), "state"), Column("day", N_("Day"), "day"),
            Column("due_day", N_("Due"), "day"), Column("days_overdue", N_("Days overdue"), "number"),
            Column("amount", N_("Amount"), "money"), Column("settled", N_("Settled"), "money"), Column("open", N_("Open"), "money"),
        ],
        key=["day", "account", "document"],
        empty=N_("Nothing is open."),
        filters=[ACCOUNT],
    ),
    "deferred": Listing(
        name="deferred-revenue",
        query=Q.deferred,
        columns=[
            _ACCOUNT, Column("month", N_("Month")), Column("opening", N_("Opening"), "money"), Column("sold", N_("Sold"), "money"),
            Column("used", N_("Used"), "money"), Column("given_back", N_("Given back"), "money"),
            Column("lapsed", N_("Lapsed"), "money"), Column("refunded", N_("Refunded"), "money"),
            Column("revalued", N_("Revalued"), "money"), Column("closing", N_("Closing"), "money"),
        ],
        key=["month", "account"],
        empty=N_("Nothing was bought in advance yet."),
        filters=[ACCOUNT],
    ),
    "margin": Listing(
        name="margin",
        query=Q.margin,
        columns=[
            _ACCOUNT, Column("month", N_("Month")), Column("operator", N_("Network")), Column("segments", N_("Segments"), "number"),
            Column("revenue", N_("Revenue"), "money"), Column("cost", N_("Cost"), "money"), Column("margin", N_("Margin"), "money"),
        ],
        key=["month", "account", "operator"],
        empty=N_("Nothing was sent yet."),
        filters=[ACCOUNT],
    ),
}  # fmt: skip
TITLES = {
    "accounts": (N_("Accounts"), N_("What each owes, has paid for in advance, and up to when its books are closed.")),
    "invoices": (N_("Invoices"), N_("Drafts and what was issued; an issued one opens as a PDF.")),
    "ledger": (N_("Ledger"), N_("Every posting, in double entry.")),
    "lots": (N_("Prepaid lots"), N_("What was bought in advance, and what is left of it.")),
    "ageing": (N_("Receivables"), N_("What is open, and for how long it has been overdue.")),
    "deferred": (
        N_("Deferred revenue"),
        N_("Month by month: opening, what was sold, used, lapsed and revalued, closing."),
    ),
    "margin": (N_("Margin"), N_("What customers pay less what carriers ask, by network and month.")),
}
MENU = [
    Entry(N_("Finance"), "/finance", ROLES),
    *(Entry(title, f"/finance/{name}", ROLES, N_("Books")) for name, (title, _) in TITLES.items()),
]


@router.get("/finance")
def overview(request: Request, visitor: Finance, reader: Reading) -> Response:
    """Whether the books agree, what is in draft, and each account in a line."""
    if not reader.is_built("finance.reconciliation"):
        return page(request, visitor, "finance.html", standing=None, list=None)
    if request.query_params.get("format") == "csv":
        return LISTS["accounts"].respond(request, reader, "finance.html")
    return page(
        request,
        visitor,
        "finance.html",
        standing=reader.first(Q.standing),
        list=LISTS["accounts"].read(request, reader),
    )


@router.get("/finance/documents/{label}")
def document(visitor: Finance, reader: Reading, label: str) -> Response:
    account = reader.value(Q.invoice_account, {"label": label})
    if account is None:
        raise HTTPException(404)
    return pdf_of(visitor, account, label)


@router.get("/finance/{name}")
def books(request: Request, visitor: Finance, reader: Reading, name: str) -> Response:
    if name not in LISTS:
        raise HTTPException(404)
    title, lead = TITLES[name]
    if not reader.is_built("finance.reconciliation"):
        return page(request, visitor, "list.html", list=None, title=title, lead=lead)
    return LISTS[name].respond(request, reader, "list.html", title=title, lead=lead)
