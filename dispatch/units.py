"""The units a campaign relies on: it is held before they expire, and goes on when a recharge is there (CHARGING 15).

Leasing and intents keep to what stands on the campaign; here it is looked at anew shortly before it counts.
"""

import time

from dispatch.desk import Desk
from outbound.logs import logger
from outbound.queries import load

log = logger("dispatch.units")
Q = load("dispatch/units")

HELD_EVERY = 60.0  # seconds: a recharge is seen at once, units that other campaigns have left at a look


class Units:
    """Of one worker; what it does is the same whoever does it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._held_at = 0.0  # when held campaigns are looked at next

    async def run_once(self) -> None:
        for (account_id,) in await self._desk.rows(Q.due):
            if await self._renew(account_id):
                for (campaign_id,) in await self._desk.rows(Q.hold, {"account": account_id}):
                    log.info("campaign held: its units expire", campaign=campaign_id)
        if time.monotonic() >= self._held_at:
            self._held_at = time.monotonic() + HELD_EVERY
            for (account_id,) in await self._desk.rows(Q.held):
                await self._renew(account_id)
        for campaign_id, *_ in await self._desk.rows(Q.release):
            log.info("campaign released: it has units", campaign=campaign_id)

    async def _renew(self, account_id: int) -> bool:
        """False while the account's turn is somebody else's: nothing of its campaigns goes meanwhile where it counts."""
        ((renewed,),) = await self._desk.rows(Q.renew, {"account": account_id})
        return bool(renewed)
