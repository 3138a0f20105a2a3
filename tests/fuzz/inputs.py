"""What the fuzzer feeds: good PDUs of every kind, receipts, texts, and what a seeded hand makes of them."""

import random
from collections.abc import Callable
from typing import NamedTuple

from smpp import codec
from smpp.pdu import COMMANDS, DataSm, DeliverSm, SubmitSm, Tag, Tlv

_RECEIPT = b"id:0123456789 sub:001 dlvrd:001 submit date:2611241424 done date:2611241425 stat:DELIVRD err:000 text:Dear"
TLVS = (
    Tlv(Tag.USER_MESSAGE_REFERENCE, b"\x12\x34"), Tlv(Tag.RECEIPTED_MESSAGE_ID, b"5f00\0"), Tlv(Tag.MESSAGE_STATE, b"\x02"),
    Tlv(Tag.NETWORK_ERROR_CODE, b"\x03\0\x1b"), Tlv(Tag.SAR_MSG_REF_NUM, b"\0\x07"), Tlv(Tag.SAR_TOTAL_SEGMENTS, b"\x02"),
    Tlv(Tag.SAR_SEGMENT_SEQNUM, b"\x01"), Tlv(0x1403, b"vendor"),
)  # fmt: skip
_HEADER = b"\x0b\x00\x03\x07\x02\x01\x25\x01\x03\x24\x01\x01"
_MESSAGES = [
    kind(
        sequence=5, source_addr_ton=5, source_addr=b"NILE", dest_addr_ton=1, destination_addr=b"201001234567",
        esm_class=esm_class, data_coding=data_coding, short_message=body, validity_period=b"000001000000000R",
        tlvs=TLVS[: 1 + at],
    )
    for at, (kind, esm_class, data_coding, body) in enumerate(
        [
            (SubmitSm, 0x40, 0, _HEADER + b"part \x1be"),
            (SubmitSm, 0, 8, "سلام 😀".encode("utf-16-be")),
            (DeliverSm, 4, 0, _RECEIPT),
            (DeliverSm, 4, 8, _RECEIPT.decode().encode("utf-16-be")),
            (DeliverSm, 0x20, 0, _RECEIPT.replace(b"DELIVRD", b"ENROUTE")),
            (DeliverSm, 0x40, 0, _HEADER + b"STOP"),
            (DeliverSm, 0x44, 3, b"\x05\x00\x03\x07\x02\x01" + _RECEIPT),
        ]
    )
]  # fmt: skip
FRAMES = [
    *(codec.encode(kind(sequence=5, tlvs=TLVS)) for kind in COMMANDS.values()),
    *(codec.encode(kind(sequence=5)) for kind in COMMANDS.values()),
    *(codec.encode(message) for message in _MESSAGES),
    *(codec.encode(message) for message in _MESSAGES),
    codec.encode(DeliverSm(esm_class=4, tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, _RECEIPT), *TLVS[:3]))),
    codec.encode(DataSm(esm_class=4, tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, _RECEIPT), *TLVS[:3]))),
]
RECEIPTS = [frame for frame in FRAMES if frame[4:8] == DeliverSm.command.to_bytes(4) and b"stat" in frame]
_TOKENS = [
    b"\0", b"\xff", b"\0\0\0\x10", b"\xff\xff\xff\xff", b"\x04\x24\xff\xff", b"id:", b"stat:", b"text:", b" ", b"done date:", b"\x1b",
    b"\xd8\x3d", b"\x05\x00\x03\x01\x02\x01", b"\x40", b"err:", b"=", b"9" * 40,
]  # fmt: skip


def mutated(rng: random.Random) -> bytes:
    """A good PDU with octets changed, cut out, put in or doubled; its command_length is made true half of the time."""
    octets = bytearray(rng.choice(FRAMES))
    for _ in range(rng.randrange(4)):
        at = rng.randrange(len(octets) + 1)
        rng.choice(_CHANGES)(rng, octets, at)
    if rng.random() < 0.5 and len(octets) >= 4:
        octets[:4] = len(octets).to_bytes(4)
    return bytes(octets)


