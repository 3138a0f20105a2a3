"""A customer's invoices and credit notes, and the statement of account."""

from fastapi import APIRouter, HTTPException, Request, Response

from outbound.queries import load
from reports.portal.access import Customer, Reading
from reports.portal.document import pdf_of
from reports.portal.listing import Column, Filter, Listing
from reports.portal.navigation import Entry
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import CUSTOMERS

router = APIRouter()
MENU = [
    Entry(N_("Invoices"), "/invoices", CUSTOMERS, N_("Money")),
    Entry(N_("Statement of account"), "/statement", CUSTOMERS, N_("Money")),
]
Q = load("portal/money")

KINDS = {"month": N_("month"), "purchase": N_("purchase"), "credit_note": N_("credit note")}
DOCUMENTS = Listing(
    name="invoices",
    query=f"select document.* from ({Q.documents}) as document where (%(kind)s::text is null or kind = %(kind)s::text)",  # noqa: S608  a query of ours
    columns=[
        Column("issue_day", N_("Issued"), "day"),
        Column("label", N_("Number"), href="/invoices/{label}/pdf"),
        Column("kind", N_("For"), "state"),
        Column("month", N_("Month")),
        Column("state", N_("State"), "state"),
        Column("net", N_("Net"), "money"),
        Column("vat", N_("VAT"), "money"),
        Column("total", N_("Total"), "money"),
    ],
    key=["issued_at", "label"],
    empty=N_("Nothing was invoiced yet."),
    filters=[Filter("kind", N_("For"), KINDS)],
)
STATEMENT = Listing(
    name="statement-of-account",
    query=Q.statement,
    columns=[
        Column("day", N_("Day"), "day"),
        Column("kind", N_("What"), "state"),
        Column("document", N_("Document")),
        Column("reference", N_("Reference")),
        Column("debit", N_("Owed"), "money"),
        Column("credit", N_("Paid or credited"), "money"),
        Column("balance", N_("Balance"), "money"),
    ],
    key=["n"],
    empty=N_("Nothing was invoiced or paid yet."),
)


@router.get("/invoices")
def invoices(request: Request, visitor: Customer, reader: Reading) -> Response:
    return DOCUMENTS.respond(request, reader, "list.html", title=N_("Invoices"), lead=N_("Each opens as a PDF."))


@router.get("/invoices/{label}/pdf")
def pdf(label: str, visitor: Customer, reader: Reading) -> Response:
    """The document as it was issued, in the visitor's language; the same bytes every time."""
    if not reader.value(Q.is_own_document, {"label": label}):
        raise HTTPException(404)
    return pdf_of(visitor, visitor.account or "", label)


@router.get("/statement")
def statement(request: Request, visitor: Customer, reader: Reading) -> Response:
    lead = N_("What you owe, line by line, as of the last build of the books.")
    if not reader.is_built("finance.account_statements"):
        return page(request, visitor, "list.html", list=None, title=N_("Statement of account"), lead=lead)
    return STATEMENT.respond(request, reader, "list.html", title=N_("Statement of account"), lead=lead)
