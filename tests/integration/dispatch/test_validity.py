"""What a carrier is told with each segment: for how long it may still try, counted from the write."""

import asyncio
import re

from tests.integration.smpp.conftest import Remembering, serving

VALIDITY = re.compile(rb"0000(\d\d)(\d\d)(\d\d)(\d\d)000R")


def seconds(validity_period: bytes) -> int:
    days, hours, minutes, rest = map(int, VALIDITY.fullmatch(validity_period).groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def test_the_validity_that_is_left_goes_with_every_segment_and_a_minute_at_least(platform):
    """Nothing is left to the carrier's schedule: what may not go yet stays with us."""
    host = Remembering()

    async def story():
        async with serving(host) as server:
            platform.connect(server.port)
            platform.accept(["an hour " * 40] * 5, expires_in="1 hour")
            platform.accept(["y"] * 5, expires_in="26 hours 10 seconds", first=201002000000)
            platform.accept(["z"] * 5, expires_in="55 seconds", first=201003000000)
            worker = platform.worker()
            async with asyncio.timeout(60):
                while len(host.submitted_pdus) < 25:
                    await asyncio.sleep(0.02)
            await asyncio.to_thread(worker.stop)

    asyncio.run(story())
    assert all(pdu.schedule_delivery_time == b"" for pdu in host.submitted_pdus)
    left = {first: set() for first in (b"201001", b"201002", b"201003")}
    for pdu in host.submitted_pdus:
        left[pdu.destination_addr[:6]].add(seconds(pdu.validity_period))
    hour, day, short = left.values()
    assert 3600 - 60 < min(hour) <= max(hour) <= 3600
    assert 93_610 - 60 < min(day) <= max(day) <= 93_610
    assert short == {60}
