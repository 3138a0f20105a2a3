"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from reports.portal import doorman
from reports.portal.access import SECURE_COOKIE, Anyone, cookie_name
from reports.portal.doorman import NotLetIn, TooManyGuesses
from reports.portal.navigation import Entry
from reports.portal.rendering import page

router = APIRouter()
MENU: list[Entry] = []


@router.get("/sign-in")
def ask(request: Request, next: str = "/") -> Response:
    return page(request, None, "sign_in.html", next=_own(next), problem=None, email="")


@router.post("/sign-in")
def sign_in(
    request: Request,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    address = request.client.host if request.client else "unknown"
    try:
        token = doorman.sign_in(email.strip(), password, code.strip(), address)
    except (NotLetIn, TooManyGuesses) as error:
        problem = "wrong" if isinstance(error, NotLetIn) else "wait"
        status = 401 if problem == "wrong" else 429
        return page(request, None, "sign_in.html", status, next=_own(next), problem=problem, email=email)
    answer = RedirectResponse(_own(next), 303)
    name = cookie_name(request)
    answer.set_cookie(name, token, httponly=True, samesite="lax", secure=name == SECURE_COOKIE, path="/")
    return answer


@router.post("/sign-out")
def sign_out(request: Request, visitor: Anyone) -> Response:
    doorman.sign_out(visitor)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(cookie_name(request), path="/")
    return answer


def _own(address: str) -> str:
    """Where to go on: a path of the portal, never another site's address."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"
