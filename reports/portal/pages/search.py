"""One box for staff: any id leads to what it is of, and a message to its whole way; whole numbers are shown for a reason only."""

import re
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import RowMapping

from outbound import clock
from outbound.queries import load
from reports.portal import doorman
from reports.portal.access import Reading, Staff
from reports.portal.commands import Outcome
from reports.portal.listing import Column
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import STAFF

router = APIRouter()
MENU = [Entry(N_("Search"), "/search", STAFF)]
Q = load("portal/search")

_MESSAGE = re.compile(r"(\d{1,18})[:/](\d{1,9})")
STEPS = [
    Column("at", N_("When"), "instant"), Column("what", N_("What"), "state"), Column("segment", N_("Segment"), "number"),
    Column("attempt", N_("Attempt"), "number"), Column("detail", N_("In detail")),
]  # fmt: skip
CHARGES = [
    Column("segment", N_("Segment"), "number"), Column("sent_at", N_("Sent"), "instant"), Column("zone", N_("Zone")),
    Column("charged_day", N_("Charged on"), "day"), Column("scheme", N_("Scheme"), "state"),
]  # fmt: skip


@router.get("/search")
def search(request: Request, visitor: Staff, reader: Reading, q: str = "") -> Response:
    asked = q.strip()
    if found := _MESSAGE.fullmatch(asked):
        return RedirectResponse(f"/messages/{found[1]}/{found[2]}", 303)
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else None
    return page(
        request, visitor, "search.html",
        asked=asked,
        campaign=reader.first(Q.campaign, {"id": number}) if number is not None else None,
        file=reader.first(Q.file, {"id": number}) if number is not None else None,
        document=reader.first(Q.documents, {"label": asked}) if asked else None,
        messages=reader.rows(Q.by_carrier_id, {"carrier_id": asked}) if asked else [],
    )  # fmt: skip


@router.get("/messages/{campaign}/{ordinal}")
def message(request: Request, visitor: Staff, reader: Reading, campaign: int, ordinal: int) -> Response:
    return _message(request, reader, campaign, ordinal)


@router.post("/messages/{campaign}/{ordinal}")
def unmask(
    request: Request, visitor: Staff, reader: Reading, campaign: int, ordinal: int, reason: Annotated[str, Form()] = ""
) -> Response:
    """Shows the whole number, and says in the audit trail to whom and why."""
    return _message(request, reader, campaign, ordinal, reason.strip())


def _message(request: Request, reader: Reader, campaign: int, ordinal: int, reason: str | None = None) -> Response:
    which = {"campaign": campaign, "ordinal": ordinal}
    found = reader.first(Q.message, which)
    if found is None:
        raise HTTPException(404)
    outcome = None
    if reason:
        doorman.note_unmasking(reader.visitor, found.account_id, f"{campaign}:{ordinal}", reason)
    elif reason is not None:
        outcome = Outcome(False, "say why you need the whole number: it stands in the audit trail")
    is_charged = reader.is_built("finance.charges")
    return page(
        request, reader.visitor, "message.html", 200 if outcome is None else 422,
        message=found, number=found.msisdn if reason else None, outcome=outcome,
        steps=reader.rows(Q.timeline, which | _sending_time(found)), step_columns=STEPS,
        charges=reader.rows(Q.charges, which | {"account": found.account_id}) if is_charged else [], charge_columns=CHARGES,
    )  # fmt: skip


def _sending_time(message: RowMapping) -> dict[str, datetime]:
    """Nothing is sent before its campaign is accepted or after it is completed: a day more, for workers have clocks of their own."""
    accepted, completed = message["accepted_at"] or clock.now(), message["completed_at"] or clock.now()
    return {"from": accepted - timedelta(days=1), "until": completed + timedelta(days=1)}
