"""Who may sign in: everybody with role and state, let in, kept out and helped by the commands of `outbound user`.

A password of staff is set at a terminal only: whoever could set a colleague's here could act as two people.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response

from reports.portal import commands, doorman
from reports.portal.access import Manager, only
from reports.portal.commands import Outcome
from reports.portal.listing import Column, csv_response
from reports.portal.navigation import Entry
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import Visitor

router = APIRouter()
MENU = [Entry(N_("Users"), "/users", ("manager", "operator"), N_("Oversight"))]

COLUMNS = [
    Column("name", N_("Name")), Column("email", N_("E-mail address")), Column("role", N_("Role"), "state"),
    Column("account", N_("Account")), Column("state", N_("State"), "state"), Column("factor", N_("Second factor"), "state"),
    Column("last_visit", N_("Last visit"), "instant"),
]  # fmt: skip
COMMANDS = {
    "deactivate": ("user", "deactivate"),
    "activate": ("user", "activate"),
    "no-second-factor": ("user", "no-second-factor"),
    "password": ("user", "password", "--generate"),
}


@router.get("/users")
def users(request: Request, visitor: Manager) -> Response:
    if request.query_params.get("format") == "csv":
        return csv_response("users", [column.name for column in COLUMNS], iter(doorman.people()))
    return _page(request, visitor)


@router.post("/users")
def act(
    request: Request,
    visitor: Annotated[Visitor, Depends(only("manager"))],
    email: Annotated[str, Form()],
    verb: Annotated[str, Form()],
) -> Response:
    """Does it in the visitor's name. Nobody does anything to themselves here, nor sets a password of staff."""
    person = next((one for one in doorman.people() if one["email"] == email), None)
    if verb not in COMMANDS or person is None:
        raise HTTPException(422)
    if email == visitor.email or (verb == "password" and person["account"] is None):
        raise HTTPException(404)
    return _page(request, visitor, commands.run(visitor, [*COMMANDS[verb], "--", email]))


def _page(request: Request, visitor: Visitor, outcome: Outcome | None = None) -> Response:
    return page(
        request, visitor, "users.html", 200 if outcome is None or outcome.succeeded else 422,
        people=doorman.people(), columns=COLUMNS, outcome=outcome,
    )  # fmt: skip
