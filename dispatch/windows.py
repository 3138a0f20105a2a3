"""Daily windows of campaigns: when one closes, the next opening is put on the campaign, and leasing keeps to it."""

from dispatch.desk import Desk
from outbound.daily_window import DailyWindow
from outbound.logs import logger
from outbound.queries import load

log = logger("dispatch.windows")
Q = load("dispatch/windows")


class Windows:
    """Of one worker; what it does is the same whoever does it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run_once(self) -> None:
        for campaign_id, opens, closes, zone, now in await self._desk.rows(Q.over):
            opens_at, closes_at = DailyWindow(opens, closes, zone).at(now)
            await self._desk.rows(Q.move_on, {"campaign": campaign_id, "opens_at": opens_at, "closes_at": closes_at})
            log.info("campaign waits for its window", campaign=campaign_id, opens_at=opens_at, closes_at=closes_at)
