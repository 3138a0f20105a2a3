"""Everybody who may sign in: invited, given a role, kept out and helped by the commands of `outbound user`.

A password of staff is never shown: whoever knew a colleague's could act as two people. They get a link, and who gave it is agreed with by nobody whom they let in.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response

from reports.portal import commands, doorman
from reports.portal.access import Manager, only
from reports.portal.commands import Outcome
from reports.portal.listing import Column, csv_response
from reports.portal.navigation import Entry
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import CUSTOMERS, STAFF, Visitor

router = APIRouter()
MENU = [Entry(N_("Users"), "/users", ("manager", "operator"), N_("Oversight"))]

COLUMNS = [
    Column("name", N_("Name"), href="/users?who={person_id}"), Column("email", N_("E-mail address")), Column("role", N_("Role"), "state"),
    Column("account", N_("Account")), Column("state", N_("State"), "state"), Column("factor", N_("Second factor"), "state"),
    Column("last_visit", N_("Last visit"), "instant"),
]  # fmt: skip
VERBS = ("invite", "role", "deactivate", "activate", "sign-out", "no-second-factor")
ROLES = (*STAFF, *CUSTOMERS)


@router.get("/users")
def users(request: Request, visitor: Manager) -> Response:
    if request.query_params.get("format") == "csv":
        return csv_response("users", [column.name for column in COLUMNS], iter(doorman.people()))
    return _page(request, visitor, request.query_params.get("who", ""))


@router.post("/users")
def act(
    request: Request,
    visitor: Annotated[Visitor, Depends(only("manager"))],
    verb: Annotated[str, Form()],
    email: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    account: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
) -> Response:
    """Does it in the visitor's name. account: of somebody new, empty for staff; whose the others are is known."""
    email = email.strip()
    person = next((one for one in doorman.people() if one["email"].lower() == email.lower()), None)
    if verb not in VERBS or (role and role not in ROLES) or (person is None and verb != "invite"):
        raise HTTPException(422)
    whose = person["account"] if person else account
    scope = ["--account", whose] if whose else []
    options = {"invite": ["--name", name, "--json", *(["--role", role] if role else [])]}.get(verb, [])
    said = commands.run(visitor, ["user", verb, *scope, *options, "--", email, *([role] if verb == "role" else [])])
    if verb == "invite" and said.succeeded:
        made = said.json()
        link = str(request.base_url).rstrip("/") + made["link"]
        return _page(request, visitor, "", invitation={"email": made["email"], "link": link})
    return _page(request, visitor, "", said)


def _page(
    request: Request,
    visitor: Visitor,
    who: str,
    outcome: Outcome | None = None,
    invitation: dict[str, Any] | None = None,
) -> Response:
    everybody = doorman.people()
    chosen = next((one for one in everybody if str(one["person_id"]) == who), None)
    return page(
        request, visitor, "users.html", 200 if outcome is None or outcome.succeeded else 422,
        people=everybody, columns=COLUMNS, chosen=chosen, accounts=doorman.accounts(), staff_roles=STAFF, customer_roles=CUSTOMERS,
        outcome=outcome, invitation=invitation,
    )  # fmt: skip
