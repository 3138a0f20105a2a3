"""How many requests may wait for their answer, and which of them do.

Pure: the time comes in, nothing is sent from here. The window bounds what a crash can leave in doubt: at most `size`
requests of a session are ever without an answer. Requests come and go by the run, so they are kept in a ring, by their
sequence number; whoever waits while the numbers go once round the ring is kept apart.
"""

from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from outbound.errors import OutboundError

Numbers = npt.NDArray[np.int64]
NOBODY = -1
_SMALLEST_RING = 1024


class WindowFull(OutboundError):
    """More requests than the session allows would wait for an answer: wait for answers, then offer again."""


class SequenceInUse(OutboundError):
    """A request with this sequence number waits already: take sequence numbers from the session only."""


class Window:
    """Offer runs of requests, complete each by its sequence number, or let it expire.

    size: requests without an answer, at most. timeout: seconds that an answer may take. A request may have a handle,
    any number from 0 on, which its answer gives back.
    """

    def __init__(self, size: int, timeout: float) -> None:
        self.size = size
        self.timeout = timeout
        self._ring = max(_SMALLEST_RING, 1 << (2 * size - 1).bit_length())
        self._sequences: Numbers = np.full(self._ring, NOBODY, np.int64)  # who waits in a slot
        self._handles: Numbers = np.zeros(self._ring, np.int64)
        self._apart: dict[int, int] = {}  # waits, and its slot was needed: sequence -> handle
        self._overdue: dict[int, int] = {}  # expired: its answer may still come, and gives the handle back
        self._waiting = 0
        self._runs: deque[tuple[float, int, int]] = deque()  # deadline, first, one past the last; oldest first

    def __len__(self) -> int:
        return self._waiting

    def __contains__(self, sequence: int) -> bool:
        return bool(self._sequences[sequence % self._ring] == sequence) or sequence in self._apart

    @property
    def room(self) -> int:
        """How many requests may be offered now."""
        return max(0, self.size - self._waiting)

    def offer(self, first: int, count: int, now: float, handles: "Numbers | int" = 0) -> None:
        """The requests first .. first + count - 1 go out now: all of them fit, or WindowFull and none is taken."""
        if count > self.room:
            raise WindowFull(
                f"{count} requests offered, {self.room} of {self.size} may go: wait for answers, or offer fewer"
            )
        sequences = np.arange(first, first + count)
        slots = sequences % self._ring
        taken = self._sequences[slots]
        if (taken != NOBODY).any() or self._apart:
            self._make_room(first, count, slots, taken)
        self._sequences[slots] = sequences
        self._handles[slots] = handles
        self._waiting += count
        self._runs.append((now + self.timeout, first, first + count))

    def complete(self, sequences: "Numbers | Sequence[int]") -> Numbers:
        """The handles of these requests, which wait no more; NOBODY for what nothing waited for."""
        sequences = np.asarray(sequences, np.int64)
        slots = sequences % self._ring
        waits = self._sequences[slots] == sequences
        handles = np.where(waits, self._handles[slots], NOBODY)
        mine = slots[waits]
        ascending = (np.diff(sequences) > 0).all()
        if not ascending and len(np.unique(mine)) < len(mine):  # answered twice in one read: the first one counts
            _, at = np.unique(sequences, return_index=True)
            twice = np.ones(len(sequences), bool)
            twice[at] = False
            handles[twice] = NOBODY
            waits &= ~twice
            mine = slots[waits]
        self._sequences[mine] = NOBODY
        self._waiting -= len(mine)
        if self._apart or self._overdue:
            for index in np.flatnonzero(~waits).tolist():
                handles[index] = self._late(int(sequences[index]))
        self._forget_answered_runs()
        return handles

    def next_deadline(self) -> float | None:
        """When the oldest request is overdue; None where nothing waits."""
        return self._runs[0][0] if self._waiting else None

    def expire(self, now: float) -> list[int]:
        """The requests whose answer is overdue, oldest first. They are in doubt, not unsent; an answer that comes all
        the same still gives their handle."""
        overdue: list[int] = []
        while self._runs and self._runs[0][0] <= now:
            overdue += self._left_of(*self._runs.popleft()[1:])
        for sequence in overdue:
            self._overdue[sequence] = self._take(sequence)
        for sequence in list(self._overdue)[: -self.size]:
            del self._overdue[sequence]
        self._forget_answered_runs()
        return overdue

    def close(self) -> list[int]:
        """Everything in flight, oldest first: the session is gone, its answers will not come."""
        left = [sequence for _, first, end in self._runs for sequence in self._left_of(first, end)]
        self._sequences[:] = NOBODY
        self._apart.clear()
        self._overdue.clear()
        self._runs.clear()
        self._waiting = 0
        return left

    def _make_room(self, first: int, count: int, slots: Numbers, taken: Numbers) -> None:
        run = range(first, first + count)
        clash = np.flatnonzero(taken != NOBODY)
        if (taken[clash] == clash + first).any() or any(sequence in run for sequence in self._apart):
            raise SequenceInUse(f"a request of {first} to {first + count - 1} waits for its answer already")
        for index in clash.tolist():
            self._apart[int(taken[index])] = int(self._handles[slots[index]])

    def _late(self, sequence: int) -> int:
        if sequence in self._apart:
            self._waiting -= 1
            return self._apart.pop(sequence)
        return self._overdue.pop(sequence, NOBODY)

    def _take(self, sequence: int) -> int:
        """The handle of a request that waits, and waits no more."""
        self._waiting -= 1
        slot = sequence % self._ring
        if self._sequences[slot] == sequence:
            self._sequences[slot] = NOBODY
            return int(self._handles[slot])
        return self._apart.pop(sequence)

    def _left_of(self, first: int, end: int) -> list[int]:
        """What of a run still waits."""
        sequences = np.arange(first, end)
        waits = self._sequences[sequences % self._ring] == sequences
        if self._apart:
            waits |= np.isin(sequences, list(self._apart))
        return [int(sequence) for sequence in sequences[waits]]

    def _forget_answered_runs(self) -> None:
        """Shortens the oldest run by what is answered, so that the first of the first run always waits."""
        while self._runs:
            deadline, first, end = self._runs[0]
            if first in self:
                return
            sequences = np.arange(first, end)
            waits = self._sequences[sequences % self._ring] == sequences
            if self._apart:
                waits |= np.isin(sequences, list(self._apart))
            if waits.any():
                self._runs[0] = deadline, first + int(waits.argmax()), end
                return
            self._runs.popleft()
