"""A new campaign's message: which columns hold what, the text and when it goes; then the check of what would be sent.

What the check says is what the acknowledgement will say: it is made by the command that makes that one.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from outbound.queries import load
from outbound.wording import REASONS
from reports.portal import commands, uploads
from reports.portal.access import Customer, Reading
from reports.portal.commands import Outcome
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.rendering import page
from smpp import text as sms

router = APIRouter()
MENU: list[Entry] = []
Q = load("portal/campaigns")

CAME_BEFORE = ("DUPLICATE_CONTENT", "DUPLICATE_NAME")
TOLD_OTHERWISE = ("NOT_APPROVED", *CAME_BEFORE)
LOOK_SECONDS, CHECK_SECONDS = 120, 600


@router.get("/campaigns/new/message")
def message(request: Request, visitor: Customer, reader: Reading, token: str = "") -> Response:
    """Filled with what was said before, where somebody comes back to it. Who comes too late begins again."""
    path = uploads.find(visitor.account_id or 0, token)
    if path is None:
        return RedirectResponse("/campaigns/new", 303)
    return _form(request, reader, token, path)


@router.post("/campaigns/new/count")
def count(request: Request, visitor: Customer, text: Annotated[str, Form()] = "") -> Response:
    """How many segments the text takes as it stands, and the character that makes it so many."""
    return page(request, visitor, "new_campaign_count.html", text=text, count=_counted(text))


@router.post("/campaigns/new/check")
def check(
    request: Request,
    visitor: Customer,
    reader: Reading,
    token: Annotated[str, Form()],
    recipient_column: Annotated[str, Form()] = "",
    wording: Annotated[str, Form()] = "same",
    text: Annotated[str, Form()] = "",
    text_column: Annotated[str, Form()] = "",
    sender: Annotated[str, Form()] = "",
    klass: Annotated[str, Form(alias="class")] = "informational",
    schedule: Annotated[str, Form()] = "",
    opens: Annotated[str, Form()] = "",
    closes: Annotated[str, Form()] = "",
) -> Response:
    """Nothing is sent: what would be is said."""
    path = uploads.find(visitor.account_id or 0, token)
    if path is None:
        raise HTTPException(404)
    asked = {
        "recipient_column": recipient_column, "text_column": text_column if wording == "column" else "", "sender": sender, "class": klass, "schedule": schedule,
        "template": text if wording == "same" else "", "daily_window": f"{opens}-{closes}" if opens and closes else "",
    }  # fmt: skip
    uploads.write_manifest(path, _manifest(uploads.manifest_of(path), asked))
    if wording == "same" and not text:
        return _form(request, reader, token, path, Outcome(False, "there is no text yet: write what is to be sent"))
    return _checked(request, reader, token, path)


@router.post("/campaigns/new/again")
def again(request: Request, visitor: Customer, reader: Reading, token: Annotated[str, Form()]) -> Response:
    """The same content, or another of the same name, is meant to go once more: a person says so, and the manifest with them."""
    path = uploads.find(visitor.account_id or 0, token)
    if path is None:
        raise HTTPException(404)
    uploads.write_manifest(path, uploads.manifest_of(path) | {"batch_ref": f"again {token}"})
    return _checked(request, reader, token, path)


def _checked(request: Request, reader: Reader, token: str, path: Path) -> Response:
    account = reader.visitor.account or ""
    said = commands.run(reader.visitor, ["validate", str(path), "--account", account], CHECK_SECONDS)
    if not said.succeeded:
        return _form(request, reader, token, path, said)
    ack: dict[str, Any] = {"cost": None} | said.json()  # what is refused as a whole has none
    codes = [code["code"] for code in ack.get("codes", [])]
    column = 1 if reader.visitor.language == "ar" else 0
    return page(
        request, reader.visitor, "new_campaign_check.html",
        ack=ack, token=token, manifest=uploads.manifest_of(path), balance=reader.first(Q.balance),
        reasons=[
            (REASONS[code][column] if code in REASONS else code, number) for code, number in ack.get("reasons", {}).items()
        ],
        problems=[code for code in ack.get("codes", []) if code["code"] not in (*ack.get("reasons", {}), *TOLD_OTHERWISE)],
        earlier=next((code for code in codes if code in CAME_BEFORE), None),
        needs_approval=reader.value(Q.approval_required),
        starts_at=datetime.fromisoformat(ack["starts_at"]) if ack.get("starts_at") else None,
        trial_numbers=reader.rows(Q.trial_numbers),
    )  # fmt: skip


def _form(request: Request, reader: Reader, token: str, path: Path, outcome: Outcome | None = None) -> Response:
    visitor, asked = reader.visitor, uploads.manifest_of(path)
    said = commands.run(visitor, ["columns", str(path), "--account", visitor.account or "", "--json"], LOOK_SECONDS)
    found = said.json() if said.succeeded else {"columns": [], "text": None}
    text = asked.get("template", "")
    return page(
        request, visitor, "new_campaign_message.html", 200 if outcome is None else 422,
        token=token, name=path.name, asked=asked, is_base=asked.get("batch_ref") == token,
        columns=found["columns"], text_column=asked.get("text_column") or found["text"],
        by_column="text_column" in asked and not text,
        hours=asked.get("daily_window", "-").split("-"),
        senders=[row.address for row in reader.rows(Q.senders)],
        text=text, count=_counted(text), outcome=outcome,
    )  # fmt: skip


def _manifest(kept: dict[str, Any], asked: dict[str, str]) -> dict[str, Any]:
    """The options of docs/reference/intake.md; what was left empty is left to the account's defaults."""
    others = {name: value for name, value in kept.items() if name not in asked}
    return others | {name: value for name, value in asked.items() if value}


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
