"""User data headers (3GPP 23.040 9.2.3.24): what joins the segments of a long message, and what shifts their alphabet."""

from collections.abc import Iterator
from typing import NamedTuple

from smpp.alphabet import Language, Shift
from smpp.pdu import Pdu, Tag

UDHI = 0x40  # the bit of esm_class that says: short_message begins with a header (SMPP 3.4 5.2.12)
_CONCATENATION_8 = 0x00
_CONCATENATION_16 = 0x08
_SINGLE_SHIFT = 0x24
_LOCKING_SHIFT = 0x25


class Concatenation(NamedTuple):
    """Segment `number` (from 1) of `total`; parts of one message share the reference."""

    reference: int
    total: int
    number: int


def concatenation_header(reference: int, total: int, number: int) -> bytes:
    """Six octets: information element 00, 8-bit reference. All three are 0 to 255, number from 1 to total."""
    return bytes((5, _CONCATENATION_8, 3, reference, total, number))


def concatenation_header_16(reference: int, total: int, number: int) -> bytes:
    """Seven octets: information element 08, 16-bit reference."""
    return bytes((6, _CONCATENATION_16, 4, reference >> 8, reference & 0xFF, total, number))


def shift_elements(shift: Shift) -> bytes:
    """The information elements that name the tables; none for the default alphabet."""
    elements = b""
    if shift.locking:
        elements += bytes((_LOCKING_SHIFT, 1, shift.locking))
    if shift.single:
        elements += bytes((_SINGLE_SHIFT, 1, shift.single))
    return elements


class Header(NamedTuple):
    """What a header says. shift: the default alphabet too where a language is none that is known here."""

    concatenation: Concatenation | None = None
    shift: Shift = Shift()


NONE = Header()


def split(short_message: bytes, esm_class: int) -> tuple[Header, bytes]:
    """The header, and the text's octets behind it.

    An element that does not hold what it announces says nothing; never an error.
    """
    if not esm_class & UDHI or not short_message:
        return NONE, short_message
    end = 1 + short_message[0]
    concatenation = None
    locking = single = Language.DEFAULT
    for identifier, value in _elements(short_message[1:end]):
        if identifier == _CONCATENATION_8 and len(value) == 3:
            concatenation = concatenation or Concatenation(value[0], value[1], value[2])
        elif identifier == _CONCATENATION_16 and len(value) == 4:
            concatenation = concatenation or Concatenation(int.from_bytes(value[:2]), value[2], value[3])
        elif identifier == _LOCKING_SHIFT and len(value) == 1:
            locking = _language(value[0])
        elif identifier == _SINGLE_SHIFT and len(value) == 1:
            single = _language(value[0])
    return Header(concatenation, Shift(locking, single)), short_message[end:]


def sar(pdu: Pdu) -> Concatenation | None:
    """What the SAR parameters say in place of a header (SMPP 3.4 5.3.2.22 to 5.3.2.24); None unless all three do."""
    reference, total, number = map(pdu.tlv, (Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM))
    if reference is None or total is None or number is None or not 0 < len(reference) <= 2:
        return None
    if len(total) != 1 or len(number) != 1:
        return None
    return Concatenation(int.from_bytes(reference), total[0], number[0])


def _elements(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(octets):
        end = at + 2 + octets[at + 1]
        yield octets[at], octets[at + 2 : end]
        at = end


def _language(identifier: int) -> Language:
    return Language(identifier) if identifier in _KNOWN else Language.DEFAULT


_KNOWN = frozenset(Language)
