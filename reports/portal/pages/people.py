"""A customer's people, for its own administrator: invited, given a role, shut out and let in again."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response

from outbound.queries import load
from reports.portal import commands
from reports.portal.access import Admin, Reading
from reports.portal.commands import Outcome
from reports.portal.listing import Column, Listing
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import CUSTOMERS

router = APIRouter()
MENU = [Entry(N_("People"), "/people", ("customer_admin",))]
Q = load("portal/people")

PEOPLE = Listing(
    name="people",
    query=Q.people,
    columns=[
        Column("name", N_("Name"), href="/people?who={person_id}"),
        Column("email", N_("E-mail address")),
        Column("role", N_("Role"), "state"),
        Column("state", N_("State"), "state"),
        Column("last_visit", N_("Last seen"), "instant"),
        Column("managed_by", N_("Looked after by")),
    ],
    key=["email", "person_id"],
    empty=N_("There is nobody yet."),
    ascending=True,
)


@router.get("/people")
def people(request: Request, visitor: Admin, reader: Reading) -> Response:
    if request.query_params.get("format") == "csv":
        return PEOPLE.respond(request, reader, "people.html")
    return _page(request, reader, request.query_params.get("who", ""))


@router.post("/people")
def change(
    request: Request,
    visitor: Admin,
    reader: Reading,
    verb: Annotated[str, Form()],
    email: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "customer",
) -> Response:
    """One deed on one person of the visitor's own account: the command refuses everybody else."""
    own = ["--account", visitor.account or ""]
    deeds = {
        "invite": ["user", "invite", *own, "--name", name, "--role", role, "--json", "--", email.strip()],
        "role": ["user", "role", *own, "--", email, role],
        "deactivate": ["user", "deactivate", *own, "--", email],
        "activate": ["user", "activate", *own, "--", email],
        "sign-out": ["user", "sign-out", *own, "--", email],
        "no-second-factor": ["user", "no-second-factor", *own, "--", email],
    }
    if verb not in deeds or role not in CUSTOMERS:
        raise HTTPException(422)
    said = commands.run(visitor, deeds[verb])
    if verb == "invite" and said.succeeded:
        made = said.json()
        link = str(request.base_url).rstrip("/") + made["link"]
        return _page(request, reader, "", invitation={"email": made["email"], "link": link})
    return _page(request, reader, "", said)


def _page(
    request: Request,
    reader: Reader,
    who: str,
    outcome: Outcome | None = None,
    invitation: dict[str, Any] | None = None,
) -> Response:
    chosen = reader.first(Q.person, {"person": int(who)}) if who.isascii() and who.isdecimal() else None
    return page(
        request, reader.visitor, "people.html", 200 if outcome is None or outcome.succeeded else 422,
        list=PEOPLE.read(request, reader), roles=CUSTOMERS, chosen=chosen, outcome=outcome, invitation=invitation,
    )  # fmt: skip
