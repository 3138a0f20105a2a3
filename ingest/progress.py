"""Waits for campaigns to end, on an event loop: woken by the database, and by a look now and then.

However many wait on a loop, one connection listens for all of them: campaigns wait for days, and a database has
connections for two hundred.
"""

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


class NoSuchCampaign(OutboundError):
    """There is no campaign of this id."""


async def wait_for(campaign_id: int, look: float = LOOK) -> str:
    """The state the campaign ended in: completed or rejected. Outlives restarts of the database."""
    loop = asyncio.get_running_loop()
    watch = _watches.get(loop)
    if watch is None:
        watch = _watches[loop] = _Watch(look)
    ended = watch.add(campaign_id)
    try:
        return await ended
    finally:
        watch.remove(campaign_id, ended)
        if watch.is_idle and _watches.get(loop) is watch:
            del _watches[loop]
            watch.stop()


class _Watch:
    """Looks for all who wait on one event loop, as long as anybody does."""

    def __init__(self, look: float) -> None:
        self._look = look
        self._waiting: dict[int, set[asyncio.Future[str]]] = {}
        self._added = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    @property
    def is_idle(self) -> bool:
        return not self._waiting

    def add(self, campaign_id: int) -> asyncio.Future[str]:
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(campaign_id, set()).add(ended)
        self._added.set()
        return ended

    def remove(self, campaign_id: int, ended: asyncio.Future[str]) -> None:
        waiting = self._waiting.get(campaign_id, set())
        waiting.discard(ended)
        if not waiting:
            self._waiting.pop(campaign_id, None)

    def stop(self) -> None:
        self._task.cancel()

    async def _run(self) -> None:
        try:
            while True:
                try:
                    await self._listen()
                except (psycopg.OperationalError, database.NoDatabase) as error:
                    log.warning("waiting without a database", campaigns=len(self._waiting), error=type(error).__name__)
                    await asyncio.sleep(self._look)
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits hears of it
            for campaign_id in list(self._waiting):
                self._tell(campaign_id, error)

    async def _listen(self) -> None:
        async with await database.connect_async("ingest", autocommit=True) as connection:
            await connection.execute(f"listen {CHANNEL}")
            while True:
                self._added.clear()
                await self._settle(connection)
                await self._wake_up(connection)

    async def _settle(self, connection: psycopg.AsyncConnection) -> None:
        """Tells those whose campaign has ended: one statement, however many wait."""
        asked = list(self._waiting)
        found = await connection.execute(C.progress, {"campaigns": asked})
        states: dict[int, str] = dict(await found.fetchall())
        for campaign_id in asked:
            state = states.get(campaign_id)
            if state is None:
                self._tell(campaign_id, NoSuchCampaign(f"there is no campaign {campaign_id}"))
            elif state in ("completed", "rejected"):
                self._tell(campaign_id, state)

    def _tell(self, campaign_id: int, end: str | Exception) -> None:
        for ended in self._waiting.get(campaign_id, ()):
            if ended.done():
                continue
            if isinstance(end, str):
                ended.set_result(end)
            else:
                ended.set_exception(end)

    async def _wake_up(self, connection: psycopg.AsyncConnection) -> None:
        """Returns when a campaign is spoken of that somebody waits for, somebody new waits, or it is time to look."""
        noticed, added = (asyncio.create_task(wait) for wait in (self._notice(connection), self._added.wait()))
        try:
            await asyncio.wait((noticed, added), timeout=self._look, return_when=asyncio.FIRST_COMPLETED)
        finally:
            added.cancel()
            noticed.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await noticed

    async def _notice(self, connection: psycopg.AsyncConnection) -> None:
        async for notice in connection.notifies():
            if notice.payload.isdecimal() and int(notice.payload) in self._waiting:
                return


_watches: dict[asyncio.AbstractEventLoop, _Watch] = {}
