"""The checker finds what it is there to find."""

import json
from collections import Counter

import pytest

from tests.acceptance.crash import books
from tests.acceptance.crash.books import BooksDiffer, Taken
from tests.acceptance.crash.story import ARABIC, GSM, Mode, draw, parts_of

TEXT = GSM * 5  # two segments
ONE, TWO = ("NILEA", 201001000001, 1), ("NILEA", 201001000001, 2)
DUE = {ONE: TEXT, TWO: TEXT}
TOOK = Taken(Counter({ONE: 1, TWO: 1}), {ONE: TEXT[:153], TWO: TEXT[153:]})
NONE = Taken(Counter(), {})
PROGRESS = {"accepted": 2, "unknown": 0, "rejected": 0, "dropped": 0, "unsent": 0, "in_doubt": 0}
ACCEPTED = {ONE: "accepted", TWO: "accepted"}


def record(body: bytes, esm_class: int = 0, data_coding: int = 0) -> str:
    return json.dumps(
        {"source": "NILEA", "destination": "201001000001", "esm_class": esm_class, "data_coding": data_coding,
         "body": body.hex()}
    )  # fmt: skip


def test_the_record_is_read_part_by_part(tmp_path):
    lines = [
        record(b"\5\0\3\7\2\1abc", 0x40), record(b"\5\0\3\7\2\2def", 0x40), record(b"\5\0\3\7\2\2def", 0x40),
    ]  # fmt: skip
    (tmp_path / "w").write_text("\n".join(lines) + "\n")
    took = books.taken([tmp_path / "w", tmp_path / "none"])
    assert took.times == {ONE: 1, TWO: 2}
    assert took.texts == {ONE: "abc", TWO: "def"}


def test_books_that_agree():
    books.nobody_else_was_reached(TOOK, DUE)
    books.nothing_was_doubled(TOOK)
    books.texts_are_whole(TOOK, DUE)
    books.silenced_stay_silent(TOOK, {201001000001: {ONE, TWO}})
    books.nothing_was_lost(TOOK, ACCEPTED, PROGRESS, DUE)
    books.all_taken_is_known(TOOK, ACCEPTED)
    books.charges_are_what_was_taken(TOOK, Counter([ONE, TWO]))


@pytest.mark.parametrize(
    "broken",
    [
        lambda: books.nobody_else_was_reached(TOOK, {ONE: TEXT}),
        lambda: books.nothing_was_doubled(Taken(Counter({ONE: 2}), {})),
        lambda: books.texts_are_whole(Taken(TOOK.times, {ONE: TEXT[:153], TWO: TEXT[:153]}), DUE),
        lambda: books.silenced_stay_silent(TOOK, {201001000001: {ONE}}),
        lambda: books.nothing_was_lost(TOOK, {ONE: "accepted"}, PROGRESS, DUE),
        lambda: books.nothing_was_lost(TOOK, {**ACCEPTED, TWO: "rejected"}, PROGRESS, DUE),
        lambda: books.nothing_was_lost(TOOK, {**ACCEPTED, TWO: "in_doubt"}, PROGRESS, DUE),
        lambda: books.nothing_was_lost(NONE, ACCEPTED, PROGRESS, DUE),
        lambda: books.nothing_was_lost(TOOK, ACCEPTED, {**PROGRESS, "unsent": 1}, DUE),
        lambda: books.nothing_was_lost(TOOK, ACCEPTED, {**PROGRESS, "accepted": 1, "unknown": 1}, DUE),
        lambda: books.all_taken_is_known(TOOK, {**ACCEPTED, TWO: "unknown"}),
        lambda: books.charges_are_what_was_taken(TOOK, Counter([ONE])),
        lambda: books.charges_are_what_was_taken(TOOK, Counter([ONE, TWO, TWO])),
        lambda: books.charges_are_what_was_taken(NONE, Counter([ONE])),
    ],
)
def test_what_is_wrong_is_found(broken):
    with pytest.raises(BooksDiffer):
        broken()


def test_the_best_attempt_of_a_segment_counts():
    exported = (
        "account,campaign,line,msisdn,segment,attempt,state\n"
        "nile,7,2,201001000001,1,1,unknown\nnile,7,2,201001000001,1,2,accepted\nnile,7,2,201001000001,2,1,rejected\n"
    )
    assert books.states(exported, {7: "NILEA"}) == {ONE: "accepted", TWO: "rejected"}


def test_a_seed_is_a_story():
    assert draw("7", mode=Mode.MISSING) == draw("7", mode=Mode.MISSING) != draw("8", mode=Mode.MISSING)
    story = draw("7")
    reached = {number for _, number in story.expected()}
    assert reached == set(story.members) - story.opted_out
    assert all(set(campaign.texts) > reached for campaign in story.campaigns)  # strangers are written to as well


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), (ARABIC * 2, 1), (ARABIC[0] * 70, 1), (ARABIC[0] * 71, 2), (ARABIC[0] * 135, 3)],
)  # fmt: skip
def test_parts(text, parts):
    assert parts_of(text) == parts
