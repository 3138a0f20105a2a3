"""Makes a page of a template, for one visitor: their language and direction, theme, clocks and menu."""

from functools import cache, partial
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.portal import language
from reports.portal.formats import Formats
from reports.portal.navigation import Entry, menu
from reports.portal.places import TEMPLATES
from reports.portal.tones import tone
from reports.portal.visitor import Visitor

ENTRIES: list[Entry] = []
"""The menu, filled by `reports.portal.app` from the modules of pages."""


@cache
def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "default": str}
    made.globals["tone"] = tone
    return made


def page(request: Request, visitor: Visitor | None, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """visitor: None before anybody has signed in. Templates get `_`, `say` (Formats), `visitor` and `menu` besides.

    outcome: what a command said (`reports.portal.commands.Outcome`), shown above the page.
    """
    spoken = visitor.language if visitor else _asked_for(request)
    words = language.Words(spoken)
    whole = (
        environment()
        .get_template(template)
        .render(
            gettext=words.gettext,
            ngettext=words.ngettext,
            visitor=visitor,
            language=spoken,
            languages=language.LANGUAGES,
            direction=language.direction(spoken),
            theme=visitor.theme if visitor else "system",
            say=Formats(spoken, visitor.timezone if visitor else "UTC"),
            menu=menu(ENTRIES, visitor) if visitor else [],
            path=request.url.path,
            address=partial(_with_query, request),
            **{"outcome": None, **context},
        )
    )
    return HTMLResponse(whole, status)


def _asked_for(request: Request) -> str:
    """Before signing in: the language that the browser asks for first, of those that there are."""
    chosen = request.query_params.get("language")
    if chosen in language.LANGUAGES:
        return chosen
    for part in request.headers.get("accept-language", "").split(","):
        code = part.split(";")[0].strip()[:2].lower()
        if code in language.LANGUAGES:
            return code
    return "en"


def _with_query(request: Request, **changes: Any) -> str:
    """This page's address with other query parameters; None leaves one out. Filters and places live in the address."""
    query = {**dict(request.query_params), **{name: str(value) for name, value in changes.items() if value is not None}}
    kept = {name: value for name, value in query.items() if changes.get(name, "") is not None}
    return str(request.url.replace(scheme="", netloc="", query="").include_query_params(**kept))
