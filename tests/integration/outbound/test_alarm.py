"""The exact timer rings at its instant, once, and not at one that it was set away from."""

import asyncio
import time

import uvloop

from outbound.alarm import Alarm


def test_it_rings_once_at_the_instant_that_was_set_last() -> None:
    async def wait() -> tuple[list[float], float]:
        rung: list[float] = []
        done = asyncio.Event()

        def ring() -> None:
            rung.append(time.monotonic())
            done.set()

        alarm = Alarm(ring)
        alarm.set(time.monotonic() + 1000)
        at = time.monotonic() + 0.05
        alarm.set(at)
        await asyncio.wait_for(done.wait(), 90)
        alarm.set(time.monotonic() - 1.0)  # past: at once
        done.clear()
        await asyncio.wait_for(done.wait(), 90)
        alarm.set(float("inf"))
        await asyncio.sleep(0.05)
        alarm.close()
        return rung, at

    rung, at = uvloop.run(wait())
    assert len(rung) == 2
    assert at <= rung[0] <= rung[1]
