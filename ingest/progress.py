"""Waits for a campaign to end, on an event loop: woken by the database, and by a look now and then."""

import asyncio
import contextlib

import psycopg

from outbound import database
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load

log = logger("ingest.progress")
C = load("ingest/campaigns")

CHANNEL = "outbound_campaign"
LOOK = 15.0  # seconds after which a lost wake-up is made up for


async def wait_for(campaign_id: int, look: float = LOOK) -> str:
    """The state the campaign ended in: completed or rejected. Outlives restarts of the database."""
    while True:
        try:
            return await _wait(campaign_id, look)
        except (psycopg.OperationalError, database.NoDatabase) as error:
            log.warning("waiting without a database", campaign=campaign_id, error=type(error).__name__)
            await asyncio.sleep(look)


async def _wait(campaign_id: int, look: float) -> str:
    async with await database.connect_async("ingest", autocommit=True) as connection:
        await connection.execute(f"listen {CHANNEL}")
        while True:
            row = await (await connection.execute(C.progress, {"campaign": campaign_id})).fetchone()
            if row is None:
                raise NoSuchCampaign(f"there is no campaign {campaign_id}")
            if row[0] in ("completed", "rejected"):
                return str(row[0])
            await _wake_up(connection, campaign_id, look)


async def _wake_up(connection: psycopg.AsyncConnection, campaign_id: int, look: float) -> None:
    """Returns when the campaign is spoken of, or it is time to look."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(look):
            async for notice in connection.notifies():
                if notice.payload == str(campaign_id):
                    return


class NoSuchCampaign(OutboundError):
    """There is no campaign of this id."""
