"""What operators look at and do: what runs, waits and is held, kill switches, sessions with carriers, the audit trail."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response

from outbound.queries import load
from reports import status
from reports.portal import commands
from reports.portal.access import Manager, Operator, Reading
from reports.portal.commands import Outcome
from reports.portal.listing import Column, Filter, Listing
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.rendering import page
from reports.portal.tones import N_

router = APIRouter()
MENU = [
    Entry(N_("Operations"), "/operations", ("operator", "manager")),
    Entry(N_("Sessions"), "/sessions", ("operator", "manager"), N_("Oversight")),
    Entry(N_("Audit trail"), "/audit", ("operator", "manager"), N_("Oversight")),
]
Q = load("portal/operations")

WORKERS = [
    Column("worker", N_("Worker")), Column("host", N_("Machine")), Column("state", N_("State"), "state"),
    Column("batches", N_("Batches"), "number"), Column("started_at", N_("Since"), "instant"),
]  # fmt: skip
CONNECTORS = [
    Column("connector", N_("Connector")), Column("address", N_("Address")), Column("sessions", N_("Sessions"), "number"),
    Column("circuit", N_("Circuit"), "state"), Column("last_trouble", N_("Last trouble")), Column("last_trouble_at", N_("When"), "instant"),
]  # fmt: skip
HELD = [
    Column("account", N_("Account")), Column("campaign", N_("Campaign")), Column("code", N_("Held by"), "state"),
    Column("why", N_("Why")), Column("released_by", N_("What releases it")),
]  # fmt: skip
FILES = [
    Column("account", N_("Account")), Column("kind", N_("Kind"), "state"), Column("files", N_("Files"), "number"),
    Column("oldest", N_("Since"), "instant"),
]  # fmt: skip
MONEY = [
    Column("what", N_("What")), Column("whose", N_("Whose")), Column("waiting", N_("How many"), "number"),
    Column("since", N_("Since"), "instant"), Column("next", N_("What to do")),
]  # fmt: skip
STOPS = [
    Column("kind", N_("Stops"), "state"), Column("what", N_("Which")), Column("reason", N_("Why")),
    Column("stopped_by", N_("By")), Column("stopped_at", N_("Since"), "instant"),
]  # fmt: skip
TABLES = {
    "workers": WORKERS, "connectors": CONNECTORS, "held": HELD, "files": FILES, "money": MONEY, "stops": STOPS,
}  # fmt: skip
SESSIONS = Listing(
    name="sessions",
    query=Q.sessions,
    columns=[
        Column("at", N_("When"), "instant"),
        Column("connector", N_("Connector")),
        Column("worker", N_("Worker")),
        Column("session", N_("Session"), "number"),
        Column("kind", N_("What"), "state"),
        Column("reason", N_("Why")),
        Column("last_answered_at", N_("Last answer"), "instant"),
    ],
    key=["session_event_id"],
    empty=N_("No session with a carrier has begun yet."),
    filters=[Filter("connector", N_("Connector"))],
)
AUDIT = Listing(
    name="audit",
    query=Q.audit,
    columns=[
        Column("at", N_("When"), "instant"),
        Column("actor", N_("Who")),
        Column("os_user", N_("User of the system")),
        Column("action", N_("What")),
        Column("account", N_("Account")),
        Column("object", N_("Of what")),
        Column("detail", N_("In detail")),
    ],
    key=["audit_id"],
    empty=N_("Nobody has done anything yet."),
    filters=[Filter("actor", N_("Who")), Filter("action", N_("What"))],
)


@router.get("/operations")
def operations(request: Request, visitor: Manager, reader: Reading) -> Response:
    return _page(request, reader)


@router.post("/operations/release")
def release(
    request: Request,
    visitor: Operator,
    reader: Reading,
    campaign: Annotated[int, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    return _page(request, reader, commands.run(visitor, ["release", str(campaign), "--reason", reason]))


@router.post("/operations/stop")
def stop(
    request: Request, visitor: Operator, reader: Reading, what: Annotated[str, Form()], reason: Annotated[str, Form()]
) -> Response:
    return _page(request, reader, commands.run(visitor, ["dispatch", "stop", *_which(what), "--reason", reason]))


@router.post("/operations/resume")
def resume(request: Request, visitor: Operator, reader: Reading, what: Annotated[str, Form()]) -> Response:
    return _page(
        request,
        reader,
        commands.run(visitor, ["dispatch", "resume", *_which(what), "--reason", "lifted in the portal"]),
    )


@router.get("/sessions")
def sessions(request: Request, visitor: Manager, reader: Reading) -> Response:
    lead = N_("Each bind, loss and its reason, as the workers saw them.")
    return SESSIONS.respond(request, reader, "list.html", title=N_("Sessions"), lead=lead)


@router.get("/audit")
def audit(request: Request, visitor: Manager, reader: Reading) -> Response:
    lead = N_("Who did what, by which command. Nothing of it can be changed.")
    return AUDIT.respond(request, reader, "list.html", title=N_("Audit trail"), lead=lead)


def _which(what: str) -> list[str]:
    """platform, account:NAME, connector:NAME -> the command's options."""
    kind, _, name = what.partition(":")
    if kind == "platform" and not name:
        return ["--platform"]
    if kind in ("account", "connector") and name:
        return [f"--{kind}", name]
    raise HTTPException(422)


def _page(request: Request, reader: Reader, outcome: Outcome | None = None) -> Response:
    return page(
        request, reader.visitor, "operations.html", 200 if outcome is None or outcome.succeeded else 422,
        now=status.status(), stops=reader.rows(Q.stops), names=reader.rows(Q.names), columns=TABLES, outcome=outcome,
    )  # fmt: skip
