"""The requests of one session that wait for their answer.

Pure: the time comes in, nothing is sent from here. The window bounds what a crash can leave in
doubt: at most `size` requests of a session are ever without an answer.
"""

from collections import deque

from outbound.errors import OutboundError


class WindowFull(OutboundError):
    """More requests than the session allows would wait for an answer: wait for answers, then offer again."""


class SequenceInUse(OutboundError):
    """A request with this sequence number waits already: take sequence numbers from the session only."""


class Window:
    """Offer runs of requests, complete each by its sequence number, or let it expire.

    size: requests without an answer, at most. timeout: seconds that an answer may take.
    """

    def __init__(self, size: int, timeout: float) -> None:
        self.size = size
        self.timeout = timeout
        self._waiting: set[int] = set()
        self._runs: deque[tuple[float, int, int]] = deque()  # deadline, first, one past the last; oldest first

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, sequence: int) -> bool:
        return sequence in self._waiting

    @property
    def room(self) -> int:
        """How many requests may be offered now."""
        return max(0, self.size - len(self._waiting))

    def offer(self, first: int, count: int, now: float) -> None:
        """The requests first .. first + count - 1 go out now: all of them fit, or WindowFull and none is taken."""
        if count > self.room:
            raise WindowFull(
                f"{count} requests offered, {self.room} of {self.size} may go: wait for answers, or offer fewer"
            )
        run = range(first, first + count)
        if not self._waiting.isdisjoint(run):
            raise SequenceInUse(f"a request of {first} to {first + count - 1} waits for its answer already")
        self._waiting.update(run)
        self._runs.append((now + self.timeout, first, first + count))

    def complete(self, sequence: int) -> bool:
        """Whether this answer belongs to a request that waits; it waits no more."""
        if sequence not in self._waiting:
            return False
        self._waiting.remove(sequence)
        self._forget_answered_runs()
        return True

    def complete_all(self, sequences: list[int]) -> None:
        """The answers of one read; those that nothing waits for change nothing."""
        self._waiting.difference_update(sequences)
        self._forget_answered_runs()

    def next_deadline(self) -> float | None:
        """When the oldest request is overdue; None where nothing waits."""
        return self._runs[0][0] if self._waiting else None

    def expire(self, now: float) -> list[int]:
        """The requests whose answer is overdue, oldest first. They are in doubt, not unsent."""
        overdue: list[int] = []
        while self._runs and self._runs[0][0] <= now:
            _, first, end = self._runs.popleft()
            overdue += [sequence for sequence in range(first, end) if sequence in self._waiting]
        self._waiting.difference_update(overdue)
        self._forget_answered_runs()
        return overdue

    def close(self) -> list[int]:
        """Everything in flight, oldest first: the session is gone, its answers will not come."""
        left = [sequence for _, first, end in self._runs for sequence in range(first, end) if sequence in self._waiting]
        self._waiting.clear()
        self._runs.clear()
        return left

    def _forget_answered_runs(self) -> None:
        """Shortens the oldest run by what is answered, so that the first of the first run always waits."""
        while self._runs:
            deadline, first, end = self._runs[0]
            still = first
            while still < end and still not in self._waiting:
                still += 1
            if still < end:
                if still > first:
                    self._runs[0] = deadline, still, end
                return
            self._runs.popleft()
