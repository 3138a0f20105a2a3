"""A customer's campaigns: all of them, and one with its progress, its outcomes, its files, and the ways to stop it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy import RowMapping

from outbound.errors import OutboundError
from outbound.landing.opening import open_zone
from outbound.landing.zone import RESULTS
from outbound.queries import load
from outbound.wording import REASONS
from reports.portal import commands
from reports.portal.access import Customer, Reading
from reports.portal.commands import Outcome
from reports.portal.listing import Column, Filter, Listing
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.rendering import page
from reports.portal.tones import N_
from reports.portal.visitor import APPROVERS, CUSTOMERS, Visitor

router = APIRouter()
MENU = [Entry(N_("Campaigns"), "/campaigns", CUSTOMERS)]
Q = load("portal/campaigns")

STATES = {
    "held": N_("held"), "accepted": N_("accepted"), "paused": N_("paused"), "completed": N_("completed"),
    "cancelled": N_("cancelled"), "rejected": N_("rejected"),
}  # fmt: skip
CAMPAIGNS = Listing(
    name="campaigns",
    query=Q.campaigns,
    columns=[
        Column("received_at", N_("Received"), "instant"),
        Column("name", N_("File"), href="/campaigns/{campaign}"),
        Column("state", N_("State"), "state"),
        Column("sender", N_("Sender")),
        Column("messages", N_("Messages"), "number"),
        Column("segments", N_("Segments"), "number"),
    ],
    key=["campaign"],
    empty=N_("No campaign yet. Drop a file into your landing zone, or begin one here."),
    filters=[Filter("state", N_("State"), STATES)],
)
EVENTS = [Column("at", N_("When"), "instant"), Column("kind", N_("What"), "state"), Column("cause", N_("Why"))]
VERBS = {"pause": "paused in the portal", "resume": "resumed in the portal", "cancel": "cancelled in the portal"}
DECISIONS = {"approve": "approved in the portal", "refuse": "no reason given"}
FILES = {"ack": "ack.json", "rejects": "rejects.csv", "report": "report.csv"}
RETRY_SECONDS = 600
LOOK_EVERY = 1.0  # seconds
LOOKS = 600  # then a browser asks anew, and is asked anew who it is


@router.get("/campaigns")
def campaigns(request: Request, visitor: Customer, reader: Reading) -> Response:
    return CAMPAIGNS.respond(request, reader, "campaigns.html")


@router.get("/campaigns/{campaign:int}")
def campaign(request: Request, visitor: Customer, reader: Reading, campaign: int) -> Response:
    return _page(request, reader, campaign)


@router.post("/campaigns/{campaign:int}")
def control(
    request: Request, visitor: Customer, reader: Reading, campaign: int, verb: Annotated[str, Form()]
) -> Response:
    """Pauses, resumes or cancels it, and says how many segments stand where."""
    if verb not in VERBS:
        raise HTTPException(422)
    with closing(Reader(visitor)) as before:
        _found(before, campaign)
    said = commands.run(visitor, ["campaign", verb, str(campaign), "--reason", VERBS[verb]])
    return _page(request, reader, campaign, said)


@router.post("/campaigns/{campaign:int}/retry")
def retry(request: Request, visitor: Customer, reader: Reading, campaign: int) -> Response:
    """Sends what failed another time: on to the campaign that this makes."""
    with closing(Reader(visitor)) as before:
        _found(before, campaign)
    said = commands.run(visitor, ["retry", str(campaign)], RETRY_SECONDS)
    ack: dict[str, Any] = said.json() if said.succeeded else {}
    if ack.get("campaign_id"):
        return RedirectResponse(f"/campaigns/{ack['campaign_id']}", 303)
    told = "; ".join(code.get("detail") or code["code"] for code in ack.get("codes", [])) or said.text
    return _page(request, reader, campaign, Outcome(False, told))


@router.post("/campaigns/{campaign:int}/approval")
def decide(
    request: Request,
    visitor: Customer,
    reader: Reading,
    campaign: int,
    verb: Annotated[str, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """The second person approves it or refuses it; who made it may take it back. The command knows who may."""
    if verb not in DECISIONS:
        raise HTTPException(422)
    with closing(Reader(visitor)) as before:
        _found(before, campaign)
    said = commands.run(visitor, [verb, str(campaign), "--reason", reason.strip() or DECISIONS[verb]])
    return _page(request, reader, campaign, said)


@router.get("/campaigns/{campaign:int}/progress")
def progress(request: Request, visitor: Customer, reader: Reading, campaign: int) -> Response:
    """The part of the page that moves, for browsers that hear no events."""
    return _progress(request, reader, campaign)


@router.get("/campaigns/{campaign:int}/events")
def events(request: Request, visitor: Customer, campaign: int) -> Response:
    """The same part as server-sent events, each time that it has changed; ends when nothing moves any more.

    No transaction is open between two looks: one that lasts as long as a campaign would keep the database from tidying up.
    """
    with closing(Reader(visitor)) as reader:
        _found(reader, campaign)
    return StreamingResponse(_events(request, visitor, campaign), media_type="text/event-stream")


@router.get("/campaigns/{campaign:int}/files/{kind}")
def file(visitor: Customer, reader: Reading, campaign: int, kind: str) -> Response:
    """What was put into results/ about it: the acknowledgement, the rejected rows, the report."""
    found = _found(reader, campaign)
    if kind not in FILES:
        raise HTTPException(404)
    content = _result(visitor, str(reader.value(Q.landing)), f".{found.file}.{FILES[kind]}")
    if content is None:
        raise HTTPException(404)
    media = "application/json" if kind == "ack" else "text/csv; charset=utf-8"
    name = f"campaign-{campaign}-{FILES[kind]}"
    return Response(content, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _result(visitor: Visitor, landing: str, ending: str) -> bytes | None:
    try:
        with open_zone(visitor.account or "", landing) as zone:
            found = next((one for one in zone.look(RESULTS) if one.name.endswith(ending)), None)
            return None if found is None else zone.read(found, found.size)
    except (OSError, OutboundError):
        return None


async def _events(request: Request, visitor: Visitor, campaign: int) -> AsyncIterator[str]:
    shown = ""
    for _ in range(LOOKS):
        if await request.is_disconnected():
            return
        fragment, moves = await run_in_threadpool(_fragment, request, visitor, campaign)
        if fragment != shown:
            shown = fragment
            yield f"data: {json.dumps(fragment)}\n\n"
        if not moves:
            yield "event: end\ndata: \n\n"
            return
        await asyncio.sleep(LOOK_EVERY)


def _fragment(request: Request, visitor: Visitor, campaign: int) -> tuple[str, bool]:
    with closing(Reader(visitor)) as reader:
        moves = bool(_found(reader, campaign).is_under_way)
        return bytes(_progress(request, reader, campaign).body).decode(), moves


def _progress(request: Request, reader: Reader, campaign: int) -> Response:
    found = _found(reader, campaign)
    return page(
        request, reader.visitor, "campaign_progress.html",
        campaign=found, progress=reader.first(Q.progress, {"campaign": campaign}),
    )  # fmt: skip


def _page(request: Request, reader: Reader, campaign: int, outcome: Outcome | None = None) -> Response:
    which = {"campaign": campaign}
    found = _found(reader, campaign)
    built = reader.is_built("operations.sla_campaigns")
    column = 1 if reader.visitor.language == "ar" else 0
    reasons: dict[str, Any] = found.reasons or {}
    is_maker = (found.submitted_by or "").lower() == reader.visitor.email.lower()
    return page(
        request, reader.visitor, "campaign.html", 200 if outcome is None or outcome.succeeded else 422,
        campaign=found,
        progress=reader.first(Q.progress, which),
        waits_for_approval=found.held_code == "NOT_APPROVED",
        may_approve=reader.visitor.role in APPROVERS and not is_maker, is_maker=is_maker,
        failed=_failed(reader.visitor, found) if request.query_params.get("ask") == "retry" else None,
        asks_to_cancel=request.query_params.get("ask") == "cancel",
        outcomes=reader.first(Q.outcomes, which) if built else None,
        reasons=[(REASONS[code][column] if code in REASONS else code, count) for code, count in reasons.items()],
        events=reader.rows(Q.events, which), event_columns=EVENTS, outcome=outcome,
    )  # fmt: skip


def _failed(visitor: Visitor, found: RowMapping) -> int | None:
    """How many messages a retry would send; None while it is not over."""
    if found.state != "completed":
        return None
    said = commands.run(visitor, ["retry", str(found.campaign), "--dry-run", "--json"])
    return int(said.json()["messages"]) if said.succeeded else None


def _found(reader: Reader, campaign: int) -> RowMapping:
    """Raises 404 where it is not the visitor's."""
    found = reader.first(Q.campaign, {"campaign": campaign})
    if found is None:
        raise HTTPException(404)
    return found
