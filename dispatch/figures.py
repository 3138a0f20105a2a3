"""What became of a connector's attempts since its worker began: plain counters that only grow, read when somebody asks."""

from dataclasses import dataclass, field

from dispatch.parts import Ends

OUTCOMES = ("accepted", "rejected", "transient", "in_doubt", "not_sent")


@dataclass(slots=True)
class Figures:
    """outcomes: attempts with a committed end; transient ones are rejected and tried again. held: seconds in which nothing
    was written because the carrier had asked for patience."""

    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    held: float = 0.0
    _held_until: float = float("-inf")

    def ended(self, ends: Ends) -> None:
        self.outcomes["transient" if ends.transient else ends.state] += len(ends)

    def hold(self, now: float, until: float) -> None:
        """Nothing is written until then; what was asked before may last still."""
        self.held += max(0.0, until - max(now, self._held_until))
        self._held_until = max(until, self._held_until)
