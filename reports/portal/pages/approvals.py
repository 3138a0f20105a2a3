"""What waits for a second person: proposals of commands, and proposed credits with the way to decide them."""

from fastapi import APIRouter, Request, Response

from outbound.queries import load
from reports.portal.access import Finance, Reading
from reports.portal.listing import Column, Filter, Listing
from reports.portal.navigation import Entry
from reports.portal.tones import N_

router = APIRouter()
MENU = [
    Entry(N_("Proposals"), "/approvals", ("finance", "manager"), N_("Two people")),
    Entry(N_("Proposed credits"), "/approvals/credits", ("finance", "manager"), N_("Two people")),
]
Q = load("portal/approvals")
PROPOSALS = Listing(
    name="approvals",
    query=Q.proposals,
    columns=[
        Column("proposed_at", N_("When"), "instant"), Column("action", N_("What")), Column("object", N_("Of what")),
        Column("proposed_by", N_("Proposed by")), Column("expires_at", N_("Expires"), "instant"),
        Column("state", N_("State"), "state"), Column("approved_by", N_("Agreed by")),
    ],
    key=["approval"],
    empty=N_("Nothing waits."),
    filters=[Filter("state", N_("State"), {"open": N_("open"), "approved": N_("approved"), "expired": N_("expired")})],
)  # fmt: skip
CREDITS = Listing(
    name="draft-credits",
    query=Q.credits,
    columns=[
        Column("draft", N_("Proposed credit"), href="/finance/record/approve-credit?draft={draft}"),
        Column("account", N_("Account")), Column("invoice", N_("Invoice")), Column("net", N_("Net"), "money"),
        Column("reason", N_("Why")), Column("proposed_by", N_("Proposed by")), Column("state", N_("State"), "state"),
        Column("decided_by", N_("Decided by")), Column("credit_note", N_("credit note")),
    ],
    key=["draft"],
    empty=N_("Nothing waits."),
    filters=[Filter("state", N_("State"), {"draft": N_("draft"), "approved": N_("approved"), "rejected": N_("rejected")})],
)  # fmt: skip


@router.get("/approvals")
def proposals(request: Request, visitor: Finance, reader: Reading) -> Response:
    lead = N_(
        "Somebody else than who proposed it, of finance or a manager, does the same in the portal or by the same command before it"
        " expires; then it is done."
    )
    return PROPOSALS.respond(request, reader, "list.html", title=N_("Proposals"), lead=lead)


@router.get("/approvals/credits")
def credits_(request: Request, visitor: Finance, reader: Reading) -> Response:
    lead = N_("One person proposes, another one approves. Only then is there a credit note.")
    return CREDITS.respond(request, reader, "list.html", title=N_("Proposed credits"), lead=lead)
