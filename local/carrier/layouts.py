"""Receipts as vendors write them: what SMPP 3.4 appendix B leaves open, and what they make of it all the same."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from smpp import receipt
from smpp.pdu import DeliverSm, Tag, Tlv
from smpp.receipt import Receipt, State


class Layout(StrEnum):
    STANDARD = "standard"  # all fields and all TLVs
    SPARSE = "sparse"  # id and stat, nothing else
    REORDERED = "reordered"  # stat first, id last
    CASE = "case"  # other case, other spaces
    SECONDS = "seconds"  # dates of 12 digits
    FULL_YEAR = "full_year"  # dates of 14 digits
    PAYLOAD = "payload"  # the text in message_payload
    TLVS = "tlvs"  # no text at all
    UNMARKED = "unmarked"  # esm_class 0: only receipted_message_id tells what it is
    MIXED = "mixed"  # each receipt another one


_MIXTURE = tuple(layout for layout in Layout if layout is not Layout.MIXED)
_ADDRESSES = (1, 1, 0, 0)


def deliver_sm(said: Receipt, layout: Layout, *, number: int, sequence: int) -> DeliverSm:
    """The receipt in this layout. number: the segment's, which chooses where the layout is mixed."""
    if layout is Layout.MIXED:
        layout = _MIXTURE[number % len(_MIXTURE)]
    pdu = receipt.build(said, sequence=sequence, addresses=_ADDRESSES)
    match layout:
        case Layout.TLVS:
            return replace(pdu, short_message=b"")
        case Layout.UNMARKED:
            return replace(pdu, esm_class=0)
        case Layout.PAYLOAD:
            payload = Tlv(Tag.MESSAGE_PAYLOAD, pdu.short_message)
            return replace(pdu, short_message=b"", tlvs=(payload, *_reference_only(pdu)))
        case Layout.STANDARD:
            return pdu
        case _:
            return replace(pdu, short_message=_text(said, layout), tlvs=_reference_only(pdu))


def _text(said: Receipt, layout: Layout) -> bytes:
    date_format = {Layout.SECONDS: "%y%m%d%H%M%S", Layout.FULL_YEAR: "%Y%m%d%H%M%S"}.get(layout, "%y%m%d%H%M")
    fields = {
        b"id": said.message_id,
        b"sub": b"001",
        b"dlvrd": b"001" if said.state is State.DELIVERED else b"000",
        b"submit date": _date(said.submitted, date_format),
        b"done date": _date(said.done, date_format),
        b"stat": said.state.word.encode(),
        b"err": (said.error_code or "000").encode(),
        b"text": b"",
    }
    match layout:
        case Layout.SPARSE:
            return _join((name, fields[name]) for name in (b"id", b"stat"))
        case Layout.REORDERED:
            return _join(
                (name, fields[name]) for name in (b"stat", b"err", b"done date", b"submit date", b"sub", b"id")
            )
        case Layout.CASE:
            return _join((name.upper().replace(b" ", b"_"), value.lower()) for name, value in fields.items())
        case _:
            return _join(fields.items())


def _join(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b" ".join(name + b":" + value for name, value in fields)


def _date(instant: datetime | None, date_format: str) -> bytes:
    return instant.strftime(date_format).encode() if instant else b"0" * 10


def _reference_only(pdu: DeliverSm) -> tuple[Tlv, ...]:
    return tuple(tlv for tlv in pdu.tlvs if tlv.tag == Tag.USER_MESSAGE_REFERENCE)
