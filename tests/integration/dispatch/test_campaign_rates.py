"""A campaign with a rate of its own: no second holds more of it, over all workers and connectors, and others pass it."""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from tests.integration.dispatch.platform_by_hand import Platform


def test_two_workers_keep_to_the_rate_of_a_campaign_and_another_one_is_not_held_up(
    platform: Platform, carrier: Callable[..., Any]
) -> None:
    with carrier("--receipt-delay=0", name="a") as a, carrier("--receipt-delay=0", name="b") as b:
        for name, smsc in (("a", a), ("b", b)):
            platform.connect(smsc.port, name, routes=[{"prefix": "20", "weight": 1}])
        workers = [platform.worker(name=name) for name in ("one", "two")]
        platform.until(lambda: a.status()["binds"] == b.status()["binds"] == 2)
        with platform.connection.transaction():
            slow = platform.accept(["x"] * 150, batch_size=40)
            platform.rows("update intake.campaign set rate = 30 where campaign_id = %s", slow)
        quick = platform.accept(["y"] * 2000, first=201005000000)
        platform.until(lambda: platform.state(quick) == "completed")
        assert platform.progress(slow)["unsent"] > 0
        platform.until(lambda: platform.state(slow) == "completed")
        records = [record for smsc in (a, b) for record in smsc.witness.accepted()]
        for worker in workers:
            worker.stop()

    assert len({record.destination for record in records}) == len(records) == 2150
    times = sorted(record.at for record in records if int(record.destination) < 201005000000)
    assert max(bisect_left(times, at + 1.0) - place for place, at in enumerate(times)) <= 30
    assert platform.one("select count(*) from dispatch.rate_share") == 0
