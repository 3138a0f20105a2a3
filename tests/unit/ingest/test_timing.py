"""INTAKE, Options: schedule, daily window and spread, against a sender that looks at the clock each minute."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.timing import FINEST, LARGEST, MOST_STEPS, cut, start
from outbound.daily_window import DailyWindow

BEGIN = datetime(2026, 4, 22, 5, tzinfo=UTC)  # two days before Cairo's clocks change
MINUTE = timedelta(minutes=1)
windows = st.none() | st.builds(
    lambda opens, length: DailyWindow(time(opens // 60, opens % 60), time((opens + length) // 60 % 24, (opens + length) % 60), "Africa/Cairo"),
    st.integers(0, 1439), st.integers(10, 1400),
)  # fmt: skip


@given(st.integers(1, 60_000), windows, st.none() | st.integers(1, 5000), st.none() | st.integers(1, 9000))
def test_every_message_goes_once_in_order_evenly_and_only_while_it_may(messages, window, spread, end):
    begun = start(BEGIN, window)
    last = None if end is None else begun.at + end * MINUTE
    over = None if spread is None else spread * MINUTE
    cuts = cut(messages, begun.at, last, over, window)

    assert [found.first_ordinal for found in cuts] == [1 + sum(c.size for c in cuts[:n]) for n in range(len(cuts))]
    assert sum(found.size for found in cuts) == messages
    assert all(1 <= found.size <= LARGEST for found in cuts)
    assert cuts[0].not_before == begun.at >= BEGIN
    assert all(window is None or window.contains(found.not_before) for found in cuts)
    if over is None:
        assert {found.not_before for found in cuts} == {begun.at}
        return
    until = begun.at + over if last is None else min(begun.at + over, last)
    assert all(found.not_before < until for found in cuts)
    # after any minute of it as much is due as is over of its open time, but for a step
    open_minutes = [
        m for m in range(int((until - begun.at) / MINUTE)) if window is None or window.contains(begun.at + m * MINUTE)
    ]
    step = max(found.size for found in cuts)
    assert step <= max(messages / MOST_STEPS, messages * FINEST / (len(open_minutes) * MINUTE), 1) + 1
    for done, minute in list(enumerate(open_minutes, 1))[:: max(1, len(open_minutes) // 20)]:
        due = sum(found.size for found in cuts if found.not_before < begun.at + (minute + 1) * MINUTE)
        assert abs(due - messages * done / len(open_minutes)) <= step + 1


def test_a_campaign_that_comes_after_hours_begins_when_the_window_opens():
    window = DailyWindow(time(9), time(21), "Africa/Cairo")
    begun = start(datetime(2026, 1, 5, 20, tzinfo=UTC), window)

    assert (begun.at, begun.closes_at) == (datetime(2026, 1, 6, 7, tzinfo=UTC), datetime(2026, 1, 6, 19, tzinfo=UTC))
