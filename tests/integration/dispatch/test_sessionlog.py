"""Events of sessions are written in order and none is lost, whoever is cut off while writing."""

import asyncio
import contextlib

from dispatch.desk import Desk
from dispatch.sessionlog import SessionLog
from tests.integration.dispatch.platform_by_hand import Platform


class SlowDesk(Desk):
    """Writes, and is cut off before it can say so."""

    async def rows(self, statement, parameters=None):
        found = await super().rows(statement, parameters)
        await asyncio.sleep(3600)
        return found


def test_a_writer_that_is_cut_off_loses_no_event_and_doubles_none(platform: Platform) -> None:
    connector = platform.connect(1)

    async def run() -> None:
        slow, desk = SlowDesk("dispatch"), Desk("dispatch")
        log = SessionLog(5, slow)
        for line in range(5):
            log.add(connector, line, "bind")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(log.flush(), 0.5)
        log._desk = desk
        await log.flush()
        await log.flush()
        await slow.close()
        await desk.close()

    asyncio.run(run())
    assert platform.rows("select session from dispatch.session_event order by session_event_id") == [
        (0,), (1,), (2,), (3,), (4,),
    ]  # fmt: skip
