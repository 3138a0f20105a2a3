"""Receipts find their attempts, and attempts in doubt find their end: set by set in the database, by any worker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import psycopg

from dispatch.desk import Desk
from outbound.logs import logger
from outbound.queries import load
from smpp import message_id
from smpp.message_id import Form

log = logger("dispatch.matching")
Q = load("dispatch/receipts")
DOUBT = load("dispatch/doubt")

LIMIT = 20_000  # receipts of one statement
YOUNG = timedelta(hours=3)  # before its receipt: older attempts are looked for when the receipt waits
FRESH = 300.0  # seconds: younger receipts that wait are looked at each time, older ones now and then
OLD_EVERY = 60.0


class Matcher:
    """Of one worker. What it does is the same whoever does it, and doing it twice changes nothing."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._old_at = 0.0
        self._adopted = False
        self.matched = 0

    async def run_once(self, now: float, listening: dict[int, datetime]) -> None:
        """listening: connector -> since when this worker hears its receipts. now: seconds of any clock."""
        if not self._adopted:
            await self._desk.rows(Q.adopt_cluster)
            self._adopted = True
        while await self._match_lot():
            pass
        await self._match_waiting(now)
        self.matched += await self._settle(DOUBT.match_in_doubt, {"limit": LIMIT})
        if listening:
            since = {"connectors": list(listening), "since": list(listening.values())}
            self.matched += await self._settle(DOUBT.settle_by_silence, since)
        self.matched += await self._settle(DOUBT.settle_by_time, {})

    async def _match_lot(self) -> bool:
        """The next new receipts; whether there are more that are ready."""
        async with self._transaction() as connection:
            turn = await (await connection.execute(Q.take_turn.encode())).fetchone()
            if turn is None:
                return False
            done, ready, next_ready = turn
            where = {"done": done, "ready": ready, "limit": LIMIT}
            end, first = await (await connection.execute(Q.next_lot.encode(), where)).fetchone() or (ready, None)
            if first is not None:
                await self._match(connection, {"done": done, "end": end, "oldest": first - YOUNG})
            await connection.execute(Q.end_turn.encode(), {"done": end, "next_ready": next_ready})
        return bool(end != ready)

    async def _match(self, connection: psycopg.AsyncConnection, where: dict[str, object]) -> None:
        matched, left = await (await connection.execute(Q.match_lot.encode(), where)).fetchone() or (0, [])
        self.matched += matched
        if left:
            cursor = await connection.execute(Q.wait.encode(), {**where, "receipts": left})
            await _know_ids(connection, await cursor.fetchall())

    async def _match_waiting(self, now: float) -> None:
        age = FRESH
        if now >= self._old_at:
            age, self._old_at = 10 * 365 * 86400.0, now + OLD_EVERY
        after = 0
        while True:
            where = {"age": age, "limit": LIMIT, "after": after}
            async with self._transaction() as connection:
                row = await (await connection.execute(Q.match_waiting.encode(), where)).fetchone()
            matched, seen, last = row or (0, 0, 0)
            self.matched += matched
            if seen < LIMIT:
                return
            after = last

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[psycopg.AsyncConnection]:
        async with self._desk.transaction() as connection:
            await connection.execute(Q.one_by_one.encode())
            yield connection

    async def _settle(self, statement: str, parameters: dict[str, object]) -> int:
        """Together with what follows from it: a death in between would leave messages that nobody looks at again."""
        async with self._transaction() as connection:
            cursor = await connection.execute(statement.encode(), parameters)
            settled = await cursor.fetchall()
            if settled:
                await reopen(connection, settled)
        return len(settled)


async def _know_ids(connection: psycopg.AsyncConnection, waiting: Sequence[tuple[int, str | None, str]]) -> None:
    """Where the form of a carrier's ids is not known: a receipt's id may stand for several. waiting: receipt, id, form."""
    unsure = [
        (receipt, "\x1f".join(message_id.receipt_keys(key.encode(), form)))
        for receipt, key, form in waiting
        if key is not None and form == Form.AUTO
    ]
    if unsure:
        known = {"receipts": [receipt for receipt, _ in unsure], "keys": [several for _, several in unsure]}
        await connection.execute(Q.know_ids.encode(), known)


async def reopen(connection: psycopg.AsyncConnection, settled: Sequence[tuple[int, ...]]) -> None:
    """The batches of these (campaign, ordinal) are planned again."""
    cursor = await connection.execute(
        DOUBT.reopen_batches.encode(),
        {"campaigns": [row[0] for row in settled], "ordinals": [row[1] for row in settled]},
    )
    log.info("settled what was in doubt", attempts=len(settled), reopened=cursor.rowcount)
