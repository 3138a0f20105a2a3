"""Calendar decisions in Cairo, which skips a midnight in April and has one twice in October (CHARGING 3, 5)."""

from datetime import UTC, date, datetime

import pytest

from outbound.clock import day_start, local_day, month_before


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "starts"),
    [
        ("2026-01-15", "2026-01-14T22:00"),
        ("2026-04-24", "2026-04-23T22:00"),  # 00:00 is skipped: the day starts with 01:00
        ("2026-04-25", "2026-04-24T21:00"),
        ("2026-07-01", "2026-06-30T21:00"),
        ("2026-10-29", "2026-10-28T21:00"),
        ("2026-10-30", "2026-10-29T22:00"),  # 23:00-24:00 came twice, both on the 29th
    ],
)
def test_a_cairo_day_starts_at(day: str, starts: str) -> None:
    assert day_start(date.fromisoformat(day), "Africa/Cairo") == at(starts)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-04-23T21:59:59.999999", "2026-04-23"),
        ("2026-04-23T22:00", "2026-04-24"),
        ("2026-10-29T20:30", "2026-10-29"),
        ("2026-10-29T21:30", "2026-10-29"),
        ("2026-10-29T22:00", "2026-10-30"),
    ],
)
def test_an_instant_falls_on_a_cairo_day(instant: str, day: str) -> None:
    assert local_day(at(instant), "Africa/Cairo") == date.fromisoformat(day)


def test_every_day_of_forty_years_starts_when_the_one_before_ends() -> None:
    first = date(2000, 1, 1).toordinal()
    for ordinal in range(first, first + 40 * 365):
        day = date.fromordinal(ordinal)
        start = day_start(day, "Africa/Cairo")
        assert local_day(start, "Africa/Cairo") == day
        assert local_day(start.replace(microsecond=0) - start.resolution, "Africa/Cairo") < day


def test_the_month_before() -> None:
    assert month_before(at("2026-01-01T00:00")) == "2025-12"
    assert month_before(at("2026-03-31T23:59")) == "2026-02"
