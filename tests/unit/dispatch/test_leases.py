"""Leases that change while the database is asked about them."""

import asyncio
from datetime import UTC, datetime

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
