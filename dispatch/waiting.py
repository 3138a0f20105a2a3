"""The parts that wait for a connector: in order, but for those that are tried again later."""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime

from dispatch import backoff
from dispatch.apart import Apart
from dispatch.parts import Batch, Part

RETRY_FIRST = 1.0  # seconds before a part that was refused for now is tried again
RETRY_LONGEST = 30.0


class Waiting:
    """apart: None where receipts tell attempts apart. changed(): a part's time has come."""

    def __init__(self, apart: Apart | None, changed: Callable[[], None]) -> None:
        self.apart = apart
        self._changed = changed
        self._queue: deque[Part] = deque()
        self._resting: dict[Part, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        """How many could be sent as soon as there is room."""
        return len(self._queue) + (self.apart.waiting if self.apart else 0)

    def add(self, parts: list[Part]) -> None:
        self._queue += parts

    def first(self, parts: list[Part]) -> None:
        """These go next."""
        self._queue.extendleft(reversed(parts))

    def rest(self, part: Part) -> None:
        """It was refused for now: it goes next after a while."""
        part.delays += 1
        wait = backoff.delay(part.delays, first=RETRY_FIRST, longest=RETRY_LONGEST)
        self._resting[part] = asyncio.get_running_loop().call_later(wait, self._rested, part)

    def take(self, most: int, now: datetime, boot: float) -> list[Part]:
        """The next parts, all of one batch. What must not be sent any more goes back to its batch. boot: `boottime`."""
        parts: list[Part] = []
        while len(parts) < most and self._queue:
            batch = self._queue[0].message.batch
            if parts and batch is not parts[0].message.batch:
                break
            part = self._queue.popleft()
            if batch.stopped or part.message.refused or batch.expires_at <= now or boot >= batch.deadline:
                batch.set_aside()
            elif self.apart is None or self.apart.admit(part):
                parts.append(part)
        return parts

    def free(self, part: Part, *, in_doubt: bool) -> None:
        """A part that was taken has its end: its recipient's next one may go."""
        if self.apart is not None:
            self.first(self.apart.end(part, in_doubt=in_doubt))

    def know_in_doubt(self, recipients: set[int]) -> None:
        """Recipients with an attempt in doubt, by whichever worker."""
        if self.apart is not None:
            self.first(self.apart.know_in_doubt(recipients))

    def give_back(self, of: Batch | None = None) -> None:
        """What waits, of this batch or of all, goes back to its batch."""
        if self.apart is not None:
            self.first(self.apart.release_all())
        for part in [part for part in self._resting if of is None or part.message.batch is of]:
            self._resting.pop(part).cancel()
            part.message.batch.set_aside()
        for _ in range(len(self._queue)):
            part = self._queue.popleft()
            if of is None or part.message.batch is of:
                part.message.batch.set_aside()
            else:
                self._queue.append(part)

    def _rested(self, part: Part) -> None:
        del self._resting[part]
        self.first([part])
        self._changed()
