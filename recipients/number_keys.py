"""The keys of written numbers (see `numbering.plan`), in two tiers: rows of nothing but digits, and all others."""

from typing import NamedTuple

import numpy as np

from recipients.number_digits import (
    LEAD,
    WORD,
    Bytes,
    all_digits,
    loads,
    marked,
    value,
    word,
)
from recipients.number_marks import Flags, Places
from recipients.number_rows import PADDING, Rows, fold, read
from recipients.numbering.plan import Space
from recipients.numbering.rules import LONGEST_KEY, SHORTEST, UNPARSABLE
from recipients.numbering.steps import ASK, Codes, Ints
from recipients.reason import Reason, code

MANGLED = code(Reason.NUMBER_MANGLED)

_TWO_WORDS = 2 * WORD
_EIGHT_MORE = np.uint64(10**WORD)
_PLUS = ord("+")


class Keys(NamedTuple):
    """keys: int64[n], nought where there is none. codes: int8[n], 0 where there is one, else the reason's, or ASK.

    bare: bool[n], whether there is nothing but digits after cleaning.
    """

    keys: Ints
    codes: Codes
    bare: Flags


def plain_keys(content: Bytes, offsets: Places) -> tuple[Ints, Flags]:
    """The keys of rows `+?[0-9]{2,16}`, and which rows those are; the key of others is nought.

    content: the rows' bytes between LEAD and PADDING others. offsets: int64[n + 1], where each row begins, and the end.
    """
    ends = offsets[1:]
    plus = content.take(offsets[:-1]) == _PLUS
    lengths = np.diff(offsets)
    lengths -= plus
    words = loads(content)
    held = np.minimum(lengths, _TWO_WORDS)
    held[lengths < 0] = 0
    last = word(words, ends, held, 0)
    before = word(words, ends, held, 1)
    plain = all_digits(last)
    plain &= all_digits(before)
    plain &= (lengths >= SHORTEST + plus) & (lengths <= _TWO_WORDS)
    total = value(before)
    total *= _EIGHT_MORE
    total += value(last)
    keys = marked(total.view(np.int64), held)
    if plus.any():
        keys[plus] += Space.PLUS
    keys *= plain
    return keys, plain


def other_keys(content: Bytes, offsets: Places) -> Keys:
    """The keys of rows however they are written. Arguments as of `plain_keys`."""
    content, offsets = fold(content, offsets)
    rows = read(content, offsets)
    counts = rows.digits.count(rows.begins, rows.ends)
    fits = counts <= LONGEST_KEY
    codes = np.where(rows.viable, np.where(fits, 0, ASK), UNPARSABLE).astype(np.int8)
    codes[rows.mangled] = MANGLED
    held = np.where(fits, counts, 0)
    keys = marked(_values(content, rows, held), held)
    keys[rows.plus] += Space.PLUS
    keys[codes != 0] = 0
    return Keys(keys, codes, rows.bare)


def _values(content: Bytes, rows: Rows, counts: Places) -> Ints:
    """The integers of all digits of each row, whatever stands between them."""
    digits = np.zeros(LEAD + rows.digits.before[-1], np.uint8)
    digits[LEAD:] = content[rows.digits.mask]
    ends = rows.digits.before.take(rows.ends) + LEAD
    words = loads(digits)
    total = value(word(words, ends, counts, 2)) if (counts > _TWO_WORDS).any() else np.zeros(len(ends), np.uint64)
    for which in (1, 0):
        total *= _EIGHT_MORE
        total += value(word(words, ends, counts, which))
    return total.view(np.int64)


def padded(content: Bytes) -> Bytes:
    """A copy with room before and behind, as the tiers want it."""
    room = np.zeros(LEAD + len(content) + PADDING, np.uint8)
    room[LEAD : LEAD + len(content)] = content
    return room
