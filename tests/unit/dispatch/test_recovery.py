"""What a dead worker's attempts became: answered, never written, or in doubt; and nothing else."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dispatch.journal import Ending, Remains
from dispatch.recovery import OpenAttempt, ends
from dispatch.rows import SUBMISSION_COLUMNS

INTENDED = datetime(2026, 3, 1, tzinfo=UTC)
SENT = int(INTENDED.timestamp()) * 1_000_000 + 250_000


def attempt(place: int, line: int = 0, answers: dict[str, str] | None = None) -> OpenAttempt:
    return OpenAttempt(1, 1, 1, 1, "auto", answers or {}, line, place, place, 1, 1, 1, INTENDED, 1, "EG")


def states(places, remains):
    rows = [dict(zip(SUBMISSION_COLUMNS, row, strict=True)) for row in ends(5, list(map(attempt, places)), remains)]
    assert [row["sequence"] for row in rows] == list(places)
    return [row["state"] for row in rows], rows


def test_with_the_journal_only_what_was_written_and_not_answered_is_in_doubt():
    endings = {
        (0, 1): Ending(0, b"00A1", SENT, SENT + 1_000_000),
        (0, 2): Ending(0x58, b"", SENT, SENT + 1_000_000),
        (0, 3): Ending(0x0B, b"", SENT, SENT + 1_000_000),
        (0, 4): Ending(None, b"", 0, 0),
    }
    found, rows = states(range(1, 8), Remains("boot", 5, {0: 5}, endings))
    assert found == ["accepted", "rejected", "rejected", "not_sent", "in_doubt", "not_sent", "not_sent"]
    assert [row["transient"] for row in rows] == [False, True, False, False, False, False, False]
    assert (rows[0]["carrier_message_id"], rows[0]["command_status"]) == ("a1", 0)
    assert rows[0]["sent_at"] == INTENDED + timedelta(seconds=0.25)
    assert rows[4]["sent_at"] == INTENDED


def test_a_wrong_clock_s_instants_are_the_database_s():
    remains = Remains("boot", 5, {0: 1}, {(0, 1): Ending(0, b"1", SENT - 10**14, SENT - 10**14 + 2_000_000)})
    _, (row,) = states([1], remains)
    assert (row["sent_at"], row["answered_at"]) == (INTENDED, INTENDED + timedelta(seconds=2))


def test_an_answer_means_what_the_connector_says():
    remains = Remains("boot", 5, {0: 1}, {(0, 1): Ending(0x08, b"", SENT, SENT + 1_000_000)})
    for answers, state, transient in (({}, "rejected", True), ({"0x00000008": "in_doubt"}, "in_doubt", False)):
        (row,) = ends(5, [attempt(1, answers=answers)], remains)
        named = dict(zip(SUBMISSION_COLUMNS, row, strict=True))
        assert (named["state"], named["transient"]) == (state, transient)


def test_without_the_journal_everything_is_in_doubt():
    assert states([1, 2], None)[0] == ["in_doubt", "in_doubt"]


def test_a_line_that_never_wrote_has_no_mark():
    assert states([1], Remains("boot", 5, {3: 9}, {}))[0] == ["not_sent"]


@given(
    written=st.integers(0, 60),
    answered=st.sets(st.integers(1, 60)),
    refused=st.sets(st.integers(1, 60)),
)
def test_an_attempt_that_was_written_is_never_taken_for_not_sent(written, answered, refused):
    """Whatever is answered or given back in whatever order, up to the moment of death."""
    endings = {(0, place): Ending(None, b"", 0, 0) for place in refused}
    really_written = {place for place in range(1, written + 1) if place not in refused}
    endings |= {(0, place): Ending(0, b"1", 0, 0) for place in answered & really_written}
    found = dict(zip(range(1, 61), states(range(1, 61), Remains("b", 5, {0: written}, endings))[0], strict=True))
    for place, state in found.items():
        if place in really_written:
            assert state == ("accepted" if place in answered else "in_doubt")
        else:
            assert state == "not_sent"
