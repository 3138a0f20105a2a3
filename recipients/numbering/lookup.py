"""Keys of numbers to verdicts, many at a time: the plan of a region, and of the other countries that turn up."""

import threading
from functools import cache, partial

import numpy as np

from recipients.numbering import plan
from recipients.numbering.cache import cached
from recipients.numbering.kind import MOBILE, NOT_MOBILE
from recipients.numbering.steps import COUNTRY, GOTO, Codes, Ints, Steps, overlay


class Lookup:
    """One for each region and process; threads may share it."""

    def __init__(self, region: str) -> None:
        plan.check(region)
        self._steps = region_plan(region)
        self._growing = threading.Lock()
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
        if len(foreign):  # the value is where the way ended, and goes on once the countries are there
            self._grow(values[foreign])
            codes[foreign], values[foreign] = self.find(values[foreign])
        if codes.any():
            values[(codes != MOBILE) & (codes != NOT_MOBILE)] = 0
        return codes, values

    def _grow(self, keys: Ints) -> None:
        with self._growing:
            for country in plan.countries(keys) - self._laid_over:
                self._steps = overlay(self._steps, country_plan(country))
                self._laid_over.add(country)


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
def lookup(region: str) -> Lookup:
    return Lookup(region)
