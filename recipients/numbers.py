"""Many written numbers judged at once, exactly as `number.judge` judges each (INTAKE, Numbers).

Rows go through tiers, each for what the one before left: digits only, in two loads a row; any writing, folded, cleaned
and passed through the gate by arrays; and, for what intervals do not tell, `number.judge` itself. How it works and why
it is exact: docs/explanation/number-kernel.md.
"""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from recipients.number_digits import LEAD
from recipients.number_keys import other_keys, padded, plain_keys
from recipients.number_marks import Bytes, Flags, Places
from recipients.number_odd import FLOOD, OddNumbers
from recipients.numbering.lookup import WORTH, lookup
from recipients.numbering.plan import Space
from recipients.numbering.steps import ASK, Codes, Ints

BLOCK = 1 << 15
BLOCK_BYTES = 1 << 21
"""Rows and their bytes at a time, so that what a block works on stays small, and mostly in a core's cache."""

_POWERS = 10 ** np.arange(19, dtype=np.int64)


class Judged(NamedTuple):
    """codes: int8[n], 0 for a mobile subscriber's number, else the code (`reason.code`) of NUMBER_MANGLED,
    NUMBER_UNPARSABLE, NUMBER_INVALID or NOT_MOBILE. msisdns: int64[n], E.164 digits of every valid number, else 0.
    """

    codes: Codes
    msisdns: Ints


class Numbers:
    """Judges what is written in a region ("EG"). The region's plan is compiled when it is first asked for in a home.

    flood, processes: see `OddNumbers`; worth: see `lookup.WORTH`. Raises UnknownRegion.
    """

    def __init__(self, region: str, *, flood: int = FLOOD, processes: int | None = None, worth: int = WORTH) -> None:
        self._lookup = lookup(region, worth)
        self._odd = OddNumbers(region, flood=flood, processes=processes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes that a flood of odd rows started."""
        self._odd.close()

    def judge(self, written: Any) -> Judged:
        """written: a pyarrow string or large_string array of n without nulls. Equals `number.judge` row by row."""
        return self._judge(written, member=False)

    def judge_members(self, written: Any) -> Judged:
        """The same for bases and opt-outs. Equals `number.judge_member` row by row."""
        return self._judge(written, member=True)

    def _judge(self, written: Any, *, member: bool) -> Judged:
        if written.null_count:
            raise ValueError(f"{written.null_count} of {len(written)} numbers are null; a missing one is an empty text")
        judged = Judged(np.empty(len(written), np.int8), np.empty(len(written), np.int64))
        for begin, end in _blocks(written):
            judged.codes[begin:end], judged.msisdns[begin:end] = self._block(written.slice(begin, end - begin), member)
        odd = np.flatnonzero(judged.codes == ASK)
        if len(odd):
            texts = written.take(pa.array(odd)).dictionary_encode()
            verdicts = np.array(self._odd.judge(texts.dictionary.to_pylist(), member=member), np.int64)
            found = verdicts[texts.indices.to_numpy()]
            judged.codes[odd], judged.msisdns[odd] = found[:, 0], found[:, 1]
        return judged

    def _block(self, written: Any, member: bool) -> Judged:
        keys, plain = plain_keys(*_bytes(written))
        judged = Judged(*self._lookup.find(keys))
        others = np.flatnonzero(~plain)
        bare = plain
        if len(others):
            found = other_keys(*_bytes(written.take(pa.array(others))))
            keys[others] = found.keys
            bare[others] = found.bare
            codes, msisdns = self._lookup.find(found.keys)
            judged.codes[others] = np.where(found.codes == 0, codes, found.codes)
            judged.msisdns[others] = np.where(found.codes == 0, msisdns, 0)
        if member:
            self._take_as_international(judged, keys, bare)
        return judged

    def _take_as_international(self, judged: Judged, keys: Ints, bare: Flags) -> None:
        """Bare digits that are no number of the region may be one with a plus before them."""
        rows = np.flatnonzero(bare & (judged.msisdns == 0) & (judged.codes != ASK))
        digits = keys[rows]
        lengths = np.searchsorted(_POWERS, digits, side="right") - 1
        begun = (lengths > 2) & (digits >= _POWERS[lengths] + _POWERS[lengths - 1])  # two digits, and 0..., never are
        rows = rows[begun & (digits < Space.RETRY)]
        codes, msisdns = self._lookup.find(keys[rows] + Space.PLUS)
        told = (msisdns > 0) | (codes == ASK)
        judged.codes[rows[told]], judged.msisdns[rows[told]] = codes[told], msisdns[told]


def _blocks(written: Any) -> Iterator[tuple[int, int]]:
    """Where blocks begin and end; a row is never cut."""
    offsets = _offsets(written)
    begin = 0
    while begin < len(written):
        near = offsets[begin : begin + BLOCK + 1]
        fitting = int(np.searchsorted(near, int(near[0]) + BLOCK_BYTES, side="right")) - 1
        end = begin + max(fitting, 1)
        yield begin, end
        begin = end


def _bytes(written: Any) -> tuple[Bytes, Places]:
    """An array's bytes with room around them, and where its rows begin in that."""
    offsets = _offsets(written).astype(np.int64)
    content = written.buffers()[2]
    held = np.zeros(0, np.uint8) if content is None else np.frombuffer(content, np.uint8)[offsets[0] : offsets[-1]]
    offsets += LEAD - offsets[0]
    return padded(held), offsets


def _offsets(written: Any) -> npt.NDArray[Any]:
    """Where the rows of an array begin in its buffer of bytes, and where the last one ends; a view."""
    width = np.int64 if pa.types.is_large_string(written.type) else np.int32
    places = written.buffers()[1]
    if places is None:  # an array without rows need not have any
        return np.zeros(1, np.int64)
    return np.frombuffer(places, width)[written.offset : written.offset + len(written) + 1]
