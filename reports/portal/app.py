"""The portal as an ASGI application: pages, static files, and what everybody sees where something is wrong."""

import traceback
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outbound.logs import logger
from reports.portal import rendering
from reports.portal.access import NotSignedIn, visitor_of
from reports.portal.pages import MODULES
from reports.portal.places import STATIC
from reports.portal.reading import engine
from reports.portal.security import Security
from reports.portal.visitor import Visitor

log = logger("reports.portal")


class Static(StaticFiles):
    """Files of a release: kept by the browser for an hour, and asked about afterwards."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response


class Failures:
    """ASGI middleware: what no page caught is logged by its class alone, for its words may quote a row."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http" or has_begun:
                raise
            last = traceback.extract_tb(error.__traceback__)[-1]
            log.error(  # noqa: TRY400  no traceback: the error's text is in it
                "page failed", error=type(error).__name__, where=f"{Path(last.filename).name}:{last.lineno}"
            )
            request = Request(scope, receive)
            told = _told(request, getattr(request.state, "visitor", None), 500)
            await told(scope, receive, send)


def create() -> FastAPI:
    """All pages; who may open which is said beside each (`reports.portal.access`)."""
    app = FastAPI(title="Outbound", docs_url=None, redoc_url=None, openapi_url=None)
    rendering.ENTRIES[:] = [entry for module in MODULES for entry in module.MENU]
    for module in MODULES:
        app.include_router(module.router)
    app.mount("/static", Static(directory=STATIC), name="static")
    app.add_api_route("/healthz", _health, methods=["GET"])
    app.add_exception_handler(NotSignedIn, _ask_to_sign_in)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_found)
    app.add_middleware(Failures)
    app.add_middleware(Security)
    return app


def _health() -> Response:
    """200 while the database answers."""
    with engine("doorman").connect() as connection:
        connection.exec_driver_sql("select 1")
    return JSONResponse({"status": "ok"})


def _ask_to_sign_in(request: Request, _: Exception) -> Response:
    """A fragment of a page cannot ask: htmx is told to load the whole page."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    where = f"/sign-in?next={quote(wanted, safe='')}" if request.method == "GET" and wanted != "/" else "/sign-in"
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    return RedirectResponse(where, 303)


def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _told(request, visitor_of(request), status)


def _not_found(request: Request, _: Exception) -> Response:
    """An address that is none of ours, such as a text where a number belongs."""
    return _told(request, visitor_of(request), 404 if request.method == "GET" else 422)


def _told(request: Request, visitor: Visitor | None, status: int) -> Response:
    return rendering.page(request, visitor, "error.html", status, code=status)
