"""The parts that wait for a connector: those of a campaign in order, but for those that are tried again later; the more
urgent campaigns first, and equally urgent ones in turn, so that no large one keeps the others waiting."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from dispatch import backoff
from dispatch.apart import Apart, Part
from dispatch.parts import Batch, Load, Numbers
from smpp.pace import UNLIMITED

RETRY_FIRST = 1.0  # seconds before a part that was refused for now is tried again
RETRY_LONGEST = 30.0


@dataclass(slots=True, eq=False)
class _Run:
    """Parts of one load, in order."""

    load: Load
    at: Numbers


class Waiting:
    """apart: None where receipts tell attempts apart. changed(): the time of some parts has come."""

    def __init__(self, apart: Apart | None, changed: Callable[[], None]) -> None:
        self.apart = apart
        self._changed = changed
        self._campaigns: dict[tuple[int, int], deque[_Run]] = {}  # (priority, campaign); whose turn is next is first
        self._size = 0
        self._resting: dict[_Run, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        """How many could be sent as soon as there is room."""
        return self._size + (self.apart.waiting if self.apart else 0)

    def ready(self, seconds: float) -> float:
        """The same, but of campaigns with a rate no more than they can send in so many seconds."""
        late = 0.0
        for queue in self._campaigns.values():
            rate = queue[0].load.batch.rate
            if rate is not None:
                late += max(0.0, sum(len(run.at) for run in queue) - rate * seconds)
        return len(self) - late

    def add(self, load: Load) -> None:
        self._queue_of(load).append(_Run(load, np.arange(len(load))))
        self._size += len(load)

    def first(self, load: Load, at: Numbers) -> None:
        """These are the campaign's next ones."""
        if len(at):
            self._queue_of(load).appendleft(_Run(load, at))
            self._size += len(at)

    def rest(self, load: Load, at: Numbers) -> None:
        """They were refused for now: they are the next ones after a while, longer for whom it happens again."""
        load.delays[at] += 1
        for delays in np.unique(load.delays[at]).tolist():
            wait = backoff.delay(delays, first=RETRY_FIRST, longest=RETRY_LONGEST)
            run = _Run(load, at[load.delays[at] == delays])
            self._resting[run] = asyncio.get_running_loop().call_later(wait, self._rested, run)

    def take(
        self, most: int, now: datetime, boot: float, allowance: Callable[[Batch], int] = lambda _: UNLIMITED
    ) -> tuple[Load, Numbers] | None:
        """The next parts, all of one load. What must not be sent any more goes back to its batch. boot: `boottime`.
        allowance: how many the batch's campaign may have now."""
        while True:
            turn = self._whose_turn(most, now, boot, allowance)
            if turn is None:
                return None
            key, some, over = turn
            queue = self._campaigns.pop(key)
            run = queue[0]
            load, at = run.load, run.at[:some]
            self._size -= len(at)
            run.at = run.at[len(at) :]
            if not len(run.at):
                queue.popleft()
            if queue:
                self._campaigns[key] = queue  # the others of its priority come first now
            if over:
                load.batch.set_aside(len(at))
                continue
            at = self._admitted(load, at)
            if len(at):
                return load, at

    def _whose_turn(
        self, most: int, now: datetime, boot: float, allowance: Callable[[Batch], int]
    ) -> tuple[tuple[int, int], int, bool] | None:
        """The campaign, how many of its next run, and whether they must not be sent any more. One that has nothing to
        spend of its rate keeps nobody waiting."""
        for key in sorted(self._campaigns, key=lambda key: key[0]):
            run = self._campaigns[key][0]
            batch = run.load.batch
            if batch.stopped or batch.expires_at <= now or boot >= batch.deadline:
                return key, len(run.at), True
            some = min(most, allowance(batch))
            if some > 0:
                return key, some, False
        return None

    def free(self, load: Load, at: Numbers, *, in_doubt: bool) -> None:
        """Parts that were taken have their end: their recipients' next ones may go."""
        if self.apart is not None:
            for place in at.tolist():
                self._first(self.apart.end(Part(load, place), in_doubt=in_doubt))

    def know_in_doubt(self, recipients: set[int]) -> None:
        """Recipients with an attempt in doubt, by whichever worker."""
        if self.apart is not None:
            self._first(self.apart.know_in_doubt(recipients))

    def give_back(self, of: Batch | None = None) -> None:
        """What waits, of this batch or of all, goes back to its batch."""
        if self.apart is not None:
            self._first(self.apart.release_all())
        for run in [run for run in self._resting if of is None or run.load.batch is of]:
            self._resting.pop(run).cancel()
            run.load.batch.set_aside(len(run.at))
        for key, queue in list(self._campaigns.items()):
            stays = deque[_Run]()
            for run in queue:
                if of is None or run.load.batch is of:
                    self._size -= len(run.at)
                    run.load.batch.set_aside(len(run.at))
                else:
                    stays.append(run)
            if stays:
                self._campaigns[key] = stays
            else:
                del self._campaigns[key]

    def _queue_of(self, load: Load) -> deque[_Run]:
        return self._campaigns.setdefault((load.batch.priority, load.batch.campaign_id), deque())

    def _admitted(self, load: Load, at: Numbers) -> Numbers:
        if load.any_refused:
            refused = load.refused[at]
            load.batch.set_aside(int(refused.sum()))
            at = at[~refused]
        if self.apart is not None:
            at = np.array([place for place in at.tolist() if self.apart.admit(Part(load, place))], np.int64)
        return at

    def _first(self, parts: Iterable[Part]) -> None:
        for load, place in reversed(list(parts)):
            self.first(load, np.array([place]))

    def _rested(self, run: _Run) -> None:
        del self._resting[run]
        self.first(run.load, run.at)
        self._changed()
