"""The hours of a day in which something may be sent: pure calendar, true on the days that the clocks change.

An instant lies in the window when the local clock shows a time in it. So a window that begins in a skipped hour begins
when the clock goes on, and one that ends in a repeated hour closes, opens for what comes again, and closes again.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WRITTEN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
_DAY = timedelta(days=1)
_LOOK = 4  # days: no zone skips more than one


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """Local times of a zone: from `opens` on, `closes` not included. It crosses midnight where closes <= opens."""

    opens: time
    closes: time
    zone: str

    def contains(self, instant: datetime) -> bool:
        shown = instant.astimezone(ZoneInfo(self.zone)).time()
        if self.opens < self.closes:
            return self.opens <= shown < self.closes
        return shown >= self.opens or shown < self.closes

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
            for shown in (self.opens, self.closes)
            for fold in (0, 1)
        }
        return sorted(edges | {change for day in days for change in _changes(day, there)})


def parse(written: str, zone: str) -> DailyWindow:
    """ "09:00-21:00" or "20:00-02:00" (24:00 is midnight). ValueError says what is wrong with it."""
    found = _WRITTEN.fullmatch(written.strip())
    if not found:
        raise ValueError("not two times of day like 09:00-21:00")
    opens, closes = _time(found[1], found[2]), _time(found[3], found[4])
    if opens == closes:
        raise ValueError("opens and closes at the same time of day")
    return DailyWindow(opens, closes, zone)


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
