"""Instants are UTC; every calendar decision is taken in a named time zone (CHARGING 3)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    return datetime.now(UTC)


def local_day(instant: datetime, zone: str) -> date:
    """The calendar day that an instant falls on in a time zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def on_clock(instant: datetime, zone: str) -> datetime:
    """The same instant as the clocks of a time zone show it."""
    return instant.astimezone(ZoneInfo(zone))


def day_start(day: date, zone: str) -> datetime:
    """The instant at which a local day begins, in UTC.

    Where the clock skips midnight (Cairo, April's last Friday) the day begins at the skipped hour's instant, and
    where midnight comes twice it begins at the first: both follow from fold 0 (CHARGING 5).
    """
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def month_before(instant: datetime) -> str:
    """The calendar month before the one that an instant falls into, in UTC: "2026-10"."""
    return (instant.astimezone(UTC).replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
