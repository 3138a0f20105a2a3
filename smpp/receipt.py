"""Delivery receipts: what a deliver_sm or data_sm says about a message sent before (SMPP 3.4 appendix B, 5.2.12).

Carriers differ: fields are missing, reordered, in other case, ids and states stand in TLVs, the text in
message_payload. Whatever can be read is read, what cannot is None; no receipt is an error.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from smpp import udh
from smpp.pdu import DataSm, DeliverSm, Tag, Tlv

MESSAGE_TYPE = 0x3C  # these bits of esm_class
FINAL_RECEIPT = 0x04
INTERMEDIATE_RECEIPT = 0x20


class State(IntEnum):
    """message_state (SMPP 3.4 5.2.28). final: nothing better comes after it."""

    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8

    @property
    def final(self) -> bool:
        return self not in (State.ENROUTE, State.ACCEPTED)

    @property
    def word(self) -> str:
        """As the text of a receipt writes it (appendix B, table B-2)."""
        return _WORDS[self]


_WORDS = {
    State.ENROUTE: "ENROUTE",
    State.DELIVERED: "DELIVRD",
    State.EXPIRED: "EXPIRED",
    State.DELETED: "DELETED",
    State.UNDELIVERABLE: "UNDELIV",
    State.ACCEPTED: "ACCEPTD",
    State.UNKNOWN: "UNKNOWN",
    State.REJECTED: "REJECTD",
}
_STATES = {word: state for state, word in _WORDS.items()}
_STATES |= {state.name: state for state in State}
_STATES |= {
    "UNDELIVERED": State.UNDELIVERABLE,
    "FAILED": State.UNDELIVERABLE,
    "SCHEDULED": State.ENROUTE,
    "BUFFERED": State.ENROUTE,
    "BUFFERD": State.ENROUTE,
}


class NetworkError(NamedTuple):
    """network_error_code (SMPP 3.4 5.3.2.31). network: 1 ANSI-136, 2 IS-95, 3 GSM; code: of that network."""

    network: int
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a carrier says about one segment.

    message_id: as the receipt writes it, empty where it has none. submitted, done: in the carrier's own zone,
    to the minute as a rule. reference: the segment's user_message_reference, where the carrier echoes it.
    destination: the subscriber that the segment went to. source: its sender.
    """

    message_id: bytes
    state: State
    error_code: str | None = None
    network_error_code: NetworkError | None = None
    submitted: datetime | None = None
    done: datetime | None = None
    reference: int | None = None
    source: bytes = b""
    destination: bytes = b""

    @property
    def error(self) -> str | None:
        """The code that counts: network_error_code beats the text's err (SLA, receipt state to outcome class)."""
        return str(self.network_error_code.code) if self.network_error_code else self.error_code


def parse(pdu: DeliverSm | DataSm) -> Receipt | None:
    """The receipt that this PDU is; None where it is a reply of a subscriber or another kind of message."""
    tlvs = dict(reversed(pdu.tlvs))  # the first of a tag counts
    receipted = tlvs.get(Tag.RECEIPTED_MESSAGE_ID)
    if pdu.esm_class & MESSAGE_TYPE not in (FINAL_RECEIPT, INTERMEDIATE_RECEIPT) and receipted is None:
        return None
    fields = _fields(_text(pdu))
    return Receipt(
        message_id=(receipted or b"").split(b"\0")[0].strip() or fields.get(b"id", b""),
        state=_state(tlvs.get(Tag.MESSAGE_STATE), fields.get(b"stat")),
        error_code=fields[b"err"].decode("ascii", "replace") if fields.get(b"err") else None,
        network_error_code=_network_error(tlvs.get(Tag.NETWORK_ERROR_CODE)),
        submitted=date_of(fields.get(b"submitdate")),
        done=date_of(fields.get(b"donedate")),
        reference=_reference(tlvs.get(Tag.USER_MESSAGE_REFERENCE)),
        source=pdu.destination_addr,
        destination=pdu.source_addr,
    )


_KEY = re.compile(rb"(?:^|(?<=[\s;,]))(id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err|text) ?: ?", re.IGNORECASE)


_AROUND = b" \t\r\n\0;,"  # a value


def _text(pdu: DeliverSm | DataSm) -> bytes:
    _, body = udh.split(pdu.body(), pdu.esm_class)
    if pdu.data_coding == 8:
        return body.decode("utf-16-be", "replace").encode("ascii", "replace")
    return body


