"""The deliver_sm that one client is owed: due by time, on their way, or back because nobody acknowledged them.

Pure: the time comes in. A debt leaves only when it is acknowledged.
"""

import heapq
from typing import NamedTuple

from local.carrier.witness import Accepted
from smpp.receipt import State


class Debt(NamedTuple):
    """Owed for this segment: a receipt with this state and err, or the subscriber's reply where state is None."""

    record: Accepted
    state: State | None
    error: str = ""


class Debts:
    """Plan what is owed, take what is due, then settle each or put it back."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Debt]] = []
        self._count = 0
        self._sent: dict[tuple[object, int], Debt] = {}  # by session and sequence number

    def __len__(self) -> int:
        return len(self._due) + len(self._sent)

    def plan(self, debt: Debt, at: float) -> None:
        self._count += 1
        heapq.heappush(self._due, (at, self._count, debt))

    def take(self, now: float, most: int) -> list[Debt]:
        """What is due, oldest first; the caller sends it and says `sent`, or plans it again."""
        taken: list[Debt] = []
        while self._due and self._due[0][0] <= now and len(taken) < most:
            taken.append(heapq.heappop(self._due)[2])
        return taken

    def sent(self, session: object, first_sequence: int, run: list[Debt]) -> None:
        for sequence, debt in enumerate(run, first_sequence):
            self._sent[session, sequence] = debt

    def settle(self, session: object, sequence: int) -> Debt | None:
        """What this answer acknowledges: paid."""
        return self._sent.pop((session, sequence), None)

    def put_back(self, session: object, sequences: list[int] | None, at: float) -> None:
        """Not acknowledged: due again at this time. None = all that this session has on its way."""
        if sequences is None:
            sequences = [sequence for owner, sequence in self._sent if owner is session]
        for sequence in sequences:
            debt = self._sent.pop((session, sequence), None)
            if debt is not None:
                self.plan(debt, at)
