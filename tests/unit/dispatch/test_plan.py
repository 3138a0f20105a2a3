"""What of a batch is to be sent: from what was tried, what is open, and what became of the campaign."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch import plan
from dispatch.parts import Batch
from dispatch.plan import Attempt, Open, Recipient, SegmentsDiffer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG = "two segments " * 15
CONNECTOR = 9


def batch(state: str = "accepted", expires_in: float = 3600) -> Batch:
    return Batch(1, 1, 77, 1, 10, 5, NOW + timedelta(seconds=expires_in), "NILE", state, 1e9)


def recipient(ordinal: int = 1, text: str = LONG, segments: int = 2) -> Recipient:
    return Recipient(ordinal, 201001000000 + ordinal, text, "gsm", segments, 1, "EG")


def make(*attempts, running=(), state="accepted", expires_in=3600.0, route=lambda _: CONNECTOR, of=None):
    return plan.make(
        batch(state, expires_in), of or [recipient()], [Attempt(*one) for one in attempts],
        [Open(*one) for one in running], route, NOW,
    )  # fmt: skip


def planned(found) -> list[tuple[int, int, int]]:
    """(ordinal, segment, attempt), in order."""
    return [(part.message.ordinal, part.segment, part.attempt) for parts in found.parts.values() for part in parts]


def test_what_was_never_tried_is_sent_in_order():
    found = make(of=[recipient(1), recipient(2, "short", 1)])
    assert planned(found) == [(1, 1, 1), (1, 2, 1), (2, 1, 1)]
    assert (list(found.parts), found.waits, dict(found.stops)) == ([CONNECTOR], False, {})


@pytest.mark.parametrize(
    ("state", "transient", "again"),
    [
        ("accepted", False, False),
        ("in_doubt", False, False),
        ("unknown", False, False),
        ("not_sent", False, True),
        ("rejected", True, True),
    ],
)
def test_only_what_was_surely_not_accepted_is_sent_again(state, transient, again):
    found = make((1, 1, 3, state, transient), (1, 2, 1, "accepted", False))
    assert planned(found) == ([(1, 1, 4)] if again else [])


def test_an_accepted_attempt_counts_whatever_other_attempts_say():
    assert planned(make((1, 1, 1, "accepted", False), (1, 1, 2, "not_sent", False), (1, 2, 1, "accepted", False))) == []


def test_what_another_worker_has_open_is_waited_for():
    found = make(running=[(1, 1, 1)])
    assert (planned(found), found.waits) == ([(1, 2, 1)], True)


def test_a_rejected_part_ends_its_message():
    assert dict(make((1, 1, 1, "rejected", False)).stops) == {"part_rejected": [1]}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"state": "cancelled"}, "cancelled"), ({"expires_in": 0}, "expired"), ({"route": lambda _: None}, "no_route")],
)
def test_messages_are_given_up_for_a_reason(changes, reason):
    found = make((1, 1, 1, "accepted", False), **changes)
    assert (planned(found), dict(found.stops)) == ([], {reason: [1]})


@pytest.mark.parametrize("unclear", [{"running": [(1, 1, 1)]}, {}])
def test_nothing_is_given_up_while_an_end_is_not_known(unclear):
    attempts = [] if unclear else [(1, 1, 1, "in_doubt", False)]
    found = make(*attempts, state="cancelled", **unclear)
    assert (planned(found), dict(found.stops)) == ([], {})


def test_a_text_that_makes_other_segments_than_were_accepted_is_not_sent():
    with pytest.raises(SegmentsDiffer, match="accepted as 3 segments of gsm, its text makes 2 of gsm"):
        make(of=[recipient(segments=3)])


def test_the_parts_join_whenever_they_are_sent():
    first = make()
    again = make((1, 1, 1, "accepted", False), (1, 2, 1, "not_sent", False))
    headers = [part.short_message[:6] for parts in (*first.parts.values(), *again.parts.values()) for part in parts]
    assert headers[0][:4] == headers[1][:4] == headers[2][:4]
    assert headers[1] == headers[2]
