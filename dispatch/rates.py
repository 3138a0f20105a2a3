"""A contracted rate, of a connector or of a campaign, shared out to the workers in the database: lowered well before
it is raised."""

from collections.abc import Callable, Mapping

from dispatch.desk import Desk
from outbound.queries import load

Q = load("dispatch/rates")


class RateShares:
    """Of one worker. Each changes its own row only, under the subject's lock, and keeps to what the row says. scope: what
    the ids are of, connector or campaign."""

    def __init__(self, epoch: int, desk: Desk, scope: str = "connector") -> None:
        self._epoch = epoch
        self._desk = desk
        self._scope = scope
        self._shares: dict[int, int] = {}

    async def share(self, subject: int, rate: int, wants: int | None, apply: Callable[[int], None]) -> None:
        """Asks what this worker may send from now on, whole segments a second, 0 until the others have made room.
        wants: what it has a use for, None = whatever it gets. A lower share is applied before anybody else can see that
        it was lowered, a higher one once it is committed."""
        where = {"scope": self._scope, "subject": subject, "epoch": self._epoch}
        async with self._desk.transaction() as connection:
            await connection.execute(Q.lock_rate.encode(), where)
            cursor = await connection.execute(Q.claims.encode(), where)
            rows = await cursor.fetchall()
            demands = {epoch: demand for epoch, _, demand in rows} | {self._epoch: wants}
            claimed = sum(claim for epoch, claim, _ in rows if epoch != self._epoch)
            share = min(fair(rate, demands)[self._epoch], max(0, rate - claimed))
            if share < self._shares.get(subject, 0):
                apply(share)
            await connection.execute(Q.keep_share.encode(), {**where, "rate": share, "demand": wants})
        self._shares[subject] = share
        apply(share)

    async def leave(self, subject: int) -> bool:
        """This worker sends nothing there: the others may have its share a while later. Whether they have it."""
        if subject not in self._shares:
            return True
        self._shares[subject] = 0
        where = {"scope": self._scope, "subject": subject, "epoch": self._epoch}
        if not await self._desk.rows(Q.leave_share, where):
            del self._shares[subject]
        return subject not in self._shares


def fair(rate: int, demands: Mapping[int, int | None]) -> dict[int, int]:
    """The rate in whole segments, by worker: nobody gets less than an equal part unless it wants less; what is left over
    then is shared equally, as a start for whoever wants more. Where it does not divide the oldest have one more."""
    shares: dict[int, int] = {}
    left = rate
    by_demand = sorted(demands, key=lambda worker: (_least(demands[worker], rate), -worker))
    for place, worker in enumerate(by_demand):
        part = left // (len(by_demand) - place)
        shares[worker] = min(part, _least(demands[worker], rate))
        left -= shares[worker]
    for place, worker in enumerate(sorted(demands)):
        shares[worker] += left // len(demands) + (1 if place < left % len(demands) else 0)
    return shares


def _least(demand: int | None, rate: int) -> int:
    return rate if demand is None else min(demand, rate)
