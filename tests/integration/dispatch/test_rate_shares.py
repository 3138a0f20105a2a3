"""Shares of a rate over the real database: whatever workers ask for, together they never exceed it in any second."""

import asyncio
import random
import time

import pytest

from dispatch.desk import Desk
from dispatch.rates import RateShares
from tests.integration.dispatch.platform_by_hand import Platform


def epochs(platform: Platform, count: int) -> list[int]:
    return [
        platform.one(
            "insert into dispatch.epoch (worker, host, boot_id, pid, journal) values ('w', 'h', 'b', 1, %s)"
            " returning epoch_id",
            str(n),
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("scope", ["connector", "campaign"])
def test_whatever_workers_ask_for_no_second_holds_more_than_the_rate(platform: Platform, scope: str) -> None:
    subject, rate = 1_000_000_000_001, 100
    history: dict[int, list[tuple[float, int]]] = {epoch: [(0.0, 0)] for epoch in epochs(platform, 3)}

    async def work(epoch: int) -> None:
        desk = Desk()
        shares = RateShares(epoch, desk, scope)
        for _ in range(20):
            wants = random.choice([None, None, 0, 1, 30])
            await shares.share(subject, rate, wants, lambda share: history[epoch].append((time.monotonic(), share)))
            await asyncio.sleep(random.uniform(0.05, 0.3))
        await desk.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(work(epoch) for epoch in history))

    asyncio.run(all_of_them())
    assert max(share for changes in history.values() for _, share in changes) > 0
    for now in sorted(at for changes in history.values() for at, _ in changes):
        together = 0
        for changes in history.values():
            before = [share for at, share in changes if at <= now - 1.0]
            together += max([before[-1] if before else 0, *(share for at, share in changes if now - 1.0 < at <= now)])
        assert together <= rate


def test_whoever_has_no_use_for_its_share_leaves_it_to_the_others_and_gets_it_back(platform: Platform) -> None:
    connector = platform.connect(1)
    busy, idle = epochs(platform, 2)
    got: dict[int, int] = {}

    async def run() -> None:
        desk = Desk()
        workers = {epoch: RateShares(epoch, desk) for epoch in (busy, idle)}

        async def until(shares: dict[int, int], wants: dict[int, int | None]) -> None:
            async with asyncio.timeout(90):
                while got != shares:
                    for epoch, worker in workers.items():
                        await worker.share(connector, 100, wants[epoch], lambda share, e=epoch: got.update({e: share}))
                    await asyncio.sleep(0.05)

        await until({busy: 50, idle: 50}, {busy: None, idle: None})
        await until({busy: 99, idle: 1}, {busy: None, idle: 1})
        await until({busy: 50, idle: 50}, {busy: None, idle: None})
        await workers[idle].leave(connector)
        del workers[idle]
        got[idle] = 0
        await until({busy: 50, idle: 0}, {busy: None})
        platform.rows("delete from dispatch.rate_share where epoch_id = %s", idle)  # as recovery does
        await until({busy: 100, idle: 0}, {busy: None})
        await desk.close()

    asyncio.run(run())
