"""When a campaign's messages may go: not before its schedule, within its daily window, spread over a time (INTAKE, Options).

Pure. What it decides stands on the campaign and its batches; dispatch keeps to it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from outbound.daily_window import DailyWindow

LARGEST = 5000  # messages of a batch
FINEST = timedelta(seconds=5)  # between two batches of a spread
MOST_STEPS = 1000  # of a spread: it is even to a thousandth of its time


@dataclass(frozen=True)
class Start:
    """at: the first instant at which something may go. opens_at, closes_at: the opening that it lies in."""

    at: datetime
    opens_at: datetime | None = None
    closes_at: datetime | None = None


class Cut(NamedTuple):
    """A batch to be made."""

    first_ordinal: int
    size: int
    not_before: datetime


def start(due: datetime, window: DailyWindow | None) -> Start:
    """due: when the campaign could go if its window were open."""
    if window is None:
        return Start(due)
    opens_at, closes_at = window.at(due)
    return Start(max(due, opens_at), opens_at, closes_at)


def cut(
    messages: int, begin: datetime, end: datetime | None, spread: timedelta | None, window: DailyWindow | None
) -> list[Cut]:
    """The batches of a campaign in file order. end: where the spread ends at the latest.

    A spread is even over what is open of its time: each step has as many messages, and as many open seconds, as the next.
    """
    if spread is None:
        return [Cut(first, size, begin) for first, size in _equal(messages, -(-messages // LARGEST), LARGEST)]
    last = begin + spread if end is None else min(begin + spread, end)
    spans = [(begin, last)] if window is None else window.within(begin, last)
    open_time = sum((until - since for since, until in spans), timedelta())
    steps = max(1, min(messages, MOST_STEPS, open_time // FINEST), -(-messages // LARGEST))
    return [
        Cut(first, size, _after(spans, open_time * n / steps))
        for n, (first, size) in enumerate(_equal(messages, steps))
    ]


def _equal(messages: int, parts: int, size: int | None = None) -> list[tuple[int, int]]:
    """(first ordinal, size) of each part: of this size but for the last one, else all as equal as can be."""
    edges = [n * size if size else n * messages // parts for n in range(parts)] + [messages]
    return [(low + 1, high - low) for low, high in pairwise(edges)]


def _after(spans: list[tuple[datetime, datetime]], open_time: timedelta) -> datetime:
    """The instant at which so much of the spans is over."""
    for since, until in spans:
        if open_time < until - since:
            return since + open_time
        open_time -= until - since
    return spans[-1][1]
