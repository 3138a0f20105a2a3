"""The books are judged by what the carrier recorded: every way in which they can be wrong is found."""

from dataclasses import replace
from decimal import Decimal

import pytest

from local.carrier.witness import Accepted
from local.demo import judging
from local.demo.campaigns import Drop
from local.demo.facts import Facts
from local.demo.people import Base
from smpp.receipt import State

MEMBER, LEAVER, STRANGER = 201000000001, 201000000002, 201000000003
BASES = {
    name: Base(name, (MEMBER + 100 * n, LEAVER + 100 * n), frozenset({LEAVER + 100 * n}), (STRANGER,))
    for n, name in enumerate(("nile", "delta", "sahara"))
}
FACTS = Facts(logged=1, logged_once=1, unsettled=0, charged=1)


def accepted(to: int, text: str = "Hello", number: int = 1, source: str = "NILE") -> Accepted:
    return Accepted(number, "outbound", source, str(to), 0, 0, 1, number, number, 0.0, text.encode())


def test_one_text_to_a_member_and_one_number_of_segments_everywhere():
    assert judging.recipients([accepted(MEMBER)], [(MEMBER, "Hello")], BASES).holds
    assert judging.segments(1, FACTS).holds


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ([accepted(STRANGER)], "outside base 1"),
        ([accepted(LEAVER)], "opted out 1"),
        ([accepted(MEMBER + 100)], "outside base 1"),  # of another account
        ([accepted(MEMBER), accepted(MEMBER, number=2)], "sent twice 1"),
        ([accepted(MEMBER, "Hullo")], "wrong text 1"),
        ([], "missing 1"),
    ],
)
def test_what_is_wrong_with_the_recipients_is_said(new, said):
    finding = judging.recipients(new, [(MEMBER, "Hello")], BASES)
    assert not finding.holds
    assert said in finding.says


@pytest.mark.parametrize(
    "facts",
    [
        replace(FACTS, logged=2, logged_once=1),
        replace(FACTS, logged=2, logged_once=2),
        replace(FACTS, charged=0),
        replace(FACTS, unsettled=1),
    ],
)
def test_counts_that_differ_or_are_open_do_not_agree(facts):
    assert not judging.segments(1, facts).holds


def test_deferred_revenue_is_what_the_open_lots_are_worth():
    assert judging.deferred(replace(FACTS, deferred=Decimal("174.08"), lots_worth=Decimal("174.08"))).holds
    assert not judging.deferred(replace(FACTS, deferred=Decimal("174.08"), lots_worth=Decimal("174.07"))).holds


def test_an_answer_must_give_the_reasons_that_the_rows_were_made_with():
    drop = Drop(
        "nile", "campaign", "x.csv", b"", 3, sends=((MEMBER, "Hello"),), outcome="partial", refused={"unusable": 2}
    )
    ack = {"status": "partial", "accepted": 1, "reasons": {"NUMBER_INVALID": 1, "NOT_MOBILE": 1}}

    assert [one.holds for one in judging.answers({"x": drop}, {"x": ack})] == [True]
    wrong = ack | {"reasons": {"NUMBER_INVALID": 1, "NOT_IN_BASE": 1}}
    assert {one.says for one in judging.answers({"x": drop}, {"x": wrong})} == {
        "x: 1 unusable, not 2", "x: 1 NOT_IN_BASE, not 0",
    }  # fmt: skip
    assert not judging.answers({"x": drop}, {"x": ack | {"status": "held"}})[0].holds
    assert not judging.answers({"x": drop}, {})[0].holds


def test_a_handset_that_came_on_is_told_by_the_receipts():
    states = {1: [State.ENROUTE, State.DELIVERED], 2: [State.DELIVERED], 3: [State.ENROUTE]}
    new = [accepted(MEMBER + n, number=n) for n in (1, 2, 3)]
    assert judging.handsets_on(new, states) == 1


def test_a_kill_must_come_before_everything_is_sent():
    assert judging.killed(4711, 5_000, 31_575).holds
    assert not judging.killed(4711, 31_575, 31_575).holds
    assert not judging.killed(None, 31_575, 31_575).holds
