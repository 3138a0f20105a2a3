"""INTAKE, Options: a manifest over the account's defaults; times as the account's clocks show them."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.options import WrongDefaults, combine, duration, instant, parse_manifest
from ingest.refusal import Unusable


def test_the_manifest_wins_over_the_defaults():
    chosen = combine({"sender": "B", "class": "promotional"}, {"sender": "A", "max_segments": 4, "zones": ["EG"]})

    assert (chosen.sender, chosen.klass, chosen.max_segments, chosen.validity) == ("B", "promotional", 4, "24h")


@pytest.mark.parametrize(
    "manifest",
    [
        {"sendr": "A"}, {"class": "other"}, {"validity": "96h"}, {"validity": "0h"}, {"schedule": "soon"}, {"rows": -1},
        {"encoding": "klingon"}, {"encoding": "base64"}, {"delimiter": "x"}, {"sha256": "abc"}, {"max_segments": 0},
        {"daily_window": "morning"}, {"daily_window": "09:00-09:00"}, {"spread": "32d"}, {"spread": "0m"},
        {"rate": 0}, {"rate": "fast"}, {"schedule": "0001-01-01T00:00"}, {"end": "9999-12-31T23:59-12:00"},
        {"encoding": "unicode_escape"}, {"encoding": "idna"},
    ],
)  # fmt: skip
def test_a_wrong_option_is_named(manifest):
    with pytest.raises(Unusable, match=f"MANIFEST_INVALID.*{next(iter(manifest))}"):
        combine(manifest, {})


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({"sendr": "A"}, "sendr: there is no such key"),
        ({"daily_window": "09:00-09:00"}, "daily_window: opens and closes at the same time of day"),
    ],
)
def test_it_is_said_in_the_sender_s_words(manifest, said):
    with pytest.raises(Unusable) as refusal:
        combine(manifest, {})
    assert refusal.value.detail == said


def test_wrong_defaults_are_the_operators_to_mend():
    with pytest.raises(WrongDefaults, match="max_segments"):
        combine(None, {"max_segments": "many"})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"a": NaN}',
        b'{"template": "\\ud800"}',
        b'{"template": "a\\u0000"}',
        b"\xff\xfe",
        b"[" * 99999,
    ],
)
def test_a_manifest_that_cannot_be_kept_is_invalid(content):
    with pytest.raises(Unusable, match="MANIFEST_INVALID"):
        parse_manifest(content)


def test_durations():
    assert (duration("90m"), duration("24h"), duration("3d")) == (
        timedelta(minutes=90), timedelta(hours=24), timedelta(days=3),
    )  # fmt: skip


def test_a_time_without_offset_is_the_accounts():
    assert instant("2026-01-15T10:00", "Africa/Cairo") == datetime(2026, 1, 15, 8, tzinfo=UTC)
    assert instant("2026-01-15T10:00+00:00", "Africa/Cairo") == datetime(2026, 1, 15, 10, tzinfo=UTC)


def test_a_local_time_that_the_clock_skips_is_the_next_that_exists():
    """Cairo skips 00:00 to 01:00 on 24 April 2026."""
    begins = datetime(2026, 4, 23, 22, tzinfo=UTC)

    assert instant("2026-04-24T00:30", "Africa/Cairo") == begins
    assert instant("2026-04-24T00:00", "Africa/Cairo") == begins
    assert instant("2026-04-24T01:00", "Africa/Cairo") == begins
