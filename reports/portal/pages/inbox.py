"""A customer's inbox: what subscribers answered to its addresses, the latest first."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import RowMapping

from outbound.queries import load
from reports.portal.access import Customer, Reading
from reports.portal.listing import Column, Filter, Listing
from reports.portal.navigation import Entry
from reports.portal.numbers import asked_for
from reports.portal.tones import N_
from reports.portal.visitor import CUSTOMERS
from smpp import codec, udh
from smpp import text as sms
from smpp.pdu import DataSm, DeliverSm

router = APIRouter()
MENU = [Entry(N_("Inbox"), "/inbox", CUSTOMERS)]
Q = load("portal/inbox")

KINDS = {"answer": N_("answer"), "stop": N_("reply with STOP")}


def _text(row: RowMapping) -> Mapping[str, Any]:
    """Out of the PDU as it came; what cannot be read is shown as such, never guessed."""
    pdu = codec.decode(bytes(row["pdu"]))
    if not isinstance(pdu, DeliverSm | DataSm):
        return {"text": ""}
    header, body = udh.split(pdu.body(), pdu.esm_class)
    return {"text": sms.decode(body, pdu.data_coding, header.shift)}


REPLIES = Listing(
    name="inbox",
    query=Q.replies,
    columns=[
        Column("received_at", N_("Received"), "instant"),
        Column("msisdn", N_("From"), "msisdn"),
        Column("destination", N_("To")),
        Column("text", N_("Text")),
        Column("kind", N_("Kind"), "state"),
    ],
    key=["reply"],
    empty=N_("Nobody has answered yet. Answers come to senders that are short codes or numbers."),
    filters=[Filter("number", N_("Number, as in 201001234567")), Filter("kind", N_("Kind"), KINDS)],
    made=_text,
)


@router.get("/inbox")
def inbox(request: Request, visitor: Customer, reader: Reading) -> Response:
    lead = N_("What your subscribers answered. Who replies with STOP has opted out already.")
    return REPLIES.respond(request, reader, "list.html", asked_for(request), title=N_("Inbox"), lead=lead)
