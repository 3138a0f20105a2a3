"""The numbers that tie things together at the carrier: the parts of a message, and a receipt to its attempt."""

import zlib

_REFERENCES = 1 << 16


def concatenation(campaign_id: int, ordinal: int) -> int:
    """The 8-bit reference that the parts of a message share; the same on every attempt, so that a part that is
    sent again still joins the others on the handset."""
    return zlib.crc32(b"%d:%d" % (campaign_id, ordinal)) & 0xFF


def reference_base(campaign_id: int, ordinal: int) -> int:
    """Where a message's user_message_references begin."""
    return zlib.crc32(b"%d.%d" % (ordinal, campaign_id)) & 0xFFFF


def user_message_reference(base: int, segments: int, segment: int, attempt: int) -> int:
    """16 bits, another one for each part and each attempt of a message: the receipt of an attempt that was given up
    is not taken for its successor's."""
    return (base + (attempt - 1) * segments + segment - 1) % _REFERENCES
