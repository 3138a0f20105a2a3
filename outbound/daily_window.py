"""The hours of a day in which something may be sent: pure calendar, true on the days that the clocks change.

An instant lies in the window when the local clock shows a time in it. So a window that begins in a skipped hour begins
when the clock goes on, and one that ends in a repeated hour closes, opens for what comes again, and closes again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WRITTEN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
_DAY = timedelta(days=1)
_LOOK = 4  # days: no zone skips more than one


Span = tuple[time, time]


class NeverOpen(ValueError):
    """The quiet hours cover the whole daily window."""


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """Local times of a zone: from `opens` on, `closes` not included. It crosses midnight where closes <= opens.

    quiet: spans of the day, written in the same way, in which it is closed none the less. They may part it into several
    openings a day; NeverOpen where they leave none.
    """

    opens: time
    closes: time
    zone: str
    quiet: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if not self.spans():
            raise NeverOpen(f"the quiet hours {_listed(self.quiet)} cover all of {written(self.opens, self.closes)}")

    def contains(self, instant: datetime) -> bool:
        return self._is_open(instant.astimezone(ZoneInfo(self.zone)).time())

    def _is_open(self, shown: time) -> bool:
        return _lies_in(shown, (self.opens, self.closes)) and not any(_lies_in(shown, span) for span in self.quiet)

    def spans(self) -> list[Span]:
        """What is open of a day on which no clock is changed, in the order of the day; the last may cross midnight."""
        edges = sorted(self._times())
        is_open = [self._is_open(edge) for edge in edges]
        opened = [edge for n, edge in enumerate(edges) if is_open[n] and not is_open[n - 1]]
        closed = [edge for n, edge in enumerate(edges) if is_open[n - 1] and not is_open[n]]
        if not opened:
            return [(self.opens, self.opens)] if all(is_open) else []
        if closed[0] <= opened[0]:
            closed.append(closed.pop(0))
        return list(zip(opened, closed, strict=True))

    def written(self) -> list[str]:
        """The spans as people write them: ["09:00-13:00", "16:00-21:00"]."""
        return [written(opens, closes) for opens, closes in self.spans()]

    def _times(self) -> set[time]:
        """The times of day at which it may open or close."""
        return {self.opens, self.closes, *(edge for span in self.quiet for edge in span)}

    def at(self, instant: datetime) -> tuple[datetime, datetime]:
        """(opens at, closes at), in UTC: the opening that the instant lies in, else the next one."""
        edges = self._edges(instant)
        opened: datetime | None = None
        for edge in edges:
            is_open = self.contains(edge)
            if is_open and opened is None:
                opened = edge
            elif not is_open and opened is not None:
                if edge > instant:
                    return opened, edge
                opened = None
        raise AssertionError("a window opens on each day")

    def within(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """What is open of the time from start to end, in order."""
        found = []
        at = start
        while at < end:
            opens, closes = self.at(at)
            if opens >= end:
                break
            found.append((max(opens, start), min(closes, end)))
            at = closes
        return found

    def _edges(self, instant: datetime) -> list[datetime]:
        """Every instant around this one at which the window may open or close, in order."""
        there = ZoneInfo(self.zone)
        today = instant.astimezone(there).date()
        days = [today + n * _DAY for n in range(-2, _LOOK)]
        edges = {
            datetime.combine(day, shown, there).replace(fold=fold).astimezone(UTC)
            for day in days
            for shown in self._times()
            for fold in (0, 1)
        }
        return sorted(edges | {change for day in days for change in _changes(day, there)})


def parse(text: str, zone: str) -> DailyWindow:
    """ "09:00-21:00" or "20:00-02:00" (24:00 is midnight). ValueError says what is wrong with it."""
    opens, closes = _span(text)
    return DailyWindow(opens, closes, zone)


def of_campaign(opens: time | None, closes: time | None, quiet_hours: Sequence[str], zone: str) -> DailyWindow | None:
    """What a daily window (None: none) and quiet hours, each like "21:00-09:00", leave; None is all day. Raises NeverOpen."""
    quiet = tuple(map(_span, quiet_hours))
    if opens is None or closes is None:
        return DailyWindow(time(), time(), zone, quiet) if quiet else None
    return DailyWindow(opens, closes, zone, quiet)


def written(opens: time, closes: time) -> str:
    """ "09:00-21:00"; midnight at the end is 24:00."""
    return f"{opens:%H:%M}-{'24:00' if closes == time() else f'{closes:%H:%M}'}"


def _span(text: str) -> Span:
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise ValueError("not two times of day like 09:00-21:00")
    opens, closes = _time(found[1], found[2]), _time(found[3], found[4])
    if opens == closes:
        raise ValueError("opens and closes at the same time of day")
    return opens, closes


def _listed(spans: Sequence[Span]) -> str:
    return ", ".join(written(opens, closes) for opens, closes in spans)


def _lies_in(shown: time, span: Span) -> bool:
    begins, ends = span
    if begins < ends:
        return begins <= shown < ends
    return shown >= begins or shown < ends


def _time(hours: str, minutes: str) -> time:
    if (int(hours), int(minutes)) == (24, 0):
        return time()
    try:
        return time(int(hours), int(minutes))
    except ValueError:
        raise ValueError(f"{hours}:{minutes} is no time of day") from None


def _changes(day: date, zone: ZoneInfo) -> list[datetime]:
    """The instants of a local day at which the clock is changed."""
    start = datetime.combine(day, time(), UTC) - _DAY / 2
    found = []
    for n in range(8):
        low, high = start + n * _DAY / 4, start + (n + 1) * _DAY / 4
        if low.astimezone(zone).utcoffset() == high.astimezone(zone).utcoffset():
            continue
        before = low.astimezone(zone).utcoffset()
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) // 2
            middle -= timedelta(microseconds=middle.microsecond)
            if middle.astimezone(zone).utcoffset() == before:
                low = middle
            else:
                high = middle
        found.append(high)
    return found
