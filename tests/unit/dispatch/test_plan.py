"""What of a batch is to be sent: from what was tried, what is open, and what became of the campaign."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dispatch import plan
from dispatch.parts import Batch
from dispatch.plan import Attempt, Open
from dispatch.recipients import Recipients, SegmentsDiffer
from dispatch.routes import NO_ROUTE, NOT_NOW
from smpp.wire import Joined, Wire

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG = "two segments " * 15
CONNECTOR = 9


def batch(state: str = "accepted", expires_in: float = 3600) -> Batch:
    return Batch(1, 1, 77, 1, 10, 5, NOW + timedelta(seconds=expires_in), "NILE", state, 100, 1e9)


def recipients(*messages: tuple[str, int]) -> Recipients:
    """(text, segments) of each, in order from ordinal 1 on."""
    count = len(messages)
    ordinals = np.arange(count) + 1
    return Recipients(
        ordinals, 201001000000 + ordinals, np.array([segments for _, segments in messages]), np.ones(count, np.int64),
        np.full(count, b"EG"), np.zeros(count, bool), [text.encode() for text, _ in messages],
    )  # fmt: skip


DEFAULT = Wire()


@dataclass
class To:
    """One connector for everything, which can be used or not."""

    connector: int
    usable: bool = True
    settings: Wire = DEFAULT

    def route(self, msisdns, networks):
        return np.full(len(msisdns), self.connector)

    def can_use(self, connector):
        return self.usable

    def wire(self, connector):
        return self.settings


def make(
    *attempts, running=(), state="accepted", expires_in=3600.0, route=CONNECTOR, of=None, usable=True, wire=DEFAULT
):
    """attempts: (ordinal, segment, attempt, state, transient[, connector])."""
    return plan.make(
        batch(state, expires_in), of or recipients((LONG, 2)),
        [Attempt(*one, *([CONNECTOR] if len(one) == 5 else [])) for one in attempts],
        [Open(*one) for one in running], To(route, usable, wire), NOW,
    )  # fmt: skip


def planned(found) -> list[tuple[int, int, int]]:
    """(ordinal, segment, attempt), in order."""
    return [
        part
        for _, load in found.loads
        for part in zip(load.ordinals.tolist(), load.segments.tolist(), load.attempts.tolist(), strict=True)
    ]


def test_what_was_never_tried_is_sent_in_order():
    found = make(of=recipients((LONG, 2), ("short", 1)))
    assert planned(found) == [(1, 1, 1), (1, 2, 1), (2, 1, 1)]
    assert ([connector for connector, _ in found.loads], found.waits, dict(found.stops)) == ([CONNECTOR], False, {})


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


def test_a_message_of_which_another_worker_has_a_part_open_waits():
    found = make(running=[(1, 1, 1)], of=recipients((LONG, 2), ("short", 1)))
    assert (planned(found), found.waits) == ([(2, 1, 1)], True)


def test_the_parts_of_a_message_keep_their_carrier_once_it_may_have_one():
    for state, transient, stays in [("accepted", False, True), ("in_doubt", False, True), ("not_sent", False, False),
                                    ("rejected", True, False)]:  # fmt: skip
        found = make((1, 1, 1, state, transient, 4))
        assert [connector for connector, _ in found.loads] == [4 if stays else CONNECTOR]


def test_what_no_connector_can_take_now_waits():
    for attempts in ([], [(1, 1, 1, "not_sent", False)]):
        found = make(*attempts, route=NOT_NOW)
        assert (planned(found), dict(found.stops), found.blocked) == ([], {}, 1)


def test_retries_and_first_attempts_are_sent_in_the_order_of_the_file():
    found = make((2, 1, 1, "not_sent", False), of=recipients(("one", 1), ("two", 1), ("three", 1)))
    assert planned(found) == [(1, 1, 1), (2, 1, 2), (3, 1, 1)]
    assert [body for _, load in found.loads for body in load.short_messages] == [b"one", b"two", b"three"]


def test_a_rejected_part_ends_its_message():
    assert dict(make((1, 1, 1, "rejected", False)).stops) == {"part_rejected": [1]}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"state": "cancelled"}, "cancelled"), ({"expires_in": 0}, "expired"), ({"route": NO_ROUTE}, "no_route")],
)
@pytest.mark.parametrize("attempts", [[], [(1, 1, 1, "not_sent", False)]])
def test_messages_are_given_up_for_a_reason(changes, reason, attempts):
    found = make(*attempts, **changes)
    assert (planned(found), dict(found.stops)) == ([], {reason: [1]})


@pytest.mark.parametrize("unclear", [{"running": [(1, 1, 1)]}, {}])
def test_nothing_is_given_up_while_an_end_is_not_known(unclear):
    attempts = [] if unclear else [(1, 1, 1, "in_doubt", False)]
    found = make(*attempts, state="cancelled", **unclear)
    assert (planned(found), dict(found.stops)) == ([], {})


def test_a_text_that_makes_other_segments_than_were_accepted_is_not_sent():
    with pytest.raises(SegmentsDiffer, match="accepted as 3 segments of gsm, its text makes 2 of gsm"):
        make(of=recipients((LONG, 3)))


def test_parts_go_out_as_their_carrier_wants_them_also_one_by_one():
    for attempts, segments in ([], (1, 2)), ([(1, 1, 1, "accepted", False)], (2,)):
        found = make(*attempts, wire=Wire(joined=Joined.SAR, gsm=1))
        ((_, load),) = found.loads
        assert load.data_codings.tolist() == [1] * len(segments)
        assert load.esm_classes.tolist() == [0] * len(segments)
        assert [tlv[-1] for tlv in load.tlvs] == list(segments)  # sar_segment_seqnum


def test_the_parts_join_whenever_they_are_sent():
    first = make()
    again = make((1, 1, 1, "accepted", False), (1, 2, 1, "not_sent", False))
    headers = [body[:6] for found in (first, again) for _, load in found.loads for body in load.short_messages]
    assert headers[0][:4] == headers[1][:4] == headers[2][:4]
    assert headers[1] == headers[2]


def test_what_cannot_go_now_waits_and_is_not_given_up():
    found = make((1, 1, 1, "not_sent", False), of=recipients(("a", 1), ("b", 1)), route=NOT_NOW)
    assert (found.blocked, found.size, dict(found.stops)) == (2, 0, {})


def test_a_message_that_a_carrier_has_a_part_of_waits_for_that_one():
    """Its other part goes to the same carrier, or nowhere for now; one that no carrier has may go elsewhere."""
    attempts = (1, 1, 1, "accepted", False, 5), (1, 2, 1, "rejected", True, 5), (2, 1, 1, "rejected", True, 5)
    of = recipients((LONG, 2), ("short", 1))
    elsewhere = make(*attempts, of=of, route=6)
    assert [(connector, load.ordinals.tolist()) for connector, load in elsewhere.loads] == [(5, [1]), (6, [2])]
    assert make(*attempts, of=of, route=6, usable=False).blocked == 2
    assert make(*attempts, of=of, route=NO_ROUTE).stops == {"no_route": [2]}


def test_only_messages_that_may_go_anywhere_are_routed():
    """So that weights are kept to among them."""
    asked = []

    class Asking(To):
        def route(self, msisdns, networks):
            asked.extend(msisdns.tolist())
            return super().route(msisdns, networks)

    attempts = [Attempt(1, 1, 1, "accepted", False, 5), Attempt(2, 1, 1, "not_sent", False, 5)]
    plan.make(batch(), recipients((LONG, 2), ("b", 1), ("c", 1)), attempts, [], Asking(CONNECTOR), NOW)
    assert asked == [201001000002, 201001000003]
