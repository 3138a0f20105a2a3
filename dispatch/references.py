"""The numbers that tie things together at the carrier: the parts of a message, and a receipt to its attempt."""

import zlib

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]

_REFERENCES = 1 << 16
_OF_CAMPAIGN, _OF_ORDINAL = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9  # odd, so that neighbours land far apart


def concatenation(campaign_id: int, ordinal: int) -> int:
    """The reference that the parts of a message share, 16 bits of which a header with eight has the low ones; the same on
    every attempt, so that a part that is sent again still joins the others on the handset."""
    return zlib.crc32(b"%d:%d" % (campaign_id, ordinal)) & 0xFFFF


def user_message_references(
    campaign_id: int, ordinals: Numbers, counts: Numbers, segments: Numbers, attempts: Numbers
) -> Numbers:
    """16 bits, another one for each part and each attempt of a message: the receipt of an attempt that was given up
    is not taken for its successor's. counts: of the segments of each message; always the same for the same input."""
    mixed = ordinals.astype(np.uint64) * np.uint64(_OF_ORDINAL)
    mixed += np.uint64(campaign_id * _OF_CAMPAIGN % (1 << 64))
    bases = (mixed >> np.uint64(48)).astype(np.int64)
    return (bases + (attempts.astype(np.int64) - 1) * counts + segments - 1) % _REFERENCES
