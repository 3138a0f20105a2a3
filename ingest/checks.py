"""A campaign's rows, checked in the order of INTAKE: the first check that fails is a row's reason.

A check looks at the columns of a whole chunk at once. All but one need nothing but their own row, so that chunks are
judged side by side on threads; what repeats an accepted row is found afterwards, in file order.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.blank import blank
from ingest.chunk import Chunk, Codes, Lines
from ingest.template import Template
from recipients.networks import Networks
from recipients.numbers import Numbers
from recipients.reason import Reason, code
from recipients.standing import Standing
from smpp import counts

THREADS = 2
_AHEAD = 1  # chunks that wait for a thread beside those in work

Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Rules:
    """What a campaign's rows are checked against.

    template: None takes the text from the column text_place. zones: that units are valid for; None is all.
    sender_operators: that let the sender through; None is all of them, empty is none. capped: ascending, the numbers that
    have had enough messages of late; None where there is no cap.
    """

    recipient: int
    numbers: Numbers
    networks: Networks
    standing: Standing
    zones: frozenset[str] | None
    template: Template | None
    text_place: int | None
    max_segments: int
    sender_operators: frozenset[str] | None
    capped: npt.NDArray[np.int64] | None = None

    def texts_of(self, chunk: Chunk, rows: Places) -> pa.Array:
        """The messages of these rows, ascending places, of a chunk."""
        needed = {self.text_place or 0} if self.template is None else self.template.places
        table = chunk.columns
        if len(rows) < len(chunk):
            wanted = pa.array(rows)
            table = [column.take(wanted) if at in needed else pa.nulls(0) for at, column in enumerate(table)]
        return table[self.text_place or 0] if self.template is None else self.template.texts(table, len(rows))


@dataclass(frozen=True)
class Judged:
    """What was found of each of a chunk's n rows.

    lines: of the chunk. codes: int8[n], 0 accepted, else of `recipients.reason.code`. msisdns: int64[n], 0 where there is none.
    networks: int32[n], places in `Networks.rows`, -1 where there is none. ranks: of the base's members, -1 of others.
    ucs2, segments: of the text, of rows that came that far (segments 0 of others). first_lines: of the accepted row
    that a DUPLICATE repeats, else 0.
    """

    lines: Lines
    codes: Codes
    msisdns: npt.NDArray[np.int64]
    networks: npt.NDArray[np.int32]
    ranks: npt.NDArray[np.int64]
    ucs2: npt.NDArray[np.bool_]
    segments: npt.NDArray[np.int32]
    first_lines: npt.NDArray[np.int64]

    @property
    def accepted(self) -> Places:
        """The places of the rows that are sent, ascending."""
        return np.flatnonzero(self.codes == 0)


def check(chunks: Iterable[Chunk], rules: Rules) -> Iterator[tuple[Chunk, Judged]]:
    """The verdicts on all rows, chunk by chunk in file order."""
    checker = Checker(rules)
    waiting: deque[tuple[Chunk, Future[Judged]]] = deque()

    def settled() -> tuple[Chunk, Judged]:
        chunk, future = waiting.popleft()
        return chunk, checker.settle(future.result())

    with rules.numbers, ThreadPoolExecutor(THREADS, thread_name_prefix="checks") as threads:
        try:
            for chunk in chunks:
                waiting.append((chunk, threads.submit(checker.judge, chunk)))
                if len(waiting) > THREADS + _AHEAD:
                    yield settled()
            while waiting:
                yield settled()
        finally:
            for _, future in waiting:
                future.cancel()


@dataclass
class Checker:
    rules: Rules
    _reachable: npt.NDArray[np.bool_] = field(init=False)
    _lets_through: npt.NDArray[np.bool_] = field(init=False)
    _first_lines: npt.NDArray[np.int32] = field(init=False)  # by rank: the accepted row of each member, or 0

    def __post_init__(self) -> None:
        rules, networks = self.rules, self.rules.networks.rows
        reachable = [network.covered and (rules.zones is None or network.zone in rules.zones) for network in networks]
        operators = rules.sender_operators
        let_through = [operators is None or network.operator in operators for network in networks]
        # the last place is that of -1: no network
        self._reachable = np.array([*reachable, False])
        self._lets_through = np.array([*let_through, False])
        self._first_lines = np.zeros(rules.standing.size, np.int32)

    def judge(self, chunk: Chunk) -> Judged:
        """All checks but the last. May run on several threads at once."""
        rules, n = self.rules, len(chunk)
        codes = chunk.faults.copy()
        msisdns, networks = self._numbers(chunk, codes)
        _refuse(codes, ~self._reachable[networks], Reason.NOT_COVERED)
        ranks = np.full(n, -1, np.int64)
        passed = np.flatnonzero(codes == 0)
        ranks[passed] = rules.standing.ranks(msisdns[passed])
        _refuse(codes, ranks < 0, Reason.NOT_IN_BASE)
        passed = np.flatnonzero(codes == 0)
        codes[passed[rules.standing.opted_out(ranks[passed])]] = code(Reason.OPTED_OUT)
        ucs2, segments = self._text(chunk, codes)
        _refuse(codes, ~self._lets_through[networks], Reason.SENDER_NOT_APPROVED)
        if rules.capped is not None:
            _refuse(codes, _are_among(rules.capped, msisdns), Reason.FREQUENCY_CAP)
        return Judged(chunk.lines, codes, msisdns, networks, ranks, ucs2, segments, np.zeros(n, np.int64))

    def _numbers(self, chunk: Chunk, codes: Codes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        found = self.rules.numbers.judge(chunk.columns[self.rules.recipient])
        is_whole = codes == 0
        codes[is_whole] = found.codes[is_whole]
        msisdns = np.where(is_whole, found.msisdns, 0)
        return msisdns, self.rules.networks.of_many(msisdns)

    def _text(self, chunk: Chunk, codes: Codes) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
        """Whether each text is UCS-2, and its segments; 0 of rows that did not come so far."""
        rules, n = self.rules, len(chunk)
        ucs2, segments = np.zeros(n, bool), np.zeros(n, np.int32)
        if rules.template is not None:
            _refuse(codes, rules.template.missing(chunk.columns), Reason.MISSING_VALUE)
            if rules.template.is_blank:
                _refuse(codes, np.ones(n, bool), Reason.EMPTY_TEXT)
            units = rules.template.units(chunk.columns)
        else:
            texts = chunk.columns[rules.text_place or 0]
            _refuse(codes, blank(texts), Reason.EMPTY_TEXT)
            units = counts.units(texts)
        has_text = codes == 0
        counted = counts.segments(units, has_text, lambda row: rules.texts_of(chunk, np.array([row]))[0].as_py())
        ucs2[has_text] = ~units.is_gsm[has_text]
        segments[has_text] = counted[has_text]
        _refuse(codes, segments > rules.max_segments, Reason.TOO_LONG)
        return ucs2, segments

    def settle(self, judged: Judged) -> Judged:
        """The last check: each member once. Chunks come in file order."""
        accepted = judged.accepted
        ranks, lines = judged.ranks[accepted], judged.lines[accepted].astype(np.int32)
        first = self._first_lines
        is_new = first[ranks] == 0
        # backwards: of the same rank in one chunk the first row is written last
        first[ranks[is_new][::-1]] = lines[is_new][::-1]
        repeats = first[ranks] != lines
        if not repeats.any():
            return judged
        codes, first_lines = judged.codes, judged.first_lines
        codes[accepted[repeats]] = code(Reason.DUPLICATE)
        first_lines[accepted[repeats]] = first[ranks[repeats]]
        return replace(judged, codes=codes, first_lines=first_lines)


def _are_among(ascending: npt.NDArray[np.int64], msisdns: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    if not len(ascending):
        return np.zeros(len(msisdns), bool)
    places = np.minimum(np.searchsorted(ascending, msisdns), len(ascending) - 1)
    return ascending[places] == msisdns


def _refuse(codes: Codes, wrong: npt.NDArray[np.bool_], reason: Reason) -> None:
    """Of the rows that are still in order."""
    codes[wrong & (codes == 0)] = code(reason)
