"""A run of the fuzzer: every input from its own seed, so that one that fails can be had again alone."""

import faulthandler
import random
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.properties import EVERY, Check

HANGS_AFTER = 120.0  # seconds for LOT inputs, which take a tenth of one
LOT = 1000
_ORDER: tuple[Check, ...] = tuple(check for share, check in EVERY for _ in range(share))


class DoesNotHold(Exception):
    """A property fails for an input; `python -m tests.fuzz --only SEED` tries that one again."""


class Report(NamedTuple):
    """inputs: tried. grown: octets of resident memory that the last nine tenths added."""

    inputs: int
    grown: int


def one(seed: int) -> None:
    """The input of this seed."""
    check = _ORDER[seed % len(_ORDER)]
    try:
        check(random.Random(seed))
    except Exception as error:
        raise DoesNotHold(f"seed {seed}: {check.__name__}") from error


def many(first: int, count: int) -> Report:
    """The inputs of the seeds from `first` on. A hang ends the process with its traceback."""
    before = resident()
    try:
        for number in range(count):
            if number % LOT == 0:
                faulthandler.dump_traceback_later(HANGS_AFTER, exit=True)
            if number == count // 10:
                before = resident()
            one(first + number)
    finally:
        faulthandler.cancel_dump_traceback_later()
    return Report(count, resident() - before)


def resident() -> int:
    """Octets of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
