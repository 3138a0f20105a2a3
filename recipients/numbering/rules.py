"""libphonenumber's decision, step by step, on digits of which only the first are known.

Each function follows the one of `phonenumbers.phonenumberutil` that it names, and takes everything from the metadata
of the installed package; `Undecided` says that it takes one more digit to tell. What is written beside digits (plus,
spaces, brackets) is no matter here: that is settled before, and extensions do not pass the gate.
"""

import re
from typing import Any, NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from recipients.numbering.kind import INVALID, Parsed, fits, judge, metadata
from recipients.numbering.known import Known, Undecided
from recipients.numbering.pattern import parse
from recipients.numbering.prefix import Prefix, match_prefix
from recipients.reason import Reason, code

UNPARSABLE = code(Reason.NUMBER_UNPARSABLE)
SHORTEST = 2
LONGEST_NATIONAL = 17
LONGEST_KEY = 18
"""Of a number of more digits than these nothing is decided here: its key (see `plan`) would not fit an int64."""


class International(NamedTuple):
    """The digits after a region's prefix for calls abroad: they begin with the code of another country, or of none."""

    digits: Known


class Unknown(NamedTuple):
    """Not told here: only `phonenumbers` itself can."""


Outcome = int | Parsed | International | Unknown
"""int: a reason's code."""


def main_region(country: int) -> str:
    return str(COUNTRY_CODE_TO_REGION_CODE[country][0])


def split_country(digits: Known) -> Parsed | None:
    """`_extract_country_code`: the country that international digits begin with, or None where there is none."""
    for size in range(1, min(3, digits.length) + 1):
        rest = digits.without(size)
        head = digits.prefix[:size]
        if head.startswith("0"):
            return None
        if int(head) in COUNTRY_CODE_TO_REGION_CODE:
            return Parsed(int(head), rest)
    return None


def parse_international(digits: Known, country: int) -> Outcome:
    """`parse` after a plus, from where the country's code is cut off."""
    return _parse_national(Parsed(country, digits), metadata(main_region(country), country))


def parse_local(digits: Known, region: str, *, after_plus: bool = False) -> Outcome:
    """`parse` of digits without a plus; after_plus: its second try, where no country has the code after the plus.

    That one has to find a country in the number, abroad or its own; the region alone does not do.
    """
    local = metadata(region)
    abroad = _dialled_abroad(digits, local)
    if abroad is not None:
        return _international(abroad, local.country_code)
    inside = _without_own_country(digits, local)
    if inside is not None:
        main = main_region(local.country_code)
        return _parse_national(inside, local if main == region else metadata(main, local.country_code))
    return UNPARSABLE if after_plus else _parse_national(Parsed(local.country_code, digits), local)


def _dialled_abroad(digits: Known, local: Any) -> Known | None:
    """`_parse_prefix_as_idd`: what follows the prefix for calls abroad, None where there is no such prefix."""
    found = match_prefix(local.international_prefix, digits) if local.international_prefix is not None else None
    if found is None:
        return None
    rest = digits.without(found.end)
    return None if rest.starts("0") else rest


def _international(digits: Known, own: int) -> Outcome:
    """Numbers of the own country are followed up at once, for they are many; of others `International` is enough."""
    if digits.length <= SHORTEST:
        return UNPARSABLE
    if digits.starts(str(own)):
        return parse_international(digits.without(len(str(own))), own)
    return International(digits)


def _without_own_country(digits: Known, local: Any) -> Parsed | None:
    """The end of `_maybe_extract_country_code`: a number may begin with its country's code without a word of it."""
    own = str(local.country_code)
    if not digits.starts(own):
        return None
    rest = _strip_national_prefix(digits.without(len(own)), local)
    taken = _length(digits.length, local) == "long" or (
        not fits(digits, local.general_desc) and fits(rest, local.general_desc)
    )
    return Parsed(local.country_code, rest) if taken else None


def _parse_national(parsed: Parsed, facts: Any) -> Outcome:
    """The end of `parse`: the national prefix, and the bounds of length."""
    national = parsed.national
    if national.length < SHORTEST:
        return UNPARSABLE
    stripped = _strip_national_prefix(national, facts)
    if _length(stripped.length, facts) in ("long", "possible"):
        national = stripped
    if not SHORTEST <= national.length <= LONGEST_NATIONAL:
        return UNPARSABLE
    parsed = Parsed(parsed.country, national)
    if len(str(parsed.country)) + national.length > LONGEST_KEY:
        return INVALID if judge(parsed) == INVALID else Unknown()
    return parsed


def _length(length: int, facts: Any) -> str:
    """`_test_number_length` by the general description."""
    general = facts.general_desc
    if length in general.possible_length_local_only:
        return "local"
    if length < general.possible_length[0]:
        return "short"
    if length > general.possible_length[-1]:
        return "long"
    return "possible" if length in general.possible_length else "between"


def _strip_national_prefix(digits: Known, facts: Any) -> Known:
    """`_maybe_strip_national_prefix_carrier_code`."""
    pattern = facts.national_prefix_for_parsing
    if digits.length == 0 or not pattern:
        return digits
    found = match_prefix(pattern, digits)
    if found is None:
        return digits
    rule = facts.national_prefix_transform_rule
    if rule and parse(pattern).groups in found.captured:
        stripped = _transform(digits, found, rule)
    else:
        stripped = digits.without(found.end)
    return digits if _spoils(digits, stripped, facts.general_desc) else stripped


def _transform(digits: Known, found: Prefix, rule: str) -> Known:
    """What `re.sub` makes of the match by a rule such as `9\\1`, and what follows it."""
    tokens = re.findall(r"\\\d|\d+", rule)
    rest: Known | None = None
    made = ""
    for place, token in enumerate(tokens):
        if not token.startswith("\\"):
            made += token
        elif int(token[1:]) in found.captured:
            begin, end = found.captured[int(token[1:])]
            if end <= len(digits.prefix):
                made += digits.prefix[begin:end]
            elif end == found.end and place == len(tokens) - 1:
                rest = digits.without(begin)  # the group and what follows are one piece, known or not
            else:
                raise Undecided
    return (digits.without(found.end) if rest is None else rest).after(made)


def _spoils(before: Known, after: Known, general: Any) -> bool:
    """Whether stripping makes a number that fits one that does not. Either side may settle it alone."""
    fits_after = _fits_or_unknown(after, general)
    if fits_after:
        return False
    fits_before = _fits_or_unknown(before, general)
    if fits_before is None or (fits_before and fits_after is None):
        raise Undecided
    return fits_before


def _fits_or_unknown(digits: Known, description: Any) -> bool | None:
    try:
        return fits(digits, description)
    except Undecided:
        return None
