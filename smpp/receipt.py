"""Delivery receipts: what a deliver_sm or data_sm says about a message sent before (SMPP 3.4 appendix B, 5.2.12).

Carriers differ: fields are missing, reordered, in other case, ids and states stand in TLVs, the text in
message_payload. Whatever can be read is read, what cannot is None; no receipt is an error.
"""

import codecs
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
# what carriers write beside the words of appendix B, by the letters and digits of it
_STATES = {
    State.ENROUTE: "ENROUTE SCHEDULED QUEUED BUFFERED BUFFERD BUFFRED PENDING RETRY RETRYING SENT SUBMITTED SUBMITD 0",
    State.DELIVERED: "DELIVRD DELIVERED DELIVERD DELIVRED DLVRD READ",
    State.EXPIRED: "EXPIRED EXPIRD TIMEOUT",
    State.DELETED: "DELETED CANCELLED CANCELED",
    State.UNDELIVERABLE: "UNDELIV UNDELIVERABLE UNDELIVERED UNDELIVRD UNDELIVERD UNDLVRD FAILED FAIL ERROR SYSERR SKIPPED 9",
    State.ACCEPTED: "ACCEPTD ACCEPTED ACKED",
    State.UNKNOWN: "UNKNOWN UNKNOWD",
    State.REJECTED: "REJECTD REJECTED BLOCKED BLACKLISTED BLACKLST SPAM DND NOCRED",
}
_BY_WORD = {word: state for state, words in _STATES.items() for word in (*words.split(), str(int(state)))}


class NetworkError(NamedTuple):
    """network_error_code (SMPP 3.4 5.3.2.31). network: 1 ANSI-136, 2 IS-95, 3 GSM; code: of that network."""

    network: int
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a carrier says about one segment.

    message_id: as the receipt writes it, empty where it has none. error_code: printable ASCII. submitted, done: in the
    carrier's own zone, to the minute as a rule. reference: the segment's user_message_reference, where the carrier echoes it.
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
    """The receipt that this PDU is; None where it is a reply of a subscriber or another kind of message.

    esm_class says so, and where that is wrong the parameters that only a receipt bears; never the text, for a
    subscriber may write anything.
    """
    tlvs = dict(reversed(pdu.tlvs))  # the first of a tag counts
    receipted = tlvs.get(Tag.RECEIPTED_MESSAGE_ID)
    state = tlvs.get(Tag.MESSAGE_STATE)
    if not pdu.esm_class & (FINAL_RECEIPT | INTERMEDIATE_RECEIPT) and receipted is None and state is None:
        return None
    fields = _fields(pdu)
    return Receipt(
        message_id=(receipted or b"").split(b"\0")[0].strip() or fields.get(b"id", b""),
        state=_state(state, fields.get(b"stat"), pdu.esm_class),
        error_code=_NOT_PRINTABLE.sub(b"", fields.get(b"err", b"")).decode("ascii") or None,
        network_error_code=_network_error(tlvs.get(Tag.NETWORK_ERROR_CODE)),
        submitted=date_of(fields.get(b"submitdate")),
        done=date_of(fields.get(b"donedate")),
        reference=_reference(tlvs.get(Tag.USER_MESSAGE_REFERENCE)),
        source=pdu.destination_addr,
        destination=pdu.source_addr,
    )


_NOT_PRINTABLE = re.compile(rb"[^!-~]")
_KEY = re.compile(
    rb"(?:^|(?<=[\s;,|&\0]))(?:(?P<id>(?:message|msg)?[ _-]?id)|(?P<donedate>done[\s_-]*date)|(?P<submitdate>submit[\s_-]*date)|"
    rb"(?P<stat>stat(?:us|e)?)|(?P<err>err(?:or)?(?:[ _-]?code)?)|(?P<sub>sub)|(?P<dlvrd>dlvrd)|(?P<text>text))"
    rb"[ \t]?[:=][ \t]?",
    re.IGNORECASE,
)
_AROUND = b" \t\r\n\0;,|&"  # a value


