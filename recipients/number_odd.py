"""The last tier: what intervals do not tell is asked of `number.judge` row by row, each text once.

A flood of such rows is shared out to processes of their own, started when the first flood comes.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import current_process, get_context
from threading import Lock

from recipients import number
from recipients.reason import code

FLOOD = 20_000
"""From so many new texts on processes are worth their start: a second, against 50 us a text."""
REMEMBERED = 100_000
"""Texts with their verdicts; when there are more all are forgotten."""
REMEMBERED_LENGTH = 100
"""Characters of a text that is remembered at most: those that come again are short."""
SHARE = 2_000

Verdict = tuple[int, int]
"""A reason's code or 0, and the msisdn or 0."""


class OddNumbers:
    """region: what a number without a country belongs to. flood: from how many new texts on processes help."""

    def __init__(self, region: str, *, flood: int = FLOOD, processes: int | None = None) -> None:
        self._region = region
        self._flood = flood
        self._processes = processes or os.cpu_count() or 1
        self._remembered: dict[tuple[str, bool], Verdict] = {}
        self._pool: ProcessPoolExecutor | None = None
        self._lock = Lock()  # of chunks that are judged side by side one asks at a time

    def judge(self, written: Sequence[str], *, member: bool) -> list[Verdict]:
        """The verdicts on different texts, in their order. member: by `number.judge_member`."""
        with self._lock:
            return self._asked(written, member)

    def _asked(self, written: Sequence[str], member: bool) -> list[Verdict]:
        known = {text: self._remembered.get((text, member)) for text in written}
        fresh = [text for text, verdict in known.items() if verdict is None]
        found = dict(zip(fresh, self._judge(fresh, member), strict=True))
        if len(self._remembered) + len(found) > REMEMBERED:
            self._remembered = {}
        short = (text for text in fresh[:REMEMBERED] if len(text) <= REMEMBERED_LENGTH)
        self._remembered.update(((text, member), found[text]) for text in short)
        return [known[text] or found[text] for text in written]

    def close(self) -> None:
        """Ends the processes, if any were started; the next flood starts others."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)

    def _judge(self, written: list[str], member: bool) -> list[Verdict]:
        judge = partial(verdicts, region=self._region, member=member)
        if len(written) >= self._flood and self._processes > 1 and not current_process().daemon:
            shares = [written[at : at + SHARE] for at in range(0, len(written), SHARE)]
            try:
                return [verdict for share in self._started().map(judge, shares) for verdict in share]
            except BrokenProcessPool:  # killed, or not to be started from here: slower, not wrong
                self.close()
        return judge(written)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._processes, mp_context=get_context("spawn"))
        return self._pool


def verdicts(written: Sequence[str], region: str, *, member: bool) -> list[Verdict]:
    judge = number.judge_member if member else number.judge
    found = (judge(text, region) for text in written)
    return [(0 if reason is None else code(reason), msisdn or 0) for reason, msisdn in found]
