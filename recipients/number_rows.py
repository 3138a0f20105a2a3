"""Many written numbers cleaned and passed through the gate at once, as `number.clean` and `number.judge` do with one.

Rows are places in one array of bytes. To clean a row is to move its ends, so nothing is copied; only characters beyond
ASCII are folded first, which makes new bytes.
"""

from dataclasses import dataclass

import numpy as np

from recipients.number import FOLD
from recipients.number_marks import Bytes, Flags, Marks, Places

PADDING = 3
"""How many bytes have to stand behind the last row: a look at the first byte of an empty row has to find one."""

_DROPPED = 1
_FOLDED = np.zeros(1 << 16, np.uint8)
for _point, _digit in FOLD.items():
    _FOLDED[_point] = _DROPPED if _digit is None else ord(_digit)

_GATE = np.zeros(256, np.bool_)
_GATE[list(b"0123456789+ -().")] = True
LONGEST = 250
"""Characters of a text that libphonenumber parses."""


def fold(content: Bytes, offsets: Places) -> tuple[Bytes, Places]:
    """Digits of other scripts made ASCII, what is invisible left out. content: UTF-8, padded."""
    heads = np.flatnonzero((content >= 0xC2) & (content < 0xF0))  # of characters of two and of three bytes
    if not len(heads):
        return content, offsets
    first, second, third = (content[heads + place].astype(np.int32) for place in range(3))
    three = first >= 0xE0
    points = np.where(
        three, (first & 0x0F) << 12 | (second & 0x3F) << 6 | (third & 0x3F), (first & 0x1F) << 6 | (second & 0x3F)
    )
    folded = _FOLDED[points]
    known = folded > 0
    content = content.copy()
    content[heads[known]] = folded[known]
    kept = np.ones(len(content), np.bool_)
    kept[heads[folded == _DROPPED]] = False
    kept[heads[known] + 1] = False
    kept[heads[known & three] + 2] = False
    places = np.zeros(len(content) + 1, np.int64)
    np.cumsum(kept, out=places[1:])
    return content[kept], places[offsets]


@dataclass(frozen=True)
class Rows:
    """Cleaned rows. mangled: scientific notation. viable: `phonenumbers` would look at their digits.

    plus: international, of those that are viable. bare: nothing but digits.
    """

    digits: Marks
    begins: Places
    ends: Places
    mangled: Flags
    viable: Flags
    plus: Flags
    bare: Flags


def read(content: Bytes, offsets: Places) -> Rows:
    """content: folded, padded."""
    digits = Marks((content - np.uint8(48)) < 10)
    begins, ends = _clean(content, offsets[:-1], offsets[1:], digits)
    lengths = ends - begins
    outside = Marks(~_GATE[content])
    passing = (lengths > 0) & (lengths <= LONGEST) & (outside.count(begins, ends) == 0)
    counts = digits.count(begins, ends)
    passing &= counts >= 2
    plus, orderly = _pluses(Marks(content == ord("+")), digits, begins, ends, passing)
    # two digits are a number only by themselves, three however they are written
    together = digits.last(ends) - digits.first(begins) == 1
    return Rows(
        digits=digits,
        begins=begins,
        ends=ends,
        mangled=_scientific(content, begins, ends, digits),
        viable=passing & orderly & ((counts > 2) | (together & ~plus)),
        plus=plus,
        bare=(counts == lengths) & (lengths > 0),
    )


def _clean(content: Bytes, begins: Places, ends: Places, digits: Marks) -> tuple[Places, Places]:
    """`number.clean` line by line, after the folding."""
    solid = Marks(content != ord(" "))
    begins, ends = _strip(solid, begins, ends)
    formula = (ends - begins >= len('=""')) & (content.take(begins) == ord("="))
    formula &= (content.take(begins + 1) == ord('"')) & (content.take(ends - 1) == ord('"'))
    begins = begins + 2 * formula
    ends = ends - formula
    begins = begins + ((content.take(begins) == ord("'")) & (ends > begins))
    begins, ends = _strip(solid, begins, ends)
    point = ends - 2
    whole = (ends - begins >= len("0.0")) & (content.take(point) == ord(".")) & (content.take(ends - 1) == ord("0"))
    first = begins + (content.take(begins) == ord("+"))
    whole &= (point > first) & (digits.count(first, np.maximum(point, 0)) == point - first)
    return begins, ends - 2 * whole


def _strip(solid: Marks, begins: Places, ends: Places) -> tuple[Places, Places]:
    left = np.minimum(solid.first(begins), ends)
    return left, np.where(left < ends, solid.last(ends) + 1, ends)


def _pluses(pluses: Marks, digits: Marks, begins: Places, ends: Places, passing: Flags) -> tuple[Flags, Flags]:
    """Which rows have a plus before their last digit, and in which that is in order: as one run before the first digit.

    What follows the last digit is cut off by libphonenumber, pluses too.
    """
    if not pluses.any:
        return np.zeros(len(begins), np.bool_), np.ones(len(begins), np.bool_)
    final = np.where(passing, digits.last(ends), begins)
    counts = pluses.count(begins, final)
    plus = counts > 0
    last = pluses.last(final)
    orderly = (last < digits.first(begins)) & (last - pluses.first(begins) == counts - 1)
    return plus, orderly | ~plus


def _scientific(content: Bytes, begins: Places, ends: Places, digits: Marks) -> Flags:
    """Digits, perhaps a point or comma and more of them, an E, and digits; signs before either."""
    letters = Marks((content | np.uint8(0x20)) == ord("e"))
    found = np.zeros(len(begins), np.bool_)
    rows = np.flatnonzero(letters.count(begins, ends) == 1) if letters.any else np.zeros(0, np.int64)
    if not len(rows):
        return found
    begins, ends = begins[rows], ends[rows]
    letter = letters.first(begins)
    first = begins + _signed(content, begins)
    points = Marks((content == ord(".")) | (content == ord(","))).count(first, letter)
    right = (points <= 1) & (digits.count(first, letter) + points == letter - first)
    right &= (digits.count(first, first + 1) == 1) & (digits.count(letter - 1, letter) == 1)
    power = letter + 1 + _signed(content, letter + 1)
    right &= (ends > power) & (digits.count(power, np.maximum(ends, power)) == ends - power)
    found[rows] = right
    return found


def _signed(content: Bytes, places: Places) -> Flags:
    found = content.take(places)
    return (found == ord("+")) | (found == ord("-"))
