"""When a worker with --until-idle ends: nothing is left to send, and what may still come was waited for."""

from dataclasses import dataclass

from dispatch.desk import Desk
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load

log = logger("dispatch.idle")
Q = load("dispatch/idle")

SOON = 600.0  # a schedule within so many seconds is waited for
LATELY = 600.0  # receipts of campaigns that were sent off within so many seconds are waited for
RECEIPTS_QUIET = 20.0  # ... while any came within so many
DOUBT_QUIET = 120.0  # proof of what is in doubt: more than the time that a receipt stays unmatched
STUCK = 5.0  # no connector at all can be sent to
BLOCKED = 60.0  # some connector cannot, and nothing happens


class NothingCanBeSent(OutboundError):
    """Messages wait, and their carriers cannot be reached: which ones, why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a worker sees of itself.

    busy: something is on its way to the database. broken: batches that it gave up. progress: figures that change while
    anything happens. obstacles: why connectors cannot be sent to; stuck: none can.
    """

    busy: bool
    broken: frozenset[int]
    progress: tuple[int, ...]
    obstacles: list[str]
    stuck: bool


@dataclass(frozen=True, slots=True)
class Left:
    """to_send: batches; in_doubt, receipts: segments that wait for proof, for their final receipt."""

    to_send: int
    in_doubt: int
    receipts: int


class Idle:
    """Asked again and again. Instants are seconds of any clock."""

    def __init__(self) -> None:
        self._progress: tuple[int, ...] | None = None
        self._quiet_since = 0.0
        self._stuck_since: float | None = None

    async def look(self, desk: Desk, sight: Sight, now: float) -> bool:
        """Whether the worker may end. NothingCanBeSent: it should, and something is left."""
        ((to_send, in_doubt, receipts),) = await desk.rows(
            Q.left, {"broken": list(sight.broken), "soon": SOON, "lately": LATELY}
        )
        return self.judge(Left(to_send, in_doubt, receipts), sight, now)

    def judge(self, left: Left, sight: Sight, now: float) -> bool:
        """The same, told what is left."""
        if sight.progress != self._progress:
            self._progress, self._quiet_since = sight.progress, now
        quiet = now - self._quiet_since
        if not sight.stuck:
            self._stuck_since = None
        elif self._stuck_since is None:
            self._stuck_since = now
        if left.to_send:
            stuck = self._stuck_since is not None and now - self._stuck_since >= STUCK
            if stuck or (sight.obstacles and quiet >= BLOCKED):
                raise NothingCanBeSent(
                    f"{left.to_send} batches cannot be sent: {'; '.join(sight.obstacles)}. "
                    "Nothing is lost: correct the set-up (`outbound apply`) or wait for the carrier, then start again"
                )
            return False
        if sight.busy or (left.in_doubt and quiet < DOUBT_QUIET) or (left.receipts and quiet < RECEIPTS_QUIET):
            return False
        if left.in_doubt or left.receipts:
            log.info("ends without waiting longer", in_doubt=left.in_doubt, receipts=left.receipts)
        return True
