"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from reports.portal import doorman, oidc
from reports.portal.access import SECURE_COOKIE, Anyone, cookie_name
from reports.portal.doorman import NotLetIn, TooManyGuesses
from reports.portal.navigation import Entry
from reports.portal.rendering import page

router = APIRouter()
MENU: list[Entry] = []


@router.get("/sign-in")
def ask(request: Request, next: str = "/") -> Response:
    return _page(request, 200, next, None)


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
        return _page(request, status, next, problem, email)
    answer = RedirectResponse(own(next), 303)
    set_cookie(request, answer, cookie_name(request), token)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, visitor: Anyone) -> Response:
    doorman.sign_out(visitor)
    answer = RedirectResponse("/sign-in", 303)
    forget_cookie(request, answer, cookie_name(request))
    return answer


def ask_again(request: Request, problem: str) -> Response:
    """After another way of signing in has failed."""
    return _page(request, 401, "/", problem)


def set_cookie(request: Request, answer: Response, name: str, token: str, seconds: int | None = None) -> None:
    """Of this host alone, out of reach of scripts; seconds: None keeps it until the browser is closed."""
    is_secure = cookie_name(request) == SECURE_COOKIE
    answer.set_cookie(name, token, seconds, httponly=True, samesite="lax", secure=is_secure, path="/")


def forget_cookie(request: Request, answer: Response, name: str) -> None:
    """A browser takes a word on a cookie of this host alone only by https rules: the word says so, too."""
    is_secure = cookie_name(request) == SECURE_COOKIE
    answer.delete_cookie(name, httponly=True, samesite="lax", secure=is_secure, path="/")


def own(address: str) -> str:
    """Where to go on: a path of the portal, never another site's address."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"


def _page(request: Request, status: int, next: str, problem: str | None, email: str = "") -> Response:
    return page(
        request, None, "sign_in.html", status, next=own(next), problem=problem, email=email, provider=oidc.provider()
    )
