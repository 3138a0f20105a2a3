"""`outbound dispatch --connector`: workers that serve some connectors share a campaign by its routes, as one worker would."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from click.testing import CliRunner

from dispatch.cli import command
from tests.integration.dispatch.platform_by_hand import Platform

Carrier = Callable[..., Any]


def test_each_worker_sends_over_its_connectors_and_leaves_the_rest_to_the_other(
    platform: Platform, carrier: Carrier
) -> None:
    with carrier("--receipt-delay=0", name="a") as a, carrier("--receipt-delay=0", name="b") as b:
        platform.connect(a.port, "a", routes=["2010"])
        platform.connect(b.port, "b", routes=["2011"])
        platform.worker("--connector=a", name="near-a")
        platform.worker("--connector=b", name="near-b")
        platform.until(lambda: a.status()["binds"] and b.status()["binds"])
        numbers = [prefix * 10**8 + n for n in range(100) for prefix in (2010, 2011)]
        campaign = platform.accept(["x"] * 200, numbers=numbers, batch_size=40)
        platform.until(lambda: platform.state(campaign) == "completed")
        assert [smsc.status()["sessions"] for smsc in (a, b)] == [1, 1]
        reached = [{record.destination[:4] for record in smsc.witness.accepted()} for smsc in (a, b)]

    assert reached == [{"2010"}, {"2011"}]
    assert platform.progress(campaign) == {"segments": 200, "accepted": 200, "final_receipts": 200}


def test_a_dearer_connector_takes_over_only_when_the_cheaper_ones_worker_is_gone(
    platform: Platform, carrier: Carrier
) -> None:
    with carrier("--receipt-delay=0", name="cheap") as cheap, carrier("--receipt-delay=0", name="dear") as dear:
        platform.connect(cheap.port, "cheap", routes=[{"prefix": "20", "cost": "0.01"}])
        platform.connect(dear.port, "dear", routes=[{"prefix": "20", "cost": "0.02"}])
        near_cheap = platform.worker("--connector=cheap", name="near-cheap")
        platform.until(lambda: cheap.status()["binds"])
        platform.worker("--connector=dear", name="near-dear")
        platform.until(lambda: dear.status()["binds"])
        first = platform.accept(["x"] * 60, batch_size=20)
        platform.until(lambda: platform.state(first) == "completed")
        assert [smsc.witness.count() for smsc in (cheap, dear)] == [60, 0]
        near_cheap.stop()
        second = platform.accept(["x"] * 60, batch_size=20)
        platform.until(lambda: platform.state(second) == "completed")
        reached = Counter(record.destination for record in dear.witness.accepted())

    assert cheap.witness.count() == 60
    assert len(reached) == sum(reached.values()) == 60


def test_a_stopped_connector_of_another_worker_is_passed_over(platform: Platform, carrier: Carrier) -> None:
    with carrier("--receipt-delay=0", name="cheap") as cheap, carrier("--receipt-delay=0", name="dear") as dear:
        platform.connect(cheap.port, "cheap", routes=[{"prefix": "20", "cost": "0.01"}])
        platform.connect(dear.port, "dear", routes=[{"prefix": "20", "cost": "0.02"}])
        platform.worker("--connector=cheap", name="near-cheap")
        platform.worker("--connector=dear", name="near-dear")
        platform.until(lambda: cheap.status()["binds"] and dear.status()["binds"])
        CliRunner().invoke(command, ["stop", "--connector", "cheap", "--reason", "test"])
        campaign = platform.accept(["x"] * 60, batch_size=20)
        platform.until(lambda: platform.state(campaign) == "completed")
        assert [smsc.witness.count() for smsc in (cheap, dear)] == [0, 60]


def test_an_unknown_name_is_told_and_nothing_is_bound(platform: Platform, carrier: Carrier) -> None:
    with carrier(name="a") as a:
        platform.connect(a.port, "a")
        worker = platform.worker("--connector=a", "--connector=far")
        assert worker.wait() == 1
        assert a.status()["binds"] == 0
    assert "error: no connector is called far; there are: a. Correct --connector" in worker.log()


def test_a_worker_of_some_connectors_cannot_wait_for_all_that_is_left() -> None:
    told = CliRunner().invoke(command, ["--until-idle", "--connector", "a"])
    assert told.exit_code == 2
    assert "--until-idle waits for everything that is left: leave out --connector" in told.output