def spans(text: bytes) -> tuple[dict[bytes, tuple[int, int]], int | None]:
    """Where the first value of each key stands, and where the quoted text begins that ends the scan: it may hold
    anything. It ends nothing before stat."""
    found: dict[bytes, tuple[int, int]] = {}
    keys = list(_KEY.finditer(text))
    ends = [following.start() for following in keys[1:]] + [len(text)]
    for match, end in zip(keys, ends, strict=False):
        key = match[1].lower().translate(None, b" _")
        if key == b"text" and b"stat" in found:
            return found, match.end()
        value = text[match.end() : end]
        start = match.end() + len(value) - len(value.lstrip(_AROUND))
        found.setdefault(key, (start, start + len(value.strip(_AROUND).split(b" ")[0])))
    return found, None


def _fields(text: bytes) -> dict[bytes, bytes]:
    return {key: text[start:end] for key, (start, end) in spans(text)[0].items()}


def state_of(word: bytes) -> State:
    """What a receipt's stat says. A word that says nothing to us is UNKNOWN."""
    return _STATES.get(word.decode("ascii", "replace").upper(), State.UNKNOWN)


def _state(tlv: bytes | None, word: bytes | None) -> State:
    """The TLV, made for machines, beats the word."""
    if tlv is not None and len(tlv) == 1 and 1 <= tlv[0] <= 8:
        return State(tlv[0])
    if tlv == b"\0":  # SCHEDULED, of SMPP 5
        return State.ENROUTE
    return state_of(word or b"")


def _network_error(tlv: bytes | None) -> NetworkError | None:
    if tlv is None or len(tlv) != 3:
        return None
    return NetworkError(tlv[0], int.from_bytes(tlv[1:]))


def _reference(tlv: bytes | None) -> int | None:
    return int.from_bytes(tlv) if tlv is not None and len(tlv) == 2 else None


_DATE_FORMATS = {10: ("%y%m%d%H%M",), 12: ("%y%m%d%H%M%S", "%Y%m%d%H%M"), 14: ("%Y%m%d%H%M%S",)}


@lru_cache(4096)  # receipts of one minute bear the same dates
def date_of(digits: bytes | None) -> datetime | None:
    """YYMMDDhhmm, with seconds too, or with the whole year; None where it is no date."""
    if not digits or not digits.isdigit():
        return None
    for date_format in _DATE_FORMATS.get(len(digits), ()):
        try:
            return datetime.strptime(digits.decode(), date_format)  # noqa: DTZ007 - the carrier's own zone
        except ValueError:
            continue
    return None


def build(
    receipt: Receipt, *, sequence: int = 0, quoted: bytes = b"", addresses: tuple[int, int, int, int]
) -> DeliverSm:
    """The deliver_sm that a carrier sends for a receipt, with text and TLVs (appendix B).

    quoted: the first octets of the message. addresses: TON and NPI of the subscriber, then of the sender.
    """
    delivered = b"001" if receipt.state is State.DELIVERED else b"000"
    text = b"id:%b sub:001 dlvrd:%b submit date:%b done date:%b stat:%b err:%b text:%b" % (
        receipt.message_id,
        delivered,
        _digits(receipt.submitted),
        _digits(receipt.done),
        receipt.state.word.encode(),
        (receipt.error_code or "000").encode(),
        quoted[:20],
    )
    tlvs = [
        Tlv(Tag.RECEIPTED_MESSAGE_ID, receipt.message_id + b"\0"),
        Tlv(Tag.MESSAGE_STATE, bytes((receipt.state,))),
    ]
    if receipt.network_error_code is not None:
        network, code = receipt.network_error_code
        tlvs.append(Tlv(Tag.NETWORK_ERROR_CODE, bytes((network,)) + code.to_bytes(2)))
    if receipt.reference is not None:
        tlvs.append(Tlv(Tag.USER_MESSAGE_REFERENCE, receipt.reference.to_bytes(2)))
    return DeliverSm(
        sequence=sequence,
        source_addr_ton=addresses[0],
        source_addr_npi=addresses[1],
        source_addr=receipt.destination,
        dest_addr_ton=addresses[2],
        dest_addr_npi=addresses[3],
        destination_addr=receipt.source,
        esm_class=FINAL_RECEIPT if receipt.state.final else INTERMEDIATE_RECEIPT,
        short_message=text,
        tlvs=tuple(tlvs),
    )


@lru_cache(4096)
def _digits(instant: datetime | None) -> bytes:
    return instant.strftime("%y%m%d%H%M").encode() if instant else b"0000000000"
