"""What became of a connector's attempts since its worker began: plain counters that only grow, read when somebody asks."""

from dataclasses import dataclass, field

from dispatch.parts import Ends
from dispatch.vitals import Histogram

OUTCOMES = ("accepted", "rejected", "transient", "in_doubt", "not_sent")
_ROUND_TRIPS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class Figures:
    """outcomes: attempts with a committed end; transient ones are rejected and tried again. held: seconds in which nothing
    was written because the carrier had asked for patience. round_trip: from a submission to its answer, seconds, of one in
    each read. reconnects: binds of lines that had had a session before."""

    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    held: float = 0.0
    round_trip: Histogram = field(default_factory=lambda: Histogram(_ROUND_TRIPS))
    binds_refused: int = 0
    reconnects: int = 0
    _bound: set[int] = field(default_factory=set)
    _held_until: float = float("-inf")

    def ended(self, ends: Ends) -> None:
        self.outcomes["transient" if ends.transient else ends.state] += len(ends)

    def bound(self, line: int) -> None:
        self.reconnects += line in self._bound
        self._bound.add(line)

    def hold(self, now: float, until: float) -> None:
        """Nothing is written until then; what was asked before may last still."""
        self.held += max(0.0, until - max(now, self._held_until))
        self._held_until = max(until, self._held_until)
