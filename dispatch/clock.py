"""Whether this machine's clock agrees with the database's: what goes out, and when a validity is over, is stamped by it."""

import time

from dispatch.boot import host
from dispatch.desk import Desk
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("dispatch/ledger")

TOLERANCE = 5.0  # seconds


class WrongClock(OutboundError):
    """This machine's clock and the database's are too far apart: by how much, and what to do."""


async def check(desk: Desk) -> None:
    """WrongClock where they surely differ by more than `TOLERANCE`, however long the question takes."""
    asked = time.time()
    rows = await desk.rows(Q.clock)
    answered = time.time()
    theirs = rows[0][0].timestamp()
    ahead, behind = asked - theirs, theirs - answered
    if max(ahead, behind) > TOLERANCE:
        raise WrongClock(
            f"the clock of {host()} is {max(ahead, behind):.0f} s {'ahead of' if ahead > behind else 'behind'} the database's: "
            "set whichever is wrong (`timedatectl` shows whether it is synchronised), then start the worker again. "
            "Nothing is lost"
        )
