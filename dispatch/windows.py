"""Daily windows and quiet hours of campaigns: when one closes, the next opening is put on it, and leasing keeps to that."""

from dispatch.desk import Desk
from outbound import daily_window
from outbound.logs import logger
from outbound.queries import load

log = logger("dispatch.windows")
Q = load("dispatch/windows")


class Windows:
    """Of one worker; what it does is the same whoever does it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def run_once(self) -> None:
        for campaign_id, opens, closes, quiet_hours, zone, now in await self._desk.rows(Q.over):
            window = daily_window.of_campaign(opens, closes, quiet_hours, zone)
            assert window is not None  # noqa: S101  the schema has no opening without one
            opens_at, closes_at = window.at(now)
            await self._desk.rows(Q.move_on, {"campaign": campaign_id, "opens_at": opens_at, "closes_at": closes_at})
            log.info("campaign waits for its window", campaign=campaign_id, opens_at=opens_at, closes_at=closes_at)
