"""Whether the vector kernel says what the definition says, row by row."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import pyarrow as pa
from phonenumbers import SUPPORTED_REGIONS

from recipients import number
from recipients.numbering.lookup import country_plan, region_plan
from recipients.numbering.plan import Space
from recipients.numbers import Judged, Numbers
from recipients.reason import code
from tests.exhaustive.strings import edges, messy

LOT = 50_000


class Difference(NamedTuple):
    """expected, found: a reason's code or 0, and the msisdn or 0."""

    region: str
    written: str
    member: bool
    expected: tuple[int, int]
    found: tuple[int, int]


class Report(NamedTuple):
    """verdicts: how often each code came, by the definition. differences: all of them."""

    verdicts: Counter[int]
    differences: list[Difference]

    @property
    def strings(self) -> int:
        return self.verdicts.total()


def compare(region: str, written: Iterable[str], worth: int = 0) -> Report:
    """Judges strings as recipients and as members. What the kernel leaves to the definition is no test of it.

    worth: of how many numbers a country's rules are compiled, see `recipients.numbering.lookup`.
    """
    report = Report(Counter(), [])
    rows = iter(written)
    with Numbers(region, processes=1, worth=worth) as numbers:
        while lot := list(islice(rows, LOT)):
            array = pa.array(lot, pa.string())
            report.differences.extend(_differences(region, lot, numbers.judge(array), number.judge, report.verdicts))
            of_members = numbers.judge_members(array)
            report.differences.extend(_differences(region, lot, of_members, number.judge_member, None))
    return report


def _differences(
    region: str,
    written: list[str],
    judged: Judged,
    judge: Callable[[str, str], number.NumberVerdict],
    verdicts: Counter[int] | None,
) -> Iterable[Difference]:
    for text, found in zip(written, zip(judged.codes.tolist(), judged.msisdns.tolist(), strict=True), strict=True):
        verdict = judge(text, region)
        expected = (0 if verdict.reason is None else code(verdict.reason), verdict.msisdn or 0)
        if verdicts is not None:
            verdicts[expected[0]] += 1
        if found != expected:
            yield Difference(region, text, judge is number.judge_member, expected, found)


def region(name: str, seed: str, strings: int, every: int) -> Report:
    """Messy strings of a region, and what begins and ends an interval where numbers are dialled in it."""
    rng = random.Random(f"{seed} {name}")
    return compare(name, _strings(rng, name, strings, every))


def _strings(rng: random.Random, name: str, strings: int, every: int) -> Iterator[str]:
    abroad = sorted(SUPPORTED_REGIONS)
    yield from (messy(rng, name, abroad) for _ in range(strings))
    yield from islice(edges(region_plan(name), Space.LOCAL, Space.RETRY), 0, None, every)


def country(calling_code: int, every: int) -> Report:
    """What begins and ends an interval of a country's numbers, as they are written in another one."""
    return compare("EG", islice(edges(country_plan(calling_code), Space.PLUS, Space.VERDICT), 0, None, every))