def like(rng: random.Random, frame: bytes) -> list[bytes]:
    """Frames of the same length, as they come one after the other: other values in the same places, or spoilt."""
    frames = []
    for _ in range(rng.randrange(1, 6)):
        octets = bytearray(frame)
        octets[12:16] = rng.randbytes(4)
        for _ in range(rng.choice((0, 0, 1, 2, 20))):
            at = rng.randrange(16, len(octets))
            kind = rng.choice(_KINDS)
            if octets[at] in kind or rng.random() < 0.05:
                octets[at] = rng.choice(kind)
        frames.append(bytes(octets))
    return frames


_KINDS = (b"0123456789", b"ABCDEFabcdef0123456789-_.", bytes(range(256)))


def _flip(rng: random.Random, octets: bytearray, at: int) -> None:
    if at < len(octets):
        octets[at] ^= 1 << rng.randrange(8)


def _set(rng: random.Random, octets: bytearray, at: int) -> None:
    octets[at : at + 1] = rng.randbytes(1)


def _cut(rng: random.Random, octets: bytearray, at: int) -> None:
    del octets[at : at + rng.randrange(1, 30)]


def _insert(rng: random.Random, octets: bytearray, at: int) -> None:
    octets[at:at] = rng.choice(_TOKENS)


def _replace(rng: random.Random, octets: bytearray, at: int) -> None:
    token = rng.choice(_TOKENS)
    octets[at : at + len(token)] = token


def _double(rng: random.Random, octets: bytearray, at: int) -> None:
    octets[at:at] = octets[at : at + rng.randrange(1, 60)]


def _splice(rng: random.Random, octets: bytearray, at: int) -> None:
    octets[at:] = rng.choice(FRAMES)[at:]


_CHANGES: list[Callable[[random.Random, bytearray, int], None]] = [
    _flip,
    _set,
    _cut,
    _insert,
    _replace,
    _double,
    _splice,
]

_GSM = "abc XYZ 019 @£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà\f^{}\\[~]|€€€"
_ANY = _GSM + "سلامعزيزي😀𐍈ïçÿ`"


def text(rng: random.Random) -> str:
    """Of the GSM alphabet or beyond it, with lengths around where a text is cut."""
    alphabet = rng.choice((_GSM, _ANY))
    length = rng.choice((rng.randrange(80), rng.randrange(60, 75), rng.randrange(130, 165), rng.randrange(700)))
    if rng.random() < 0.3:
        return rng.choice(alphabet) * length
    return "".join(rng.choices(alphabet, k=length))


def rubbish(rng: random.Random) -> bytes:
    """What may stand in short_message: pieces of receipts, of headers, and anything."""
    pieces = [
        rng.choice((rng.choice(_TOKENS), rng.randbytes(rng.randrange(6)), b"\0", b"AB1"))
        for _ in range(rng.randrange(12))
    ]
    return b"".join(pieces)[:254]


class Written(NamedTuple):
    """A receipt's text, and what is written in it."""

    octets: bytes
    message_id: bytes
    state: str
    error: str
    done: str


_IDS = ("0123456789", "5f00AB12", "a29f6845-5556-4713-9e5c-8f3b817f2c9a", "MDk/x+Y=_7", "1", "id9")
_STATES = ("DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD", "ENROUTE")


def receipt(rng: random.Random) -> Written:
    """Appendix B in some carrier's manner: order, case, separators, left out and added fields."""
    done = f"{rng.randrange(20, 99)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}{rng.randrange(24):02}{rng.randrange(60):02}"
    said = Written(b"", rng.choice(_IDS).encode(), rng.choice(_STATES), rng.choice(("000", "1", "EC_77", "0x1B")), done)
    underscore = rng.choice(" _")
    fields = [
        ("id", said.message_id.decode()), ("stat", said.state), ("err", said.error),
        (f"done{underscore}date", done + rng.choice(("", f"{rng.randrange(60):02}"))),
    ]  # fmt: skip
    fields += [other for other in (("sub", "001"), ("dlvrd", "001"), ("mcc", "602")) if rng.random() < 0.5]
    rng.shuffle(fields)
    if rng.random() < 0.5:
        fields.append(("text", "id:666 stat:EXPIRED err:666 done date:0101010101"))
    case = rng.choice((str.lower, str.upper, str.title))
    colon = rng.choice((":", ": ", " : ", "="))
    between = rng.choice((" ", ",", ";", "  ", "\r\n", "|", " | "))
    whole = between.join(case(key) + colon + value for key, value in fields)
    return said._replace(octets=whole.encode(rng.choice(("ascii", "utf-16-be", "utf-16-le"))))
