"""The first page: a customer's balance and what needs attention; staff go on to their own first page."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from outbound.notice_texts import text
from outbound.queries import load
from reports.portal.access import Anyone, Reading
from reports.portal.navigation import Entry
from reports.portal.rendering import ENTRIES, page
from reports.portal.tones import N_
from reports.portal.visitor import CUSTOMERS

router = APIRouter()
MENU = [Entry(N_("Home"), "/", CUSTOMERS)]
Q = load("portal/home")


@router.get("/")
def home(request: Request, visitor: Anyone, reader: Reading) -> Response:
    if visitor.is_staff:
        theirs = [entry.url for entry in ENTRIES if visitor.role in entry.roles]
        return RedirectResponse(theirs[0] if theirs else "/settings", 303)
    lots = reader.rows(Q.lots)
    first = next((lot for lot in lots if lot.last_valid_day), None)
    return page(
        request, visitor, "home.html",
        balance=reader.first(Q.balance),
        worth=sum(lot.worth for lot in lots),
        remaining=sum(lot.remaining for lot in lots),
        first_to_end=first,
        days_left=_days_until(first, visitor.timezone) if first else None,
        held=reader.rows(Q.held),
        notices=[_told(notice, visitor.language) for notice in reader.rows(Q.notices)],
        recent=reader.rows(Q.recent),
    )  # fmt: skip


def _days_until(lot: Any, timezone: str) -> int:
    return (lot.last_valid_day - datetime.now(ZoneInfo(timezone)).date()).days + 1


def _told(notice: Any, language: str) -> dict[str, Any]:
    return {"at": notice.at, "text": text(notice.kind, notice.facts, language).line}
