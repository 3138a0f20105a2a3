"""A function of integers that changes only at some of them, as sorted arrays: one `searchsorted` for any number of keys.

Between two starts everything is the same: the code, and what has to be added to the key to have the result. So a rule
on the first digits of numbers becomes a few intervals (`tabulate`), rules are laid over each other (`overlay`), and
where the result of one rule is the key of another the two become one (`shortcut`).
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recipients.numbering.known import DIGITS, Known, Undecided

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]

GOTO = -1
"""key + delta is another key, and the answer is there."""
COUNTRY = -2
"""The rules of the country that the number begins with are not laid over yet."""
ASK = -3
"""Not told by intervals: only `phonenumbers` itself can."""
UNSET = -4
"""Not said here: what lies below an overlay shines through."""

WIDEST = 100_000
"""How many prefixes may be open at once; a rule that wants more (carriers' codes in China) is left to ASK."""
SHORTCUTS = 16_384


class Steps(NamedTuple):
    """starts: int64, ascending; codes: int8 and deltas: int64, of the keys from a start up to the next one.

    A code below nought is one of this module; others are a verdict, and the delta of
    one without a msisdn is nought.
    """

    starts: Ints
    codes: Codes
    deltas: Ints

    def find(self, keys: Ints) -> npt.NDArray[np.intp]:
        return np.searchsorted(self.starts, keys, side="right") - 1


class Step(NamedTuple):
    """result: of the lowest number that has the prefix which was asked about; None where there is none but the code."""

    code: int
    result: int | None = None


def tabulate(decide: Callable[[Known], Step], lowest: Callable[[Known], int], roots: Iterable[Known]) -> Steps:
    """decide, over all completions of the roots; around them UNSET.

    A prefix that decide calls Undecided is tried with each digit more. lowest: the key of the lowest completion.
    """
    found: list[tuple[int, int, int]] = []
    asked = list(roots)
    ends = [(lowest(root) + 10 ** (root.length - len(root.prefix)), UNSET, 0) for root in asked]
    while asked:
        unsure: list[Known] = []
        for known in asked:
            try:
                step = decide(known)
            except Undecided:
                unsure.append(known)
                continue
            start = lowest(known)
            found.append((start, step.code, 0 if step.result is None else step.result - start))
        if len(unsure) * len(DIGITS) > WIDEST:
            found += [(lowest(known), ASK, 0) for known in unsure]
            break
        asked = [Known(known.prefix + digit, known.length) for known in unsure for digit in DIGITS]
    begun = {start for start, _, _ in found}
    found += [end for end in ends if end[0] not in begun]
    return _steps(*zip(*found, strict=True))


def overlay(below: Steps, above: Steps) -> Steps:
    """What is said above, and where that is UNSET what is said below."""
    starts = np.union1d(below.starts, above.starts)
    under, over = below.find(starts), above.find(starts)
    said = (over >= 0) & (above.codes[over] != UNSET)
    return _merged(
        Steps(
            starts,
            np.where(said, above.codes[over], below.codes[under]),
            np.where(said, above.deltas[over], below.deltas[under]),
        )
    )


def shortcut(steps: Steps) -> Steps:
    """The same function with less GOTO: those that lead to few steps are replaced by the steps they lead to."""
    for _ in range(3):
        ends = np.append(steps.starts[1:], steps.starts[-1] + 1)
        jumps = np.flatnonzero(steps.codes == GOTO)
        first = steps.find(steps.starts[jumps] + steps.deltas[jumps])
        last = steps.find(ends[jumps] - 1 + steps.deltas[jumps])
        parts: list[tuple[Ints, Codes, Ints]] = []
        replaced = np.zeros(len(steps.starts), bool)
        room = SHORTCUTS - len(steps.starts)
        for at in np.argsort(last - first, kind="stable"):
            target = slice(first[at], last[at] + 1)
            room -= target.stop - target.start
            if room < 0:
                break
            codes = steps.codes[target]
            if np.isin(codes, (UNSET, COUNTRY)).any():
                continue
            jump = jumps[at]
            delta = steps.deltas[jump]
            starts = np.maximum(steps.starts[target] - delta, steps.starts[jump])
            leads_on = (steps.deltas[target] != 0) | (codes == GOTO)
            parts.append((starts, codes, np.where(leads_on, steps.deltas[target] + delta, 0)))
            replaced[jump] = True
        if not parts:
            break
        kept = (steps.starts[~replaced], steps.codes[~replaced], steps.deltas[~replaced])
        steps = _steps(*(np.concatenate(arrays) for arrays in zip(kept, *parts, strict=True)))
    return steps


def _steps(starts: npt.ArrayLike, codes: npt.ArrayLike, deltas: npt.ArrayLike) -> Steps:
    unsorted = np.asarray(starts, np.int64)
    order = np.argsort(unsorted)
    return _merged(Steps(unsorted[order], np.asarray(codes, np.int8)[order], np.asarray(deltas, np.int64)[order]))


def _merged(steps: Steps) -> Steps:
    """Without the starts at which nothing changes."""
    changes = np.append(True, (np.diff(steps.codes) != 0) | (np.diff(steps.deltas) != 0))
    return Steps(steps.starts[changes], steps.codes[changes], steps.deltas[changes])
