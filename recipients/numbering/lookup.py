"""Keys of numbers to verdicts, many at a time: the plan of a region, and of the other countries that turn up."""

import threading
from collections import Counter
from functools import cache, partial

import numpy as np

from recipients.numbering import plan
from recipients.numbering.cache import cached
from recipients.numbering.kind import MOBILE, NOT_MOBILE
from recipients.numbering.steps import ASK, COUNTRY, GOTO, Codes, Ints, Steps, overlay

WORTH = 500
"""So many numbers of another country have its rules compiled; fewer are sooner asked for one by one."""


class Lookup:
    """Threads may share one. worth: see WORTH. Raises UnknownRegion."""

    def __init__(self, region: str, worth: int) -> None:
        plan.check(region)
        self._steps = region_plan(region)
        self._worth = worth
        self._growing = threading.Lock()
        self._met: Counter[int] = Counter()
        self._laid_over: set[int] = set()

    def find(self, keys: Ints) -> tuple[Codes, Ints]:
        """int8[n]: 0, a reason's code or `numbering.steps.ASK`; int64[n]: the msisdn of a number that has one, else 0."""
        steps = self._steps
        codes, values = _look(steps, keys)
        waiting = np.flatnonzero(codes == GOTO)
        while len(waiting):
            codes[waiting], values[waiting] = _look(steps, values[waiting])
            waiting = waiting[codes[waiting] == GOTO]
        foreign = np.flatnonzero(codes == COUNTRY)
        if len(foreign):  # the value is where the way ended
            codes[foreign], values[foreign] = self._find_abroad(values[foreign])
        if codes.any():
            values[(codes != MOBILE) & (codes != NOT_MOBILE)] = 0
        return codes, values

    def _find_abroad(self, keys: Ints) -> tuple[Codes, Ints]:
        countries = plan.countries(keys)
        codes, values = np.full(len(keys), ASK, np.int8), np.zeros(len(keys), np.int64)
        known = np.isin(countries, self._lay_over(countries))
        if known.any():
            codes[known], values[known] = self.find(keys[known])
        return codes, values

    def _lay_over(self, countries: Ints) -> list[int]:
        """Counts numbers of countries. Those countries whose rules are there, or are worth to be compiled by now."""
        with self._growing:
            self._met.update(countries.tolist())
            for country in set(countries.tolist()) - self._laid_over:
                if self._met[country] >= self._worth:
                    self._steps = overlay(self._steps, country_plan(country))
                    self._laid_over.add(country)
            return list(self._laid_over)


def region_plan(name: str) -> Steps:
    """`plan.region`, compiled once in a home."""
    return cached(f"region-{name}", partial(plan.region, name))


def country_plan(code: int) -> Steps:
    """`plan.country`, compiled once in a home."""
    return cached(f"country-{code}", partial(plan.country, code))


def _look(steps: Steps, keys: Ints) -> tuple[Codes, Ints]:
    at = steps.find(keys)
    values = steps.deltas.take(at)
    values += keys
    return steps.codes.take(at), values


@cache
def lookup(region: str, worth: int = WORTH) -> Lookup:
    """One for each region and process."""
    return Lookup(region, worth)
