"""Workers whose machine's clock is wrong: they say so and end, and give nothing up that is not over."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from dispatch.clock import WrongClock
from dispatch.worker import Pace, Worker


def shift(monkeypatch, seconds):
    monkeypatch.setattr("dispatch.clock.time", SimpleNamespace(time=lambda: time.time() + seconds))


async def until(worker, true):
    """Whatever the worker raises meanwhile, raised here."""
    running = asyncio.ensure_future(worker.run())
    async with asyncio.timeout(60):
        while not running.done() and not true():
            await asyncio.sleep(0.02)
    return running


@pytest.mark.parametrize(("seconds", "said"), [(3600, "3600 s ahead of"), (-3600, "3600 s behind")])
def test_a_worker_with_a_wrong_clock_does_not_start(platform, tmp_path, monkeypatch, seconds, said):
    shift(monkeypatch, seconds)

    async def story():
        await Worker("w").run()

    with pytest.raises(WrongClock, match=f"is {said} the database's: set whichever is wrong"):
        asyncio.run(story())
    assert platform.rows("select * from dispatch.epoch") == []
    assert list(tmp_path.rglob("*.journal")) == []


def test_a_worker_whose_clock_jumps_ends_and_leaves_nothing_open(platform, monkeypatch):
    async def story():
        running = await until(worker := Worker("w", Pace(renew=0.05)), lambda: worker.opened)
        shift(monkeypatch, 60)
        async with asyncio.timeout(60):
            await running

    with pytest.raises(WrongClock, match="ahead of"):
        asyncio.run(story())
    assert platform.one("select count(*) from dispatch.epoch where settled_at is null") == 0


def test_a_fast_clock_gives_nothing_up(platform, carrier, monkeypatch):
    """Two hours ahead, which `WrongClock` would have told of: a batch that expires in an hour is left as it is."""

    class Fast(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone or UTC) + timedelta(hours=2)

    for module in ("batches", "planner"):
        monkeypatch.setattr(f"dispatch.{module}.datetime", Fast)

    def fences():
        return platform.one("select last_value from dispatch.fence")

    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["x"] * 3, expires_in="1 hour")

        async def story():
            running = await until(worker := Worker("w", Pace(poll=0.05)), lambda: fences() > 2)
            worker.stop()
            await running

        asyncio.run(story())
    assert platform.dropped(campaign) == {}
