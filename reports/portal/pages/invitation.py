"""Taking an invitation: whoever has its link chooses a password, once, and signs in with it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from outbound.errors import OutboundError
from reports.portal import passwords, people
from reports.portal.commands import Outcome
from reports.portal.navigation import Entry
from reports.portal.rendering import page

router = APIRouter()
MENU: list[Entry] = []


@router.get("/invitation")
def show(request: Request, token: str = "") -> Response:
    return _page(request, token)


@router.post("/invitation")
def accept(request: Request, token: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "") -> Response:
    try:
        people.accept(token, password)
    except OutboundError as error:
        return _page(request, token, Outcome(False, str(error)))
    return RedirectResponse("/sign-in", 303)


def _page(request: Request, token: str, outcome: Outcome | None = None) -> Response:
    """Without a link that works it says so, and nothing of anybody."""
    person = people.invited(token) if token else None
    return page(
        request, None, "invitation.html", 200 if person is not None and outcome is None else 422 if outcome else 404,
        person=person, token=token, shortest=passwords.SHORTEST, outcome=outcome,
    )  # fmt: skip
