"""Message texts: which alphabet they need, how many segments they are, and the octets of each segment.

GSM 03.38 goes unpacked, one septet an octet (data_coding 0); everything else as UCS-2, big endian
(data_coding 8). A segment never ends inside an escape pair or a surrogate pair (INTAKE), so the count is
that of the cut, not a division of totals.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from outbound.errors import OutboundError
from smpp import alphabet
from smpp.alphabet import DEFAULT, ESCAPE, Shift

MAX_SEGMENTS = 255  # the concatenation header has one octet for the total (GSM 03.40 9.2.3.24.1)


class Encoding(Enum):
    """An alphabet of a message: what it is called, its data_coding, and how many octets fit.

    alone: octets of a message of one segment; part: octets of each of several, beside the header of 6 octets
    (140 octets on the air: 160 septets or 70 UCS-2 units alone, 153 or 67 beside the header).
    """

    GSM = ("gsm", 0, 160, 153)
    UCS2 = ("ucs2", 8, 140, 134)

    def __init__(self, label: str, data_coding: int, alone: int, part: int) -> None:
        self.label = label
        self.data_coding = data_coding
        self.alone = alone
        self.part = part


class TooManySegments(OutboundError):
    """A text that would need more than 255 segments: shorten it."""


class LoneSurrogate(OutboundError):
    """A text with half of a surrogate pair: no character, so it can be neither sent nor stored."""


@dataclass(frozen=True, slots=True)
class Segments:
    """A text, cut. parts: the octets of each segment without its header, in order; an empty text is one empty part."""

    encoding: Encoding
    parts: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.parts)


def forcing_character(text: str) -> str | None:
    """The first character that GSM 03.38 lacks, so that the whole text goes as UCS-2; None where there is none."""
    try:
        alphabet.encode(text)
    except UnicodeEncodeError as error:
        return text[error.start]
    return None


def encoding_of(text: str) -> Encoding:
    return Encoding.GSM if forcing_character(text) is None else Encoding.UCS2


def encode(text: str) -> tuple[Encoding, bytes]:
    """The text in the alphabet it needs: GSM 03.38 as unpacked septets where that can hold it, else UTF-16BE."""
    try:
        return Encoding.GSM, alphabet.encode(text)
    except UnicodeEncodeError:
        pass
    try:
        return Encoding.UCS2, text.encode("utf-16-be")
    except UnicodeEncodeError as error:
        raise LoneSurrogate(
            f"character {error.start + 1} of the text is half of a surrogate pair: correct it in the source"
        ) from None


def segment(text: str) -> Segments:
    """The text as it will be sent."""
    encoding, octets = encode(text)
    if len(octets) <= encoding.alone:
        return Segments(encoding, (octets,))
    parts = cut(encoding, octets, encoding.part)
    if len(parts) > MAX_SEGMENTS:
        raise TooManySegments(f"the text needs {len(parts)} segments, {MAX_SEGMENTS} are possible: shorten it")
    return Segments(encoding, parts)


def cut(encoding: Encoding, octets: bytes, most: int) -> tuple[bytes, ...]:
    """Parts of at most so many octets (an even number of UCS-2) that join to these; no pair is parted."""
    ends = list(_cuts(encoding, octets, most))
    return tuple(octets[start:end] for start, end in zip([0, *ends], ends, strict=False))


def count_segments(text: str) -> int:
    """How many segments `segment` would make, without making them; also above 255."""
    encoding, octets = encode(text)
    if len(octets) <= encoding.alone:
        return 1
    has_pairs = ESCAPE in octets if encoding is Encoding.GSM else len(octets) > 2 * len(text)
    return sum(1 for _ in _cuts(encoding, octets, encoding.part)) if has_pairs else -(-len(octets) // encoding.part)


def decode(octets: bytes, data_coding: int, shift: Shift = DEFAULT) -> str:
    """The text of a message without its header: the inverse of `encode`, lenient with what handsets send.

    data_coding 0 GSM 03.38, 1 ASCII, 3 Latin-1, 8 UCS-2; what cannot be read becomes U+FFFD. shift: as its header says.
    """
    if data_coding == Encoding.UCS2.data_coding:
        return octets.decode("utf-16-be", "replace")
    if data_coding == Encoding.GSM.data_coding:
        return alphabet.decode(octets, shift)
    return octets.decode("latin-1" if data_coding == 3 else "ascii", "replace")


def _cuts(encoding: Encoding, octets: bytes, most: int) -> Iterator[int]:
    """The end of each segment."""
    total = len(octets)
    splits_pair = _ends_in_escape if encoding is Encoding.GSM else _ends_in_high_surrogate
    end = 0
    while end < total:
        end = min(end + most, total)
        if end < total:
            end -= splits_pair(octets, end)
        yield end


def _ends_in_escape(septets: bytes, end: int) -> int:
    """Octets to leave to the next segment so that no escape is parted from its character."""
    return int(septets[end - 1] == ESCAPE)


def _ends_in_high_surrogate(units: bytes, end: int) -> int:
    """Octets to leave to the next segment so that no surrogate pair is parted."""
    return 2 * (0xD8 <= units[end - 2] <= 0xDB)
