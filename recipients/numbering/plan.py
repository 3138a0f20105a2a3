"""libphonenumber's verdicts as intervals of integers, compiled from the metadata of the installed package.

The key of digits is 10^length + digits: the one in front keeps noughts and length. What a number is depends on how it
was written and on how far it was read, so keys live in five spaces, one above the other in an int64; a number's way
leads from one to the next, docs/explanation/number-kernel.md has the picture:

    LOCAL    digits without a plus, dialled in the region
    RETRY    digits after a plus where no country has that code: phonenumbers then takes them as dialled
    ABROAD   what follows the region's prefix for calls abroad
    PLUS     digits after a plus, or after a prefix for calls abroad where a country has that code
    VERDICT  a parsed number, country and national number; its key is the msisdn itself

Most of the ways are cut short when the plan is made, so that one look-up answers.
"""

from collections.abc import Callable, Iterable
from enum import IntEnum

import numpy as np
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS

from outbound.errors import OutboundError
from recipients.numbering.kind import INVALID, Parsed, judge, metadata
from recipients.numbering.known import Known
from recipients.numbering.rules import (
    LONGEST_KEY,
    SHORTEST,
    UNPARSABLE,
    International,
    Outcome,
    Unknown,
    parse_international,
    parse_local,
    split_country,
)
from recipients.numbering.steps import ASK, COUNTRY, GOTO, UNSET, Ints, Step, Steps, overlay, shortcut, tabulate


class UnknownRegion(OutboundError):
    """A region that libphonenumber has no numbering plan of: which, and what one looks like."""


class Space(IntEnum):
    LOCAL = 0
    RETRY = 2 * 10**18
    ABROAD = 4 * 10**18
    PLUS = 6 * 10**18
    VERDICT = 8 * 10**18


def lowest(space: Space, digits: Known) -> int:
    """The key of the lowest number that begins so."""
    return space + _least(digits if space is Space.VERDICT else digits.after("1"))


def _least(digits: Known) -> int:
    return int(digits.prefix or "0") * 10 ** (digits.length - len(digits.prefix))


def world() -> Steps:
    """What holds for all regions and needs no country's rules: which digits after a plus are a country's."""
    everywhere = [Known("", length) for length in range(SHORTEST + 1, LONGEST_KEY + 1)]

    def abroad(digits: Known) -> Step:
        return Step(UNPARSABLE) if split_country(digits) is None else Step(GOTO, lowest(Space.PLUS, digits))

    def plus(digits: Known) -> Step:
        return Step(GOTO, lowest(Space.RETRY, digits)) if split_country(digits) is None else Step(COUNTRY)

    unset = Steps(np.zeros(1, np.int64), np.full(1, UNSET, np.int8), np.zeros(1, np.int64))
    return overlay(overlay(unset, _in(Space.ABROAD, abroad, everywhere)), _in(Space.PLUS, plus, everywhere))


def country(code: int) -> Steps:
    """The numbers of a country, or of a service with a country's code: its part of PLUS and of VERDICT."""
    size = len(str(code))

    def plus(digits: Known) -> Step:
        return _step(parse_international(digits.without(size), code))

    def verdict(digits: Known) -> Step:
        kind = judge(Parsed(code, digits.without(size)))
        return Step(kind) if kind == INVALID else Step(kind, _least(digits))

    dialled = [Known(str(code), length) for length in range(max(size, SHORTEST + 1), LONGEST_KEY + 1)]
    parsed = [Known(str(code), length) for length in range(size + SHORTEST, LONGEST_KEY + 1)]
    return shortcut(overlay(_in(Space.PLUS, plus, dialled), _in(Space.VERDICT, verdict, parsed)))


def region(name: str) -> Steps:
    """All that numbers written in a region can be, but for the rules of other countries. Raises UnknownRegion."""

    def local(digits: Known) -> Step:
        return _step(parse_local(digits, name))

    def retry(digits: Known) -> Step:
        return _step(parse_local(digits, name, after_plus=True))

    own = overlay(world(), country(country_of(name)))
    dialled = [Known("", length) for length in range(SHORTEST, LONGEST_KEY + 1)]
    own = overlay(own, _in(Space.LOCAL, local, dialled))
    return shortcut(overlay(own, _in(Space.RETRY, retry, dialled[1:])))


def countries(keys: Ints) -> Ints:
    """The country's code that each of some keys in PLUS begins with, all of which have one."""
    digits = keys - Space.PLUS
    lengths = np.searchsorted(10 ** np.arange(LONGEST_KEY + 1), digits, side="right") - 1
    heads, of = np.unique(digits // 10 ** (lengths - 3), return_inverse=True)  # the one in front and three digits
    parsed = [split_country(Known(str(head)[1:], 3)) for head in heads]
    return np.array([found.country for found in parsed if found is not None], np.int64)[of]


def check(name: str) -> None:
    if name not in SUPPORTED_REGIONS:
        raise UnknownRegion(f"region {name!r} has no numbering plan; write two capital letters, as in EG")


def country_of(name: str) -> int:
    check(name)
    return int(metadata(name).country_code)


def all_countries() -> list[int]:
    return sorted(COUNTRY_CODE_TO_REGION_CODE)


def _in(space: Space, decide: Callable[[Known], Step], roots: Iterable[Known]) -> Steps:
    return tabulate(decide, lambda digits: lowest(space, digits), roots)


def _step(outcome: Outcome) -> Step:
    match outcome:
        case Parsed(code, national):
            return Step(GOTO, lowest(Space.VERDICT, national.after(str(code))))
        case International(digits):
            return Step(GOTO, lowest(Space.ABROAD, digits))
        case Unknown():
            return Step(ASK)
    return Step(outcome)
