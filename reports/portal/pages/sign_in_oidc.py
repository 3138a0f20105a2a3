"""Signing in through the organisation's own provider, where one is set up (`reports.portal.oidc`)."""

import base64
import secrets

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from outbound.logs import logger
from reports.portal import doorman, oidc
from reports.portal.access import cookie_name
from reports.portal.doorman import NotLetIn
from reports.portal.navigation import Entry
from reports.portal.oidc import NotVouchedFor, Provider
from reports.portal.pages import sign_in

router = APIRouter()
MENU: list[Entry] = []
log = logger("reports.portal")

BACK = "/sign-in/oidc/back"


@router.get("/sign-in/oidc")
def go(request: Request, next: str = "/") -> Response:
    """To the provider, with a cookie by which this browser is known when it comes back."""
    provider, token = _provider(), secrets.token_urlsafe(32)
    asked = oidc.Request(_state(token))
    try:
        answer = RedirectResponse(oidc.address(provider, asked, _redirect_uri(request)), 303)
    except NotVouchedFor as error:
        return _refused(request, error)
    doorman.begin_oidc(token, asked, sign_in.own(next))
    sign_in.set_cookie(request, answer, _cookie(request), token, doorman.OIDC_MINUTES * 60)
    return answer


@router.get(BACK)
def back(request: Request, state: str = "", code: str = "") -> Response:
    """Lets in whom the provider vouches for, where they are one of ours: nobody is made one by this."""
    provider, token = _provider(), request.cookies.get(_cookie(request), "")
    try:
        _refuse_another_browser(token, state)
        kept, where = doorman.take_oidc(token)
        email = oidc.vouched_for(provider, kept, _redirect_uri(request), code)
        visit = doorman.let_in(email, request.client.host if request.client else "unknown")
    except (NotVouchedFor, NotLetIn) as error:
        return _refused(request, error)
    answer = RedirectResponse(where, 303)
    sign_in.set_cookie(request, answer, cookie_name(request), visit)
    sign_in.forget_cookie(request, answer, _cookie(request))
    return answer


def _refuse_another_browser(token: str, state: str) -> None:
    """Raises NotVouchedFor where the answer was meant for somebody else: the cookie says who was sent."""
    if not token or not secrets.compare_digest(state.encode(), _state(token).encode()):
        raise NotVouchedFor("the browser that came back is not the one that was sent")


def _provider() -> Provider:
    """Raises 404 where there is none."""
    found = oidc.provider()
    if found is None:
        raise HTTPException(404)
    return found


def _refused(request: Request, error: NotVouchedFor | NotLetIn) -> Response:
    log.warning("not let in by the provider", error=str(error))
    return sign_in.ask_again(request, "unknown" if isinstance(error, NotLetIn) else "provider")


def _state(token: str) -> str:
    """What the provider is told stands for the cookie without giving it away."""
    return base64.urlsafe_b64encode(doorman.token_hash(token)).decode()


def _cookie(request: Request) -> str:
    return cookie_name(request) + "-oidc"


def _redirect_uri(request: Request) -> str:
    return str(request.base_url).rstrip("/") + BACK