def _fields(pdu: DeliverSm | DataSm) -> dict[bytes, bytes]:
    body = pdu.body()
    text = _ascii(udh.split(body, pdu.esm_class)[1])
    found = spans(text)[0]
    if not found and pdu.esm_class & udh.UDHI:  # the bit is set, and no header is there
        text = _ascii(body)
        found = spans(text)[0]
    return {key: text[start:end] for key, (start, end) in found.items()}


def _ascii(body: bytes) -> bytes:
    """What the text says in ASCII, for that is all that is looked for. UTF-16 is seen by how it begins, not by
    data_coding, which is wrong as often as not."""
    if body[:2] in (codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE):
        return body.decode("utf-16", "replace").encode("ascii", "replace")
    for order, high in (("utf-16-be", 0), ("utf-16-le", 1)):
        if body[high:4:2] == b"\0\0":
            return body.decode(order, "replace").encode("ascii", "replace")
    return body


def spans(text: bytes) -> tuple[dict[bytes, tuple[int, int]], int | None]:
    """Where the first value of each key stands, and where the quoted text begins that ends the scan: it may hold
    anything. It ends nothing before stat."""
    found: dict[bytes, tuple[int, int]] = {}
    keys = list(_KEY.finditer(text))
    ends = [following.start() for following in keys[1:]] + [len(text)]
    for match, end in zip(keys, ends, strict=False):
        key = (match.lastgroup or "").encode()
        if key == b"text" and b"stat" in found:
            return found, match.end()
        value = text[match.end() : end]
        start = match.end() + len(value) - len(value.lstrip(_AROUND))
        value = value.strip(_AROUND)
        if key.endswith(b"date"):  # its time may stand behind a space
            length = len(value) - len(value.lstrip(_IN_DATES))
            length = len(value[:length].rstrip(_AROUND))
        else:
            length = len((_OTHER_KEY.split(value, 1)[0].split(maxsplit=1) or [b""])[0])
        found.setdefault(key, (start, start + length))
    return found, None


_OTHER_KEY = re.compile(rb"[;,|&]\s*[A-Za-z][A-Za-z_ -]{1,20}[:=]")  # one that says nothing to us ends a value, too
_IN_DATES = b"0123456789:/. TZ+-"
_NOT_IN_WORDS = re.compile(rb"[^A-Z0-9]")


def state_of(word: bytes, esm_class: int = FINAL_RECEIPT) -> State:
    """What a receipt's stat says. A word that says nothing to us is UNKNOWN, but never the end in an intermediate
    notification."""
    plain = _NOT_IN_WORDS.sub(b"", word.upper()).decode()
    known = _BY_WORD.get(str(int(plain)) if plain.isdigit() and len(plain) <= 3 else plain)
    if known is not None:
        return known
    return State.ENROUTE if esm_class & INTERMEDIATE_RECEIPT else State.UNKNOWN


def _state(tlv: bytes | None, word: bytes | None, esm_class: int) -> State:
    """The TLV, made for machines, beats the word. SCHEDULED and SKIPPED are states of SMPP 5."""
    if tlv is not None and len(tlv) == 1 and tlv[0] <= 9:
        return _BY_WORD[str(tlv[0])]
    return state_of(word or b"", esm_class)


def _network_error(tlv: bytes | None) -> NetworkError | None:
    if tlv is None or len(tlv) != 3:
        return None
    return NetworkError(tlv[0], int.from_bytes(tlv[1:]))


def _reference(tlv: bytes | None) -> int | None:
    return int.from_bytes(tlv) if tlv is not None and len(tlv) == 2 else None


_DATE_FORMATS = {10: ("%y%m%d%H%M",), 12: ("%y%m%d%H%M%S", "%Y%m%d%H%M"), 14: ("%Y%m%d%H%M%S",)}


_NOT_DIGIT = re.compile(rb"[^0-9]")
_ABSOLUTE = re.compile(rb"[0-9]{15}[+-]")  # the absolute time format, with tenths and a zone (SMPP 3.4 7.1.1)


@lru_cache(4096)  # receipts of one minute bear the same dates
def date_of(written: bytes | None) -> datetime | None:
    """YYMMDDhhmm, with seconds too, or with the whole year, whatever stands between; None where it is no date."""
    if not written:
        return None
    digits = written[:12] if _ABSOLUTE.fullmatch(written) else _NOT_DIGIT.sub(b"", written.partition(b"+")[0])
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
