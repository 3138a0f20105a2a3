"""The metadata's patterns say of digits, known in part or in full, what `re` says of them."""

import random
import re

import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from recipients.numbering.automaton import whole
from recipients.numbering.kind import OTHER_KINDS, metadata
from recipients.numbering.known import Known, Undecided
from recipients.numbering.pattern import UnknownSyntax, parse
from recipients.numbering.prefix import match_prefix

ALL = [metadata(region, code) for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() for region in regions]
DESCRIPTIONS = sorted(
    {
        description.national_number_pattern
        for facts in ALL
        for description in (getattr(facts, kind) for kind in ("general_desc", "mobile", "fixed_line", *OTHER_KINDS))
        if description is not None and description.national_number_pattern
    }
    | {facts.leading_digits for facts in ALL if facts.leading_digits}
)
PREFIXES = sorted(
    {facts.national_prefix_for_parsing for facts in ALL if facts.national_prefix_for_parsing}
    | {facts.international_prefix for facts in ALL if facts.international_prefix}
)


def digits(rng: random.Random, length: int) -> str:
    return "".join(rng.choices("0123456789", k=length))


def likely(rng: random.Random, pattern: str) -> str:
    """Digits that begin like something in the pattern, so that matches are no rarity."""
    begin = rng.choice(re.findall(r"\d+", re.sub(r"\{.*?\}|\\d", "", pattern)) or [""])
    return (begin + digits(rng, 12))[: rng.randint(0, 14)]


def found_by_re(pattern: str, text: str) -> tuple[int, dict[int, tuple[int, int]]] | None:
    match = re.match(pattern, text)
    if match is None:
        return None
    spans = {group: match.span(group) for group in range(1, re.compile(pattern).groups + 1) if match[group] is not None}
    return match.end(), spans


def test_known_digits_match_as_with_re():
    rng = random.Random(random.randrange(1 << 40))
    for pattern in PREFIXES:
        for text in (likely(rng, pattern) for _ in range(40)):
            assert match_prefix(pattern, Known(text, len(text))) == found_by_re(pattern, text), (pattern, text)
    for pattern in DESCRIPTIONS:
        for text in (likely(rng, pattern) for _ in range(10)):
            known = Known(text, len(text))
            assert whole(pattern).matches(known) == bool(re.fullmatch(pattern, text)), (pattern, text)
            assert whole(pattern, prefix=True).matches(known) == bool(re.match(pattern, text)), (pattern, text)


def test_what_is_said_of_some_digits_holds_for_all_that_follow():
    rng = random.Random(random.randrange(1 << 40))
    told = 0
    for pattern in rng.sample(DESCRIPTIONS, 100) + PREFIXES:
        for _ in range(20):
            prefix = likely(rng, pattern)
            known = Known(prefix, len(prefix) + rng.randint(0, 6))
            try:
                matches = whole(pattern).matches(known) if pattern in DESCRIPTIONS else match_prefix(pattern, known)
            except Undecided:
                continue
            told += 1
            for _ in range(5):
                text = prefix + digits(rng, known.length - len(prefix))
                expected = bool(re.fullmatch(pattern, text)) if pattern in DESCRIPTIONS else found_by_re(pattern, text)
                assert matches == expected, (pattern, known, text)
    assert told > 500


def test_an_answer_that_needs_another_digit_is_not_guessed():
    with pytest.raises(Undecided):
        whole(r"1[0-5]\d{8}").matches(Known("1", 10))
    with pytest.raises(Undecided):
        match_prefix("0[02]|0", Known("0", 9))
    assert whole(r"1[0-5]\d{8}").matches(Known("10", 10))
    assert not whole(r"1[0-5]\d{8}").matches(Known("1", 9))


@pytest.mark.parametrize("pattern", ["1(?!2)", "1*", "a", "1.", "(?P<x>1)", "^1", r"\D"])
def test_a_pattern_of_another_kind_is_refused(pattern):
    with pytest.raises(UnknownSyntax):
        parse(pattern)
