"""How long to wait before trying again: doubling, bounded, and never in step with others."""

import random


def delay(failures: int, *, first: float, longest: float) -> float:
    """Seconds before the next try after so many failures in a row, between a half and the whole of the doubled time."""
    whole = min(longest, first * 2.0 ** min(failures - 1, 30))
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def about(seconds: float) -> float:
    """So long, half of it more or less: workers that look at equal intervals would meet in the same order each time."""
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
