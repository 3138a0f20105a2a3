"""Before a campaign goes: each of its rows as it will be sent, and a trial of one to the account's own people."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response

from outbound.queries import load
from outbound.wording import REASONS
from reports.portal import commands, uploads
from reports.portal.access import Customer, Reading
from reports.portal.commands import Outcome
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import CUSTOMERS, Visitor

router = APIRouter()
MENU = [Entry(N_("Trial numbers"), "/trial-numbers", CUSTOMERS, N_("Recipients"))]
Q = load("portal/campaigns")

LOOK_SECONDS = 120
TRIAL_SECONDS = 180
VERBS = ("add", "remove")


@router.get("/campaigns/new/row")
def row(request: Request, visitor: Customer, token: str = "", row: int = 1) -> Response:
    """A part of the check's page: one row of what was put up."""
    path = _found(visitor, token)
    where = ["--account", visitor.account or "", "--row", str(max(row, 1)), "--json"]
    said = commands.run(visitor, ["preview", str(path), *where], LOOK_SECONDS)
    if not said.succeeded:
        return page(request, visitor, "new_campaign_row.html", shown=None, said=said.text, token=token, why=None)
    shown = said.json()
    column = 1 if visitor.language == "ar" else 0
    why = REASONS[shown["reason"]][column] if shown["reason"] in REASONS else None
    return page(request, visitor, "new_campaign_row.html", shown=shown, said=None, token=token, why=why)


@router.post("/campaigns/new/trial")
def trial(
    request: Request, visitor: Customer, token: Annotated[str, Form()], row: Annotated[int, Form()] = 1
) -> Response:
    """Sends that row to the trial numbers at once; what became of it is said in the page's place for it."""
    path = _found(visitor, token)
    where = ["--account", visitor.account or "", "--row", str(max(row, 1))]
    said = commands.run(visitor, ["trial", "send", str(path), *where], TRIAL_SECONDS)
    return page(request, visitor, "new_campaign_trial.html", said=said, ack=said.json() if said.succeeded else None)


@router.get("/trial-numbers")
def trial_numbers(request: Request, visitor: Customer, reader: Reading) -> Response:
    return _page(request, reader)


@router.post("/trial-numbers")
def change(
    request: Request,
    visitor: Customer,
    reader: Reading,
    verb: Annotated[str, Form()],
    number: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    which: Annotated[int, Form()] = 0,
) -> Response:
    """Registers a number, or takes one away: the one of this id, for its digits are not shown."""
    if verb not in VERBS:
        raise HTTPException(422)
    if verb == "add":
        command = ["trial", "add", "--account", visitor.account or "", "--name", name, "--", number]
    else:
        command = ["trial", "remove", "--account", visitor.account or "", "--", _digits(visitor, which)]
    return _page(request, reader, commands.run(visitor, command))


def _digits(visitor: Visitor, which: int) -> str:
    """Raises 404 where it is none of the visitor's account."""
    with closing(Reader(visitor)) as before:
        msisdn = before.value(Q.trial_number, {"which": which})
    if msisdn is None:
        raise HTTPException(404)
    return str(msisdn)


def _page(request: Request, reader: Reader, outcome: Outcome | None = None) -> Response:
    return page(
        request, reader.visitor, "trial_numbers.html", 200 if outcome is None or outcome.succeeded else 422,
        numbers=reader.rows(Q.trial_numbers), outcome=outcome,
    )  # fmt: skip


def _found(visitor: Visitor, token: str) -> Path:
    """Raises 404 where it is sent, too old, or another account's."""
    path = uploads.find(visitor.account_id or 0, token)
    if path is None:
        raise HTTPException(404)
    return path
