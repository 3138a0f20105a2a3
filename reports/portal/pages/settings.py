"""A person's own settings: language, theme, notices, password, second factor."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from outbound.errors import OutboundError
from reports.portal import doorman, passwords
from reports.portal.access import Anyone, Customer
from reports.portal.commands import Outcome
from reports.portal.doorman import NotLetIn
from reports.portal.language import LANGUAGES
from reports.portal.navigation import Entry
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import Visitor

router = APIRouter()
MENU: list[Entry] = []

NOTICES = {
    "low_balance": N_("The balance is low"),
    "expiry": N_("Units lapse soon"),
    "credit_limit": N_("The credit limit is near or reached"),
    "monthly_cap": N_("The monthly cap is near or reached"),
}
THEMES = ("system", "light", "dark")


@router.get("/settings")
def show(request: Request, visitor: Anyone) -> Response:
    return _page(request, visitor)


@router.post("/settings/appearance")
def prefer(visitor: Anyone, language: Annotated[str, Form()], theme: Annotated[str, Form()]) -> Response:
    if language not in LANGUAGES or theme not in THEMES:
        raise HTTPException(422)
    doorman.prefer(visitor, language, theme)
    return RedirectResponse("/settings", 303)


@router.post("/settings/notices")
def choose_notices(request: Request, visitor: Customer, wanted: Annotated[list[str] | None, Form()] = None) -> Response:
    """Which kinds of notices the person gets an e-mail of; those that are not named, none."""
    doorman.choose_notices(visitor, [kind for kind in NOTICES if kind not in (wanted or [])])
    return RedirectResponse("/settings", 303)


@router.post("/settings/password")
def change_password(
    request: Request, visitor: Anyone, old: Annotated[str, Form()], new: Annotated[str, Form()]
) -> Response:
    try:
        doorman.change_password(visitor, old, new)
    except OutboundError as error:
        return _page(request, visitor, Outcome(False, str(error)), 422)
    return _page(request, visitor, Outcome(True, "the password is changed, and other visits are ended"))


@router.post("/settings/second-factor")
def second_factor(
    request: Request, visitor: Anyone, secret: Annotated[str, Form()] = "", code: Annotated[str, Form()] = ""
) -> Response:
    """With a secret: its code is asked for from now on. Without: a password is enough again."""
    try:
        if secret:
            doorman.begin_second_factor(visitor, secret, code)
        else:
            doorman.end_second_factor(visitor, code)
    except NotLetIn as error:
        return _page(request, visitor, Outcome(False, str(error)), 422)
    return RedirectResponse("/settings", 303)


def _page(request: Request, visitor: Visitor, outcome: Outcome | None = None, status: int = 200) -> Response:
    secret = passwords.new_totp_secret()
    return page(
        request, visitor, "settings.html", status,
        themes=THEMES, secret=secret, secret_address=passwords.totp_address(secret, visitor.email), outcome=outcome,
        shortest=passwords.SHORTEST,
        notices={} if visitor.is_staff else NOTICES,
        unwanted=[] if visitor.is_staff else doorman.unwanted_notices(visitor),
    )  # fmt: skip
