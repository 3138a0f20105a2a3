"""Digits in bytes to integers, eight at a time: a number's key from a few loads, without a look at single bytes.

A row's last eight bytes are one little-endian load, the eight before them another; what belongs to the row before is
masked away. Three multiplications make eight digits in a word an integer (pairs, fours, eights).
"""

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int32] | npt.NDArray[np.int64]

WORD = 8
LEAD = 3 * WORD
"""How many bytes have to stand before the first row, whatever they are: loads reach back over a row's beginning."""

_LITTLE = np.dtype("<u8")
_ZEROS = np.uint64(0x3030303030303030)
_POWERS = np.array([10**power for power in range(19)], np.int64)


def _mask(bytes_of_row: int) -> int:
    """Of a word, whose last bytes are the row's."""
    kept = min(max(bytes_of_row, 0), WORD)
    return ((1 << 64) - 1) ^ ((1 << (8 * (WORD - kept))) - 1)


_MASKS = np.array([[_mask(length - WORD * word) for length in range(3 * WORD + 1)] for word in range(3)], np.uint64)


def loads(content: Bytes) -> Words:
    """The word that begins at each byte; a view, not a copy."""
    return np.ndarray((max(len(content) - WORD + 1, 0),), _LITTLE, content, strides=(1,))


def word(words: Words, ends: Places, lengths: Places, which: int) -> Words:
    """Of rows that end before `ends` and are up to 24 bytes long, the last eight digits (which = 0), or those before.

    Each byte holds a digit's value, or something over nine where there was no digit; 0 where the row has no byte.
    """
    found = words.take(ends - WORD * (which + 1))
    found ^= _ZEROS
    found &= _MASKS[which].take(lengths)
    return found


def all_digits(found: Words) -> npt.NDArray[np.bool_]:
    """Whether every byte of a word from `word` is a digit's value."""
    high = found + np.uint64(0x0606060606060606)
    high |= found
    high &= np.uint64(0xF0F0F0F0F0F0F0F0)
    return high == 0


def value(found: Words) -> Words:
    """The eight digits as an integer. The word is used up."""
    pairs = found >> np.uint64(8)
    found *= np.uint64(10)
    found += pairs
    high = found >> np.uint64(16)
    high &= np.uint64(0x000000FF000000FF)
    high *= np.uint64(0x0000271000000001)
    found &= np.uint64(0x000000FF000000FF)
    found *= np.uint64(0x000F424000000064)
    found += high
    found >>= np.uint64(32)
    return found


def marked(values: npt.NDArray[np.int64], lengths: Places) -> npt.NDArray[np.int64]:
    """The keys of digits: a one in front keeps noughts and length. lengths: at most 18."""
    return values + _POWERS.take(lengths)
