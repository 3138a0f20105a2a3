"""Whom a customer may send to: the base, opt-outs and senders. Numbers are shown masked; one that is looked for is given whole."""

from fastapi import APIRouter, Request, Response

from outbound.queries import load
from reports.portal.access import Customer, Reading
from reports.portal.listing import Column, Filter, Listing
from reports.portal.navigation import Entry
from reports.portal.numbers import asked_for
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import CUSTOMERS

router = APIRouter()
MENU = [
    Entry(N_("Base"), "/base", CUSTOMERS, N_("Recipients")),
    Entry(N_("Opt-outs"), "/opt-outs", CUSTOMERS, N_("Recipients")),
    Entry(N_("Senders"), "/senders", CUSTOMERS, N_("Recipients")),
]
Q = load("portal/recipients")

NUMBER = Filter("number", N_("Number, as in 201001234567"))
SOURCES = {"file": N_("file"), "portal": N_("portal"), "stop": N_("reply with STOP"), "operator": N_("operator")}
LOADS = Listing(
    name="base-files",
    query=Q.loads,
    columns=[
        Column("claimed_at", N_("Received"), "instant"),
        Column("name", N_("File")),
        Column("state", N_("State"), "state"),
        Column("accepted", N_("Taken"), "number"),
        Column("rejected", N_("Rejected"), "number"),
    ],
    key=["file"],
    empty=N_("No file has come yet."),
)
OPT_OUTS = Listing(
    name="opt-outs",
    query=Q.opt_outs,
    columns=[
        Column("opted_out_at", N_("Since"), "instant"),
        Column("msisdn", N_("Number"), "msisdn"),
        Column("source", N_("By"), "state"),
        Column("file", N_("File")),
    ],
    key=["opt_out_id"],
    empty=N_("Nobody has opted out."),
    filters=[NUMBER, Filter("source", N_("By"), SOURCES)],
)
SENDERS = Listing(
    name="senders",
    query=Q.senders,
    columns=[
        Column("address", N_("Sender")),
        Column("kind", N_("Kind"), "state"),
        Column("state", N_("State"), "state"),
        Column("approved_from", N_("From"), "day"),
        Column("approved_to", N_("To"), "day"),
        Column("class", N_("For campaigns that are"), "state"),
        Column("operators", N_("Only networks")),
    ],
    key=["address", "sender_id"],
    empty=N_("No sender is approved yet: ask your contact to have one approved."),
    ascending=True,
)


@router.get("/base")
def base(request: Request, visitor: Customer, reader: Reading) -> Response:
    asked = asked_for(request)
    if request.query_params.get("format") == "csv":
        return LOADS.respond(request, reader, "recipients.html")
    return page(
        request, visitor, "recipients.html",
        base=reader.first(Q.base),
        member=reader.first(Q.member, asked),
        asked=request.query_params.get("number", ""),
        loads=LOADS.read(request, reader),
    )  # fmt: skip


@router.get("/opt-outs")
def opt_outs(request: Request, reader: Reading, visitor: Customer) -> Response:
    lead = N_("These numbers get nothing from you, whatever a base or a campaign says.")
    return OPT_OUTS.respond(request, reader, "list.html", asked_for(request), title=N_("Opt-outs"), lead=lead)


@router.get("/senders")
def senders(request: Request, reader: Reading, visitor: Customer) -> Response:
    lead = N_("The names and numbers that your messages may come from.")
    return SENDERS.respond(request, reader, "list.html", title=N_("Senders"), lead=lead)
