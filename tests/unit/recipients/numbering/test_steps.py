"""Functions as intervals: tabulated, laid over each other and cut short they stay the same functions."""

import random

import numpy as np

from recipients.numbering import steps
from recipients.numbering.known import Known, Undecided
from recipients.numbering.steps import ASK, COUNTRY, GOTO, UNSET, Step, Steps, overlay, shortcut, tabulate

TOP = 200


def key(digits: Known) -> int:
    return int("1" + digits.prefix) * 10 ** (digits.length - len(digits.prefix))


def some(rng: random.Random, codes: tuple[int, ...]) -> Steps:
    """Steps over 0..TOP: a number's lead far below, those that lead on lead somewhere higher, and never beyond."""
    starts = [0, *sorted(rng.sample(range(1, TOP), rng.randint(0, 12)))]
    chosen: list[tuple[int, int]] = []
    for end in [*starts[1:], TOP]:
        code = rng.choice(codes)
        if code == GOTO:
            chosen.append((GOTO, rng.randint(1, TOP - end)) if end < TOP else (5, 0))
        else:
            chosen.append((code, -rng.randint(1000, 1010) if code == 0 else 0))
    return Steps(
        np.array(starts), np.array([code for code, _ in chosen], np.int8), np.array([delta for _, delta in chosen])
    )


def at(found: Steps, number: int) -> tuple[int, int]:
    place = found.find(np.array([number]))[0]
    return int(found.codes[place]), int(found.deltas[place])


def walked(found: Steps, number: int) -> tuple[int, int]:
    """Where a key's way ends: the code, and the result."""
    code, delta = at(found, number)
    return walked(found, number + delta) if code == GOTO else (code, number + delta)


def test_a_rule_on_digits_is_tabulated_exactly():
    rule = {"12": 7, "120": 0, "345": 6}

    def decide(digits: Known) -> Step:
        for prefix in sorted(rule, key=len, reverse=True):
            if digits.starts(prefix):
                return Step(rule[prefix], key(digits) + 10_000)
        return Step(5)

    table = tabulate(decide, key, [Known("", 4)])

    assert len(table.starts) == 7, "as many as there are changes, and the end"
    for number in range(10_000):
        text = f"{number:04d}"
        code = next((rule[text[:size]] for size in (3, 2) if text[:size] in rule), 5)
        assert at(table, 10_000 + number) == (code, 0 if code == 5 else 10_000)
    assert at(table, 20_000) == (UNSET, 0)


def test_a_rule_that_needs_too_many_prefixes_is_left_to_be_asked(monkeypatch):
    monkeypatch.setattr(steps, "WIDEST", 100)

    def decide(digits: Known) -> Step:
        if len(digits.prefix) < 3 and not digits.prefix.startswith("7"):
            raise Undecided
        return Step(5)

    table = tabulate(decide, key, [Known("", 4)])

    assert at(table, 17_000) == (5, 0)
    assert at(table, 13_000) == (ASK, 0)


def test_what_lies_above_counts_and_what_lies_below_shines_through():
    rng = random.Random(random.randrange(1 << 40))
    for _ in range(50):
        below, above = some(rng, (0, 5, 6)), some(rng, (UNSET, UNSET, 7))
        both = overlay(below, above)
        for number in range(TOP):
            upper = at(above, number)
            assert at(both, number) == (at(below, number) if upper[0] == UNSET else upper), (below, above)


def test_a_shortcut_leads_where_the_long_way_led():
    rng = random.Random(random.randrange(1 << 40))
    for _ in range(200):
        long = some(rng, (GOTO, GOTO, 0, 5, COUNTRY, UNSET))
        short = shortcut(long)
        for number in range(TOP):
            code, result = walked(long, number)
            other, found = walked(short, number)
            assert other == code, (long, number)
            assert found == result or code == 5, (long, number)  # where there is no number no delta counts


def test_a_shortcut_saves_the_way_but_where_its_end_is_still_open():
    long = Steps(
        np.array([0, 10, 20, 30, 40]), np.array([GOTO, GOTO, 0, GOTO, COUNTRY], np.int8), np.array([10, 10, -7, 10, 0])
    )

    short = shortcut(long)

    assert [at(short, number) for number in (5, 15, 25, 35)] == [(0, 13), (0, 3), (0, -7), (GOTO, 10)]
