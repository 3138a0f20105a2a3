"""Leases that change while the database is asked about them."""

import asyncio
from datetime import UTC, datetime

from dispatch.boot import boottime
from dispatch.leases import Leases
from dispatch.parts import Batch


def batch(number: int) -> Batch:
    """Of a campaign of its own."""
    return Batch(number, 1, 70 + number, 1, 10, 5, datetime(2027, 1, 1, tzinfo=UTC), "NILE", "accepted", 100, None, 1e9)


class SlowDesk:
    """Another batch is leased while this one asks."""

    def __init__(self, held: dict[int, Batch]) -> None:
        self._held = held

    async def rows(self, statement: str, parameters: dict[str, object] | None = None) -> list[tuple[object, ...]]:
        asked = [one.campaign_id for one in self._held.values()]
        await asyncio.sleep(0)
        self._held[2] = batch(2)
        return [(campaign, "accepted", 5) for campaign in asked]


def test_a_batch_that_is_leased_while_states_are_asked_for_is_asked_about_next_time():
    held = {1: batch(1)}
    leases = Leases(1, SlowDesk(held))
    assert asyncio.run(leases.states(held.values())) == {1: ("accepted", 5)}


class NotingDesk:
    """What each heartbeat says of the one before it."""

    def __init__(self) -> None:
        self.said: list[object] = []

    async def rows(self, statement: str, parameters: dict[str, object]) -> list[tuple[object, ...]]:
        self.said.append(parameters["stored"])
        return []


def test_a_heartbeat_says_whether_all_is_stored_that_had_come_by_the_last_one():
    """What came meanwhile is nothing yet that another worker's silence could rest on."""

    async def story() -> list[object]:
        desk = NotingDesk()
        leases = Leases(1, desk)
        before = boottime()
        for unstored_since in (None, None, before):
            await leases.renew([], unstored_since)
        await leases.renew([], boottime())
        return desk.said

    assert asyncio.run(story()) == [False, True, False, True]
