"""Calls are due at their instants and in their order, and not after the end."""

import asyncio
import random
import time

import uvloop

from local.carrier.delays import Delays


def test_calls_come_in_the_order_of_their_instants() -> None:
    delays = Delays()
    called: list[tuple[float, float]] = []

    async def wait() -> None:
        for seconds in random.Random(1).choices([0.0, 0.001, 0.0025, 0.05], k=200):
            at = time.monotonic() + seconds
            delays.later(seconds, lambda at=at: called.append((at, time.monotonic())))
        async with asyncio.timeout(90):
            while len(called) < 200:
                await asyncio.sleep(0.01)
        delays.later(0.0, lambda: called.append((0.0, 0.0)))
        delays.close()
        await asyncio.sleep(0.05)

    uvloop.run(wait())

    assert len(called) == 200
    assert [due for due, _ in called] == sorted(due for due, _ in called)
    assert all(due <= at for due, at in called)
