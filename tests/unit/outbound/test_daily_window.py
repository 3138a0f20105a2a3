"""Daily windows against a clock that is watched minute by minute, also where the clocks change."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbound.daily_window import DailyWindow, NeverOpen, of_campaign, parse

MINUTE = timedelta(minutes=1)
# around the days on which these zones' clocks change: Cairo at midnight, Lord Howe by half an hour, Apia by a day
CHANGES = [
    ("Africa/Cairo", datetime(2026, 4, 23, 12, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2026, 10, 29, 12, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 28, 20, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 24, 20, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 12, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 29, 12, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(2026, 1, 1, tzinfo=UTC)),
]
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))
moments = st.builds(
    lambda place, minutes: (place[0], place[1] + minutes * MINUTE), st.sampled_from(CHANGES), st.integers(0, 1500)
)


def shows(instant, window):
    """The model: what a person says who looks at the wall clock."""
    clock = instant.astimezone(ZoneInfo(window.zone))
    return is_between(clock, window.opens, window.closes) and not any(is_between(clock, *span) for span in window.quiet)


def is_between(clock, since, until):
    minutes, since, until = (one.hour * 60 + one.minute for one in (clock, since, until))
    return since <= minutes < until if since < until else not until <= minutes < since


def watched(window, instant):
    """(opens at, closes at) by looking at the clock each minute."""
    at = instant
    if shows(at, window):
        while shows(at - MINUTE, window):
            at -= MINUTE
    else:
        while not shows(at, window):
            at += MINUTE
    end = at
    while shows(end, window):
        end += MINUTE
    return at, end


@given(times, times, moments)
def test_the_next_opening_is_the_one_that_the_clock_shows(opens, closes, moment):
    zone, instant = moment
    if opens == closes:
        return
    window = DailyWindow(opens, closes, zone)

    assert window.at(instant) == watched(window, instant)
    assert window.contains(instant) == shows(instant, window)


@given(times, times, moments, st.integers(1, 4000))
def test_what_is_open_within_a_time_adds_up_to_the_minutes_that_are(opens, closes, moment, minutes):
    zone, start = moment
    if opens == closes:
        return
    window = DailyWindow(opens, closes, zone)
    spans = window.within(start, start + minutes * MINUTE)

    open_minutes = {start + n * MINUTE for n in range(minutes) if shows(start + n * MINUTE, window)}
    assert {begin + n * MINUTE for begin, end in spans for n in range(int((end - begin) / MINUTE))} == open_minutes
    assert all(before[1] < after[0] for before, after in pairwise(spans))


spans = st.tuples(times, times).filter(lambda span: span[0] != span[1])


@given(times, times, st.lists(spans, min_size=1, max_size=3), moments)
def test_quiet_hours_leave_what_the_clock_shows_outside_them(opens, closes, quiet, moment):
    """INTAKE, quiet hours: also where they part the window; a window from one time to the same is all day."""
    zone, instant = moment
    try:
        window = DailyWindow(opens, closes, zone, tuple(quiet))
    except NeverOpen:
        day = datetime(2026, 1, 5, tzinfo=ZoneInfo(zone))
        minutes = [(day + n * MINUTE).time() for n in range(1440)]
        assert not any(
            is_between(clock, opens, closes) and not any(is_between(clock, *span) for span in quiet)
            for clock in minutes
        )
        return

    assert window.contains(instant) == shows(instant, window)
    shown = [(datetime(2026, 1, 5) + n * MINUTE).time() for n in range(1440)]
    open_minutes = {
        clock
        for clock in shown
        if is_between(clock, opens, closes) and not any(is_between(clock, *span) for span in quiet)
    }
    assert {clock for clock in shown if any(is_between(clock, *span) for span in window.spans())} == open_minutes
    if len(open_minutes) >= 120:  # on the day of a change a shorter one may not open at all
        assert window.at(instant) == watched(window, instant)


def test_what_a_daily_window_and_quiet_hours_leave_is_written_as_people_do():
    window = of_campaign(time(9), time(23), ["21:00-10:00", "13:00-15:30"], "Africa/Cairo")

    assert window.written() == ["10:00-13:00", "15:30-21:00"]
    assert of_campaign(None, None, ["21:00-09:00"], "UTC").written() == ["09:00-21:00"]
    assert of_campaign(None, None, [], "UTC") is None
    assert of_campaign(time(20), time(2), ["00:30-09:00"], "UTC").written() == ["20:00-00:30"]
    assert of_campaign(time(18), time(0), [], "UTC").written() == ["18:00-24:00"]
    with pytest.raises(NeverOpen, match=r"the quiet hours 21:00-09:00 cover all of 22:00-24:00"):
        of_campaign(time(22), time(0), ["21:00-09:00"], "UTC")


def test_cairo_s_skipped_and_repeated_hours():
    """00:00 to 01:00 is skipped on 24 April 2026, 23:00 to 24:00 comes twice on 29 October."""
    morning = parse("00:30-02:00", "Africa/Cairo")
    evening = parse("22:00-23:30", "Africa/Cairo")

    assert morning.at(datetime(2026, 4, 23, 12, tzinfo=UTC)) == (
        datetime(2026, 4, 23, 22, tzinfo=UTC), datetime(2026, 4, 23, 23, tzinfo=UTC),
    )  # fmt: skip
    assert evening.within(datetime(2026, 10, 29, 12, tzinfo=UTC), datetime(2026, 10, 30, 12, tzinfo=UTC)) == [
        (datetime(2026, 10, 29, 19, tzinfo=UTC), datetime(2026, 10, 29, 20, 30, tzinfo=UTC)),
        (datetime(2026, 10, 29, 21, tzinfo=UTC), datetime(2026, 10, 29, 21, 30, tzinfo=UTC)),
    ]


@pytest.mark.parametrize("written", ["", "9-21", "09:00", "09:00-09:00", "25:00-26:00", "09:60-10:00", "24:30-25:00"])
def test_what_is_no_window_is_refused(written):
    with pytest.raises(ValueError, match=r"times? of day"):
        parse(written, "UTC")


def test_midnight_may_be_written_as_24_00():
    assert parse("18:00-24:00", "UTC") == DailyWindow(time(18), time(0), "UTC")
