"""How the segments of a text are put on the wire for one carrier: alphabets by their data_coding, parts joined by a
user data header or by SAR parameters, octets in short_message or in message_payload (SMPP 3.4 5.2.19, 5.3.2).

The cut is that of acceptance, which counts and charges: one PDU a segment, never one more or less.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from outbound.errors import OutboundError
from smpp import text, udh
from smpp.pdu import Tag
from smpp.text import Encoding, Segments

_sar = struct.Struct(">HHHHHBHHB").pack
_tag_and_length = struct.Struct(">HH").pack
_BESIDE_SEVEN = {Encoding.GSM: 152, Encoding.UCS2: 132}  # octets of a part beside a header with a 16-bit reference


class Joined(StrEnum):
    """What tells the carrier that parts belong together.

    UDH: a header with an 8-bit reference. UDH16: with a 16-bit one, where the shorter parts that it leaves room for
    (152 septets, 66 UCS-2 units) are as many as were accepted; else as UDH. SAR: sar_msg_ref_num and its two fellows;
    its reference stays below 256, so that a carrier that makes a header of it finds room for one of six octets.
    """

    UDH = "udh"
    UDH16 = "udh16"
    SAR = "sar"


class AmbiguousAlphabet(OutboundError):
    """Data codings of a connector that cannot be told apart, or are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A connector's settings.

    gsm, ucs2: the data_coding of the GSM default alphabet (unpacked septets) and of UCS-2 (big endian). latin1: the
    data_coding under which this carrier wants Latin-1 for texts of the GSM alphabet that Latin-1 holds as well; None =
    never. in_payload: the octets of a segment stand in message_payload, short_message is empty.
    """

    joined: Joined = Joined.UDH
    in_payload: bool = False
    gsm: int = 0
    latin1: int | None = None
    ucs2: int = 8

    def __post_init__(self) -> None:
        used = [number for number in (self.gsm, self.latin1, self.ucs2) if number is not None]
        if len(set(used)) < len(used) or not all(0 <= number <= 255 for number in used):
            raise AmbiguousAlphabet(
                f"data_coding gsm {self.gsm}, latin1 {self.latin1}, ucs2 {self.ucs2}: each is a number of its own from "
                "0 to 255; correct them in the connector's set-up"
            )


class OnWire(NamedTuple):
    """One submit_sm's share of a text. tlvs: encoded, to stand behind short_message."""

    esm_class: int
    data_coding: int
    short_message: bytes
    tlvs: bytes


def put(cut: Segments, wire: Wire, reference: int) -> list[OnWire]:
    """Each segment of a text, in order. cut: the text as it was accepted (`text.segment`).

    reference: 0 to 65535, the same for all parts and all attempts of a message; UDH and SAR use its low octet.
    """
    parts = cut.parts
    if len(parts) == 1:
        data_coding, (octets,) = _alphabet(cut.encoding, parts, wire)
        return [_placed(wire, 0, data_coding, octets)]
    total = len(parts)
    numbers = range(1, total + 1)
    if wire.joined is Joined.SAR:
        data_coding, octets_of = _alphabet(cut.encoding, parts, wire)
        return [
            _placed(wire, 0, data_coding, octets, _sar_parameters(reference & 0xFF, total, number))
            for number, octets in zip(numbers, octets_of, strict=True)
        ]
    if wire.joined is Joined.UDH16 and (shorter := _cut_shorter(cut)) is not None:
        parts = shorter
        headers = [udh.concatenation_header_16(reference, total, number) for number in numbers]
    else:
        headers = [udh.concatenation_header(reference & 0xFF, total, number) for number in numbers]
    data_coding, octets_of = _alphabet(cut.encoding, parts, wire)
    return [
        _placed(wire, udh.UDHI, data_coding, header + octets) for header, octets in zip(headers, octets_of, strict=True)
    ]


def _alphabet(encoding: Encoding, parts: Sequence[bytes], wire: Wire) -> tuple[int, Sequence[bytes]]:
    """The data_coding of a text and its parts' octets in it. Latin-1 serves for all of its parts or for none."""
    if encoding is Encoding.UCS2:
        return wire.ucs2, parts
    if wire.latin1 is not None:
        try:
            return wire.latin1, [text.decode(part, encoding.data_coding).encode("latin-1") for part in parts]
        except UnicodeEncodeError:
            pass
    return wire.gsm, parts


def _cut_shorter(cut: Segments) -> tuple[bytes, ...] | None:
    """The same text in parts that leave seven octets for the header; None where that takes more of them."""
    parts = text.cut(cut.encoding, b"".join(cut.parts), _BESIDE_SEVEN[cut.encoding])
    return parts if len(parts) == len(cut.parts) else None


def _placed(wire: Wire, esm_class: int, data_coding: int, octets: bytes, parameters: bytes = b"") -> OnWire:
    if wire.in_payload:
        return OnWire(
            esm_class, data_coding, b"", parameters + _tag_and_length(Tag.MESSAGE_PAYLOAD, len(octets)) + octets
        )
    return OnWire(esm_class, data_coding, octets, parameters)


def _sar_parameters(reference: int, total: int, number: int) -> bytes:
    return _sar(
        Tag.SAR_MSG_REF_NUM, 2, reference, Tag.SAR_TOTAL_SEGMENTS, 1, total, Tag.SAR_SEGMENT_SEQNUM, 1, number
    )  # fmt: skip
