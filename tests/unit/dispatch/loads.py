"""Parts of messages as they wait to be sent, made by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from dispatch.parts import Batch, Load


def batch(campaign: int = 1, priority: int = 100, rate: int | None = None) -> Batch:
    return Batch(1, 1, campaign, 1, 3, 1, datetime(2100, 1, 1, tzinfo=UTC), "NILE", "accepted", priority, 1e12, rate)


def load(msisdns: Sequence[int], segments: int = 1, of: Batch | None = None) -> Load:
    """So many segments to each of the numbers, in order."""
    count = len(msisdns) * segments
    places = np.repeat(np.arange(len(msisdns)), segments)
    return Load(
        batch=of or batch(),
        ordinals=places + 1,
        segments=np.tile(np.arange(segments) + 1, len(msisdns)),
        counts=np.full(count, segments),
        attempts=np.ones(count, np.int64),
        msisdns=np.array(msisdns)[places],
        networks=np.ones(count, np.int64),
        zones=np.full(count, b"EG"),
        short_messages=[b"part %d" % place for place in range(count)],
        esm_classes=np.zeros(count, np.uint8),
        data_codings=np.zeros(count, np.uint8),
    )
