"""A new campaign from the portal, its first step and its last: whom it goes to, and putting it into the landing zone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from outbound.queries import load
from reports.portal import commands, uploads
from reports.portal.access import Customer, Reading
from reports.portal.commands import Outcome
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.rendering import page
from reports.portal.uploads import NotKept
from reports.portal.visitor import Visitor

router = APIRouter()
MENU: list[Entry] = []
Q = load("portal/campaigns")

SECONDS = 600


@router.get("/campaigns/new")
def begin(request: Request, visitor: Customer, reader: Reading) -> Response:
    return _form(request, reader, {})


@router.post("/campaigns/new")
def choose(
    request: Request,
    visitor: Customer,
    reader: Reading,
    whom: Annotated[str, Form()] = "file",
    file: UploadFile | None = None,
    part: Annotated[str, Form()] = "",
) -> Response:
    """Keeps the file, or writes the base as one, for the steps that follow."""
    try:
        token = _of_base(visitor, part) if whom == "base" else _of_file(visitor, file)
    except NotKept as error:
        return _form(request, reader, {"whom": whom, "part": part}, Outcome(False, str(error)))
    return RedirectResponse(f"/campaigns/new/message?token={token}", 303)


@router.post("/campaigns/new/send")
def send(request: Request, visitor: Customer, reader: Reading, token: Annotated[str, Form()]) -> Response:
    """Puts it where files that come by SFTP lie; the next look at the landing zone takes it."""
    path = uploads.find(visitor.account_id or 0, token)
    if path is None:
        raise HTTPException(404)
    said = commands.run(visitor, ["drop", str(path), "--account", visitor.account or ""])
    if not said.succeeded:
        return _form(request, reader, {}, said)
    uploads.forget(visitor.account_id or 0, token)
    return RedirectResponse("/campaigns/sent", 303)


@router.get("/campaigns/sent")
def sent(request: Request, visitor: Customer) -> Response:
    return page(request, visitor, "new_campaign_sent.html")


def _of_file(visitor: Visitor, file: UploadFile | None) -> str:
    """The token of what was put up, with what its manifest has to say of its columns. Raises NotKept."""
    if file is None or not file.filename:
        raise NotKept("there is no file: choose one, or send to your base")
    token, path = uploads.keep(visitor.account_id or 0, file.filename, file.file)
    found = _looked_at(visitor, token, path)
    proposed = {"recipient_column": found["recipient"], "text_column": found["text"]}
    chosen = {name: column for name, column in proposed.items() if column is not None}
    uploads.write_manifest(path, found["options"] | chosen | {"submitted_by": visitor.email})
    return token


def _of_base(visitor: Visitor, part: str) -> str:
    """The token of the base, or of a part like language=ar, written as a file. Raises NotKept."""
    token, path = uploads.place(visitor.account_id or 0, f"base {datetime.now(UTC):%Y-%m-%d %H.%M.%S}.csv")
    only = ["--where", part] if part else []
    _done(visitor, token, ["base", "write", str(path), "--account", visitor.account or "", *only])
    # the same people may be meant to get another message
    uploads.write_manifest(path, {"submitted_by": visitor.email, "batch_ref": token})
    return token


def _looked_at(visitor: Visitor, token: str, path: Path) -> dict[str, Any]:
    said = _done(visitor, token, ["columns", str(path), "--account", visitor.account or "", "--json"])
    found: dict[str, Any] = said.json()
    return found


def _done(visitor: Visitor, token: str, command: list[str]) -> Outcome:
    """Raises NotKept, and keeps nothing, where the command fails."""
    said = commands.run(visitor, command, SECONDS)
    if not said.succeeded:
        uploads.forget(visitor.account_id or 0, token)
        raise NotKept(said.text)
    return said


def _form(request: Request, reader: Reader, asked: dict[str, str], outcome: Outcome | None = None) -> Response:
    return page(
        request, reader.visitor, "new_campaign.html", 200 if outcome is None else 422,
        members=reader.value(Q.members), parts=reader.rows(Q.parts), asked=asked, endings=",".join(uploads.ENDINGS), outcome=outcome,
    )  # fmt: skip
