"""Segments of many texts at once: the same counts as `smpp.text.count_segments`, from their UTF-8 octets.

A text's septets and UCS-2 units are sums over its characters, so those of a template filled with values are sums over
its pieces. Cutting loses at most one of them at each seam, where a pair may not be parted: only a text of several segments
whose total lies that close to the next segment is cut for its count.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smpp import alphabet
from smpp.text import Encoding, count_segments

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

_LEAD = 0xC2  # the least octet that begins a character beyond ASCII; octets of its continuation are below


def _septets(character: str) -> int:
    """0: GSM 03.38 lacks it."""
    try:
        return len(alphabet.encode(character))
    except UnicodeEncodeError:
        return 0


_OF_ASCII = np.array([_septets(chr(code)) for code in range(0x80)] + [1] * 0x80, np.uint8)
_OF_TWO_OCTETS = np.array([0] * 0x80 + [_septets(chr(code)) for code in range(0x80, 0x800)], np.uint8)
_IS_ODD = _OF_ASCII != 1
_EURO = "€".encode()  # the only character of the default alphabet and its extension with three octets


@dataclass(frozen=True)
class Units:
    """Of n texts: septets (where is_gsm), UCS-2 units, and whether one has a pair: an escape, or two surrogates."""

    septets: Ints
    ucs2: Ints
    is_gsm: Bools
    has_escape: Bools
    has_surrogates: Bools

    def __add__(self, other: "Units") -> "Units":
        """Of the texts joined, one by one."""
        return Units(
            self.septets + other.septets,
            self.ucs2 + other.ucs2,
            self.is_gsm & other.is_gsm,
            self.has_escape | other.has_escape,
            self.has_surrogates | other.has_surrogates,
        )


def units(texts: pa.Array) -> Units:
    """texts: a pyarrow string array without nulls."""
    octets, offsets = _buffers(texts)
    n = len(offsets) - 1
    septets = np.diff(offsets).astype(np.int32)
    ucs2 = septets.copy()
    found = Units(septets, ucs2, np.ones(n, bool), np.zeros(n, bool), np.zeros(n, bool))
    odd = np.flatnonzero(_IS_ODD[octets])
    if len(odd):
        row = np.searchsorted(offsets, odd, "right") - 1
        weight = _OF_ASCII[octets[odd]]
        found.is_gsm[row[weight == 0]] = False
        found.has_escape[row[weight == 2]] = True
        septets += np.bincount(row[weight == 2], minlength=n).astype(np.int32)
    if len(octets) and octets.max() >= _LEAD:
        _beyond_ascii(octets, offsets, found)
    return found


def _beyond_ascii(octets: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], found: Units) -> None:
    """Corrects septets and units, which count octets, by what each character of several octets is."""
    leads = np.flatnonzero(octets >= _LEAD)
    cuts = np.searchsorted(leads, offsets)
    rows = np.flatnonzero(np.diff(cuts))
    firsts = cuts[rows]
    lead = octets[leads].astype(np.int32)
    second = octets[leads + 1].astype(np.int32)
    length = np.where(lead < 0xE0, 2, np.where(lead < 0xF0, 3, 4)).astype(np.int32)
    two = ((lead & 0x1F) << 6) | (second & 0x3F)
    weight = np.where(length == 2, _OF_TWO_OCTETS[np.minimum(two, 0x7FF)], 0).astype(np.int32)
    euro = np.flatnonzero((lead == _EURO[0]) & (second == _EURO[1]))
    weight[euro[octets[leads[euro] + 2] == _EURO[2]]] = 2
    units_of_each = np.where(length == 4, 2, 1).astype(np.int32)
    found.septets[rows] += np.add.reduceat(weight - length, firsts)
    found.ucs2[rows] += np.add.reduceat(units_of_each - length, firsts)
    found.is_gsm[rows] &= ~np.logical_or.reduceat(weight == 0, firsts)
    found.has_escape[rows] |= np.logical_or.reduceat(weight == 2, firsts)
    found.has_surrogates[rows] |= np.logical_or.reduceat(length == 4, firsts)


def same(text: str, count: int) -> Units:
    """The units of one text, for so many rows."""
    one = units(pa.array([text]))
    return Units(*(np.repeat(part, count) for part in vars(one).values()))


def joined(pieces: Sequence[Units]) -> Units:
    return reduce(lambda left, right: left + right, pieces)


def segments(found: Units, wanted: Bools, text_of: Callable[[int], str]) -> Ints:
    """int32[n]: how many segments each text will be cut into; also above 255. wanted: of which rows that matters.
    text_of: the text of a row, asked for the few that have to be cut to be counted."""
    alone = np.where(found.is_gsm, Encoding.GSM.alone, Encoding.UCS2.alone // 2)
    part = np.where(found.is_gsm, Encoding.GSM.part, Encoding.UCS2.part // 2)
    total = np.where(found.is_gsm, found.septets, found.ucs2)
    count = np.where(total <= alone, 1, -(-total // part)).astype(np.int32)
    has_pair = np.where(found.is_gsm, found.has_escape, found.has_surrogates)
    # each seam may leave one of a segment's places empty
    is_close = wanted & has_pair & (count > 1) & (total > count * part - (count - 1))
    for row in np.flatnonzero(is_close).tolist():
        count[row] = count_segments(text_of(row))
    return count


def _buffers(texts: pa.Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The octets of all texts, and where each begins; the last entry is where the last one ends."""
    _, places, data = texts.buffers()
    offsets: Any = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    octets = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return octets[offsets[0] : offsets[-1]], offsets - offsets[0]
