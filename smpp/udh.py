"""User data headers (GSM 03.40 9.2.3.24): the one that joins the segments of a long message, written and read."""

from typing import NamedTuple

UDHI = 0x40  # the bit of esm_class that says: short_message begins with a header (SMPP 3.4 5.2.12)
_CONCATENATION_8 = 0x00
_CONCATENATION_16 = 0x08


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


def split(short_message: bytes, esm_class: int) -> tuple[Concatenation | None, bytes]:
    """The concatenation that the header says, if any, and the text's octets behind the header.

    A header that does not hold what it announces is taken as no concatenation; never an error.
    """
    if not esm_class & UDHI or not short_message:
        return None, short_message
    end = 1 + short_message[0]
    return _concatenation(short_message[1:end]), short_message[end:]


def _concatenation(header: bytes) -> Concatenation | None:
    at = 0
    while at + 2 <= len(header):
        identifier, length = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + length]
        if identifier == _CONCATENATION_8 and len(value) == 3:
            return Concatenation(value[0], value[1], value[2])
        if identifier == _CONCATENATION_16 and len(value) == 4:
            return Concatenation(int.from_bytes(value[:2]), value[2], value[3])
        at += 2 + length
    return None
