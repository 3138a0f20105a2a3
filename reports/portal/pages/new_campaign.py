"""A new campaign from the portal: a file or the base, and a text, looked at before anything is sent, then put into the landing zone.

What the check says is what the acknowledgement will say: it is made by the command that makes that one.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from outbound.queries import load
from outbound.wording import REASONS
from reports.portal import commands, uploads
from reports.portal.access import Customer, Reading
from reports.portal.commands import Outcome
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.rendering import page
from reports.portal.uploads import NotKept
from reports.portal.visitor import Visitor
from smpp import text as sms

router = APIRouter()
MENU: list[Entry] = []
Q = load("portal/campaigns")

CHECK_SECONDS = 600


@router.get("/campaigns/new")
def begin(request: Request, visitor: Customer, reader: Reading) -> Response:
    return _form(request, reader, {})


@router.post("/campaigns/new/count")
def count(request: Request, visitor: Customer, text: Annotated[str, Form()] = "") -> Response:
    """How many segments the text takes as it stands, and the character that makes it so many."""
    return page(request, visitor, "new_campaign_count.html", text=text, count=_counted(text))


@router.post("/campaigns/new/check")
def check(
    request: Request,
    visitor: Customer,
    reader: Reading,
    whom: Annotated[str, Form()] = "file",
    file: UploadFile | None = None,
    part: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    sender: Annotated[str, Form()] = "",
    klass: Annotated[str, Form(alias="class")] = "informational",
    schedule: Annotated[str, Form()] = "",
    opens: Annotated[str, Form()] = "",
    closes: Annotated[str, Form()] = "",
) -> Response:
    """Nothing is sent: what would be is said."""
    asked = {
        "whom": whom, "part": part, "text": text, "sender": sender, "class": klass, "schedule": schedule, "opens": opens,
        "closes": closes,
    }  # fmt: skip
    account_id = visitor.account_id or 0
    try:
        token, path = _of_base(visitor, part) if whom == "base" else _of_file(account_id, file)
    except NotKept as error:
        return _form(request, reader, asked, Outcome(False, str(error)))
    manifest = _manifest(asked) | {"submitted_by": visitor.email}
    if whom == "base":
        manifest["batch_ref"] = token  # the same people may be meant to get another message
    Path(f"{path}.manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    said = commands.run(visitor, ["validate", str(path), "--account", visitor.account or ""], CHECK_SECONDS)
    if not said.succeeded:
        uploads.forget(account_id, token)
        return _form(request, reader, asked, said)
    ack: dict[str, Any] = said.json()
    column = 1 if visitor.language == "ar" else 0
    return page(
        request, visitor, "new_campaign_check.html",
        ack=ack, token=token, manifest=manifest, balance=reader.first(Q.balance),
        reasons=[
            (REASONS[code][column] if code in REASONS else code, number) for code, number in ack.get("reasons", {}).items()
        ],
        problems=[
            code for code in ack.get("codes", []) if code["code"] not in (*ack.get("reasons", {}), "NOT_APPROVED")
        ],
        needs_approval=reader.value(Q.approval_required),
        starts_at=datetime.fromisoformat(ack["starts_at"]) if ack.get("starts_at") else None,
        trial_numbers=reader.rows(Q.trial_numbers),
    )  # fmt: skip


def _of_file(account_id: int, file: UploadFile | None) -> tuple[str, Path]:
    """(token, path) of what was put up. Raises NotKept."""
    if file is None or not file.filename:
        raise NotKept("there is no file: choose one, or send to your base")
    return uploads.keep(account_id, file.filename, file.file)


def _of_base(visitor: Visitor, part: str) -> tuple[str, Path]:
    """(token, path) of the base, or of a part like language=ar, written as a file. Raises NotKept."""
    account_id = visitor.account_id or 0
    token, path = uploads.place(account_id, f"base {datetime.now(UTC):%Y-%m-%d %H.%M.%S}.csv")
    only = ["--where", part] if part else []
    said = commands.run(visitor, ["base", "write", str(path), "--account", visitor.account or "", *only], CHECK_SECONDS)
    if not said.succeeded:
        uploads.forget(account_id, token)
        raise NotKept(said.text)
    return token, path


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


def _form(request: Request, reader: Reader, asked: dict[str, str], outcome: Outcome | None = None) -> Response:
    senders = [row.address for row in reader.rows(Q.senders)]
    return page(
        request, reader.visitor, "new_campaign.html", 200 if outcome is None else 422,
        senders=senders, members=reader.value(Q.members), parts=reader.rows(Q.parts), asked=asked, endings=",".join(uploads.ENDINGS), outcome=outcome,
        text=asked.get("text", ""), count=_counted(asked.get("text", "")),
    )  # fmt: skip


def _manifest(asked: dict[str, str]) -> dict[str, str]:
    """The options of docs/reference/intake.md; what was left empty is left to the account's defaults."""
    found = {name: asked[name] for name in ("sender", "class", "schedule") if asked[name]}
    if asked["text"]:
        found["template"] = asked["text"]
    if asked["opens"] and asked["closes"]:
        found["daily_window"] = f"{asked['opens']}-{asked['closes']}"
    return found


def _counted(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        segments = sms.segment(text)
    except sms.LoneSurrogate:
        return None
    return {
        "segments": len(segments),
        "characters": len(text),
        "forced_by": sms.forcing_character(text),
        "is_template": "{" in text,
    }
