"""The milestones of a campaign: first submission, all dispatched, completed. Each is written once."""

import time

import psycopg

from dispatch.desk import Desk
from outbound.logs import logger
from outbound.queries import load

log = logger("dispatch.completion")
Q = load("dispatch/completion")

_PATIENCE = 20  # a campaign is looked at again after so many times what the look took


class Completion:
    """Of one worker; one at a time looks. A large campaign is looked at less often: each look reads its log."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._next_look: dict[int, float] = {}

    async def run_once(self, *, patient: bool = True) -> None:
        """patient: large campaigns may wait for their next look, and all of them where another worker looks."""
        async with self._desk.transaction() as connection:
            cursor = await connection.execute((Q.try_turn if patient else Q.turn).encode())
            row = await cursor.fetchone()
            if row is None or row[0] is False:
                return
            await connection.execute(Q.first_submissions.encode())
            cursor = await connection.execute(Q.mark_dispatched.encode())
            for campaign_id, _ in await cursor.fetchall():
                log.info("campaign dispatched", campaign=campaign_id)
            cursor = await connection.execute(Q.awaiting_completion.encode())
            waiting = [row[0] for row in await cursor.fetchall()]
            self._next_look = {campaign: at for campaign, at in self._next_look.items() if campaign in waiting}
            for campaign_id in waiting:
                began = time.monotonic()
                if patient and began < self._next_look.get(campaign_id, 0.0):
                    continue
                if await self._complete(connection, campaign_id):
                    log.info("campaign completed", campaign=campaign_id)
                self._next_look[campaign_id] = began + 0.5 + _PATIENCE * (time.monotonic() - began)

    async def _complete(self, connection: psycopg.AsyncConnection, campaign_id: int) -> bool:
        where = {"campaign": campaign_id}
        row = await (await connection.execute(Q.may_be_complete.encode(), where)).fetchone()
        if row is None or not row[0]:
            return False
        return await (await connection.execute(Q.mark_completed.encode(), where)).fetchone() is not None
