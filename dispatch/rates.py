"""A connector's contracted rate, shared out to its workers in the database: lowered well before it is raised."""

from collections.abc import Callable

from dispatch.desk import Desk
from outbound.queries import load

Q = load("dispatch/rates")


class RateShares:
    """Of one worker. Each changes its own row only, under the connector's lock, and keeps to what the row says."""

    def __init__(self, epoch: int, desk: Desk) -> None:
        self._epoch = epoch
        self._desk = desk
        self._shares: dict[int, int] = {}

    async def share(self, connector_id: int, rate: int, apply: Callable[[int], None]) -> None:
        """Asks what this worker may send from now on, whole segments a second, 0 until the others have made room.
        A lower share is applied before anybody else can see that it was lowered, a higher one once it is committed."""
        where = {"connector": connector_id, "epoch": self._epoch}
        async with self._desk.transaction() as connection:
            await connection.execute(Q.lock_rate.encode(), where)
            cursor = await connection.execute(Q.adjust_share.encode(), {**where, "rate": rate})
            (row,) = await cursor.fetchall()
            if row[0] < self._shares.get(connector_id, 0):
                apply(row[0])
        self._shares[connector_id] = row[0]
        apply(row[0])

    async def leave(self, connector_id: int) -> None:
        """This worker has no session there, and sends nothing: the others may have its share a second later."""
        if connector_id not in self._shares:
            return
        self._shares[connector_id] = 0
        where = {"connector": connector_id, "epoch": self._epoch}
        if not await self._desk.rows(Q.leave_share, where):
            del self._shares[connector_id]
