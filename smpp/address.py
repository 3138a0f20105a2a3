"""How a sender and a recipient stand on the wire: type of number, numbering plan, address (SMPP 3.4 5.2.5-5.2.9)."""

from enum import IntEnum
from typing import NamedTuple

from outbound.errors import OutboundError


class Ton(IntEnum):
    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class Npi(IntEnum):
    UNKNOWN = 0
    ISDN = 1


class Address(NamedTuple):
    ton: int
    npi: int
    digits: bytes


class InvalidSender(OutboundError):
    """A sender that no network can show: correct it where the account's senders are set up."""


LONGEST_SHORT_CODE = 6
LONGEST_NUMBER = 15  # E.164
LONGEST_NAME = 11  # the alphanumeric address of GSM 03.40: 11 septets


def sender(address: str) -> Address:
    """NILE is alphanumeric, 2020 a short code, +201001234567 (with + or without) an international number."""
    digits = address.removeprefix("+")
    if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER:
        if len(digits) <= LONGEST_SHORT_CODE and digits == address:
            return Address(Ton.NETWORK_SPECIFIC, Npi.UNKNOWN, digits.encode())
        return Address(Ton.INTERNATIONAL, Npi.ISDN, digits.encode())
    printable = address.isascii() and address.isprintable()
    if not printable or not 0 < len(address) <= LONGEST_NAME or not any(character.isalpha() for character in address):
        raise InvalidSender(
            f"sender {address!r}: neither a name of at most {LONGEST_NAME} printable ASCII characters, one of them "
            f"a letter, nor a number of at most {LONGEST_NUMBER} digits; correct it in the account's senders"
        )
    return Address(Ton.ALPHANUMERIC, Npi.UNKNOWN, address.encode())


def recipient(msisdn: int) -> Address:
    """A subscriber by its E.164 number without the +."""
    return Address(Ton.INTERNATIONAL, Npi.ISDN, b"%d" % msisdn)
