"""A month's close, item by item: what `outbound close-month` would refuse to go past, for each account, with the rows of it."""

from fastapi import APIRouter, HTTPException, Request, Response

from outbound.queries import load
from reports.portal.access import Finance, Reading
from reports.portal.listing import Column, Listing
from reports.portal.navigation import Entry
from reports.portal.rendering import page
from reports.portal.tones import N_

router = APIRouter()
MENU = [Entry(N_("Month close"), "/closing", ("finance", "manager"), N_("Books"))]
Q = load("portal/closing")

TITLE, LEAD = (
    N_("Month close"),
    N_("What each account's next month waits for. Whatever is open is refused by the close."),
)
ACCOUNTS = Listing(
    name="month-close",
    query=Q.accounts,
    columns=[
        Column("account", N_("Account"), href="/closing/{account}"), Column("month", N_("Month")),
        Column("over", N_("The month is over"), "state"), Column("built", N_("Books built since"), "state"),
        Column("certain", N_("Nothing in doubt"), "state"), Column("rated", N_("Everything has a rate"), "state"),
        Column("agreed", N_("The books agree"), "state"),
    ],
    key=["account"],
    empty=N_("There is no account yet."),
    ascending=True,
)  # fmt: skip
DOUBTS = [
    Column("which", N_("Message"), href="/messages/{campaign}/{ordinal}"), Column("at", N_("Sent"), "instant"),
    Column("connector", N_("Connector")),
]  # fmt: skip
ERRORS = [
    Column("month", N_("Month")), Column("error", N_("What is missing"), "state"), Column("subject", N_("Of what")),
    Column("units", N_("Segments"), "number"),
]  # fmt: skip
DISAGREEMENTS = [
    Column("day", N_("Day"), "day"), Column("accepted", N_("Accepted"), "number"), Column("charged", N_("Charged"), "number"),
    Column("past", N_("Loaded from before"), "number"), Column("ledger_units", N_("In the ledger"), "number"),
]  # fmt: skip


@router.get("/closing")
def accounts(request: Request, visitor: Finance, reader: Reading) -> Response:
    if not reader.is_built("finance.reconciliation"):
        return page(request, visitor, "list.html", list=None, title=TITLE, lead=LEAD)
    return ACCOUNTS.respond(request, reader, "list.html", title=TITLE, lead=LEAD)


@router.get("/closing/{account}")
def account(request: Request, visitor: Finance, reader: Reading, account: str) -> Response:
    """One account's items, each with the rows that keep it open: at most fifty, for the others are of the same kind."""
    month = reader.first(Q.month, {"account": account})
    if month is None or not reader.is_built("finance.reconciliation"):
        raise HTTPException(404)
    which = {name: month[name] for name in ("account_id", "month", "first_day", "ends_at")}
    return page(
        request, visitor, "closing.html",
        month=month,
        doubts=reader.rows(Q.doubts, which), doubt_columns=DOUBTS,
        errors=reader.rows(Q.errors, which), error_columns=ERRORS,
        disagreements=reader.rows(Q.disagreements, which), disagreement_columns=DISAGREEMENTS,
    )  # fmt: skip
