"""Receipts find their attempts, and attempts in doubt find their end: set by set in the database, by any worker."""

from collections.abc import Sequence
from datetime import datetime

import psycopg

from dispatch.desk import Desk
from outbound.logs import logger
from outbound.queries import load

log = logger("dispatch.matching")
Q = load("dispatch/receipts")

LIMIT = 20_000  # receipts of one statement
FRESH = 300.0  # seconds: younger receipts are looked at each time, older ones now and then
OLD_EVERY = 60.0


class Matcher:
    """Of one worker. What it does is the same whoever does it, and doing it twice changes nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._old_at = 0.0
        self.matched = 0

    async def run_once(self, now: float, listening: dict[int, datetime]) -> None:
        """listening: connector -> since when this worker hears its receipts. now: seconds of any clock."""
        age = FRESH
        if now >= self._old_at:
            age, self._old_at = 10 * 365 * 86400.0, now + OLD_EVERY
        after = 0
        while True:
            ((matched, seen, last),) = await self._desk.rows(
                Q.match_receipts, {"age": age, "limit": LIMIT, "after": after}
            )
            self.matched += matched
            if seen < LIMIT:
                break
            after = last
        self.matched += await self._settle(Q.match_in_doubt, {"limit": LIMIT})
        if listening:
            since = {"connectors": list(listening), "since": list(listening.values())}
            self.matched += await self._settle(Q.settle_by_silence, since)
        self.matched += await self._settle(Q.settle_by_time, {})

    async def _settle(self, statement: str, parameters: dict[str, object]) -> int:
        """Together with what follows from it: a death in between would leave messages that nobody looks at again."""
        async with self._desk.transaction() as connection:
            cursor = await connection.execute(statement.encode(), parameters)
            settled = await cursor.fetchall()
            if settled:
                await reopen(connection, settled)
        return len(settled)


async def reopen(connection: psycopg.AsyncConnection, settled: Sequence[tuple[int, ...]]) -> None:
    """The batches of these (campaign, ordinal) are planned again."""
    cursor = await connection.execute(
        Q.reopen_batches.encode(), {"campaigns": [row[0] for row in settled], "ordinals": [row[1] for row in settled]}
    )
    log.info("settled what was in doubt", attempts=len(settled), reopened=cursor.rowcount)
