"""For staff: which messages a subscriber's number got, of an account and in some days, so that it stays a short look."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fastapi import APIRouter, Request, Response
from sqlalchemy import RowMapping

from outbound import clock
from outbound.queries import load
from reports.portal.access import Reading, Staff
from reports.portal.listing import Column
from reports.portal.navigation import Entry
from reports.portal.reading import Reader
from reports.portal.rendering import page
from reports.portal.tones import N_

router = APIRouter()
MENU: list[Entry] = []
Q = load("portal/search_number")

MOST = 500_000
"""Messages that are looked through: a tenth of a second."""
MESSAGES = [
    Column("which", N_("Message"), href="/messages/{campaign}/{ordinal}"), Column("received_at", N_("Received"), "instant"),
    Column("file", N_("File")), Column("line", N_("Line"), "number"), Column("segments", N_("Segments"), "number"),
    Column("state", N_("State"), "state"),
]  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What was typed in; the days are those of the account, first and last included."""

    number: int
    account: str
    first: date
    last: date


@dataclass(frozen=True)
class Found:
    """looked_through: messages of the account in the days. rows: None where they are too many to look through."""

    looked_through: int
    rows: Sequence[RowMapping] | None


@router.get("/search/number")
def search(request: Request, visitor: Staff, reader: Reading) -> Response:
    asked = _asked(request)
    today = clock.local_day(clock.now(), visitor.timezone)
    is_complete = all(request.query_params.get(name) for name in ("number", "account"))
    return page(
        request, visitor, "search_number.html", 422 if is_complete and asked is None else 200,
        given=request.query_params, today=today, week_ago=today - timedelta(days=6),
        names=[row["name"] for row in reader.rows(Q.names)],
        is_wrong=is_complete and asked is None, found=None if asked is None else _find(reader, asked), most=MOST, columns=MESSAGES,
    )  # fmt: skip


def _asked(request: Request) -> Asked | None:
    """None where something is missing, or is not what it should be."""
    given = request.query_params
    digits = given.get("number", "").strip().lstrip("+").replace(" ", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 15 and given.get("account")):
        return None
    try:
        return Asked(
            int(digits),
            given["account"],
            date.fromisoformat(given.get("from", "")),
            date.fromisoformat(given.get("until", "")),
        )
    except ValueError:
        return None


def _find(reader: Reader, asked: Asked) -> Found:
    of = {"account": asked.account, "from": asked.first, "until": asked.last}
    (campaigns,) = reader.rows(Q.campaigns, of)
    if campaigns.messages > MOST:
        return Found(campaigns.messages, None)
    wanted = {"campaigns": campaigns.campaigns or [], "number": asked.number, "account": asked.account}
    return Found(campaigns.messages, reader.rows(Q.messages, wanted))
