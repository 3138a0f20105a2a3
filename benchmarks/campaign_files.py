"""Campaign files as customers write them, as long as asked for: numbers in three spellings, Latin and Arabic names, and a
few rows in a hundred that are turned away. Files are made a slice at a time."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

TEMPLATE = "Dear {name}, your bill of {amount} EGP is due on Sunday. Thank you for paying on time."
_SLICE = 500_000
_NAMES = ["Mona", "Karim", "Salma Hassan", "Youssef", "Nour El-Din", "Omar", "Laila", "Hany", "منى", "أحمد سمير"]
_STRANGERS = 0.01
_REPEATED = 0.01
_BAD = 0.005


def members(count: int, seed: int = 1) -> npt.NDArray[np.int64]:
    """Mobile numbers of Egypt, int64[count], ascending and all different."""
    chance = np.random.default_rng(seed)
    prefixes = np.array([2010, 2011, 2012, 2015], np.int64)
    found = np.zeros(0, np.int64)
    while len(found) < count:
        more = chance.choice(prefixes, count) * 10**8 + chance.integers(0, 10**8, count)
        found = np.unique(np.concatenate([found, more]))
    return np.sort(chance.permutation(found)[:count])


def write(path: Path, rows: int, base: npt.NDArray[np.int64], *, quoted: bool, seed: int = 2) -> None:
    """A file of so many rows below its header `msisdn,name,amount`; quoted: the names stand in quotes, with a comma."""
    chance = np.random.default_rng(seed)
    recipients = chance.permutation(base)[:rows] if rows <= len(base) else chance.choice(base, rows)
    with path.open("wb") as file:
        file.write(b"msisdn,name,amount\n")
        for start in range(0, rows, _SLICE):
            part = recipients[start : start + _SLICE]
            file.write(_lines(part, chance, quoted=quoted).to_pybytes())


def _lines(part: npt.NDArray[np.int64], chance: np.random.Generator, *, quoted: bool) -> pa.Buffer:
    count = len(part)
    part = part.copy()
    strangers = chance.random(count) < _STRANGERS
    part[strangers] = 201_300_000_000 + chance.integers(0, 10**7, int(strangers.sum()))
    repeated = np.flatnonzero(chance.random(count) < _REPEATED)
    part[repeated] = part[chance.integers(0, count, len(repeated))]
    national = pa.array(part - 20 * 10**10).cast(pa.string())
    spelling = chance.random(count)
    numbers = pc.if_else(
        pa.array(spelling < 0.7),
        pc.binary_join_element_wise("0", national, ""),
        pc.if_else(
            pa.array(spelling < 0.9),
            pc.binary_join_element_wise("+20", national, ""),
            pc.binary_join_element_wise(
                "0", pc.utf8_slice_codeunits(national, 0, 3), " ", pc.utf8_slice_codeunits(national, 3), ""
            ),
        ),
    )
    numbers = pc.if_else(pa.array(chance.random(count) < _BAD), "no number", numbers)
    names: Any = pa.array(_NAMES).take(pa.array(chance.choice(len(_NAMES), count, p=[0.11] * 8 + [0.06] * 2)))
    amounts = pa.array(chance.integers(10, 99_999, count)).cast(pa.string())
    if quoted:
        names = pc.binary_join_element_wise('"', names, ', Esq."', "")
    lines = pc.binary_join_element_wise(numbers, names, pc.binary_join_element_wise(amounts, "\n", ""), ",")
    return pa.py_buffer(memoryview(lines.buffers()[2])[: pc.sum(pc.binary_length(lines)).as_py()])
