"""Several carriers at once: cost, weights, failover, kill switches, and changes while everything runs."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from click.testing import CliRunner

from dispatch.cli import command
from outbound.setup.connectors import change
from tests.integration.dispatch.platform_by_hand import Platform

Carrier = Callable[..., Any]
NUMBERS = range(201001000000, 201001001000)


def kinds(platform: Platform, name: str) -> list[str]:
    """The connector's session events but for counters."""
    rows = platform.rows(
        "select kind from dispatch.session_event join dispatch.connector using (connector_id)"
        " where name = %s and kind <> 'counters' order by session_event_id",
        name,
    )
    return [kind for (kind,) in rows]


def test_equals_share_by_weight_and_the_dearer_one_waits_its_turn(platform: Platform, carrier: Carrier) -> None:
    with (
        carrier("--receipt-delay=0", name="a") as a,
        carrier("--receipt-delay=0", name="b") as b,
        carrier("--receipt-delay=0", name="c") as c,
    ):
        platform.connect(a.port, "a", routes=[{"prefix": "20", "cost": "0.01", "weight": 3}])
        platform.connect(b.port, "b", routes=[{"prefix": "20", "cost": "0.01"}])
        platform.connect(c.port, "c", routes=[{"prefix": "20", "cost": "0.02"}])
        worker = platform.worker()
        platform.until(lambda: all(smsc.status()["binds"] for smsc in (a, b, c)))
        campaign = platform.accept(["x"] * 400, batch_size=400)
        platform.until(lambda: platform.state(campaign) == "completed")
        assert [smsc.witness.count() for smsc in (a, b, c)] == [300, 100, 0]
        worker.stop()


def test_what_waits_for_a_carrier_that_is_lost_goes_over_another_one_and_nothing_twice(
    platform: Platform, carrier: Carrier
) -> None:
    with carrier("--receipt-delay=0", name="dear") as dear:
        with carrier("--receipt-delay=0", name="cheap") as cheap:
            platform.connect(cheap.port, "cheap", routes=[{"prefix": "20", "cost": "0.01"}], rate=50, window=10)
            platform.connect(dear.port, "dear", routes=[{"prefix": "20", "cost": "0.02"}])
            worker = platform.worker()
            platform.until(lambda: cheap.status()["binds"] and dear.status()["binds"])
            campaign = platform.accept(["x"] * 500)
            platform.until(lambda: cheap.status()["accepted"] >= 20)
            assert dear.witness.count() == 0
            cheap.kill()
        platform.until(lambda: not platform.progress(campaign).get("unsent"))
        worker.stop()
        reached = Counter(record.destination for smsc in (cheap, dear) for record in smsc.witness.accepted())

    assert max(reached.values()) == 1
    progress = platform.progress(campaign)
    assert progress["accepted"] + progress.get("in_doubt", 0) == 500
    assert progress.get("in_doubt", 0) <= 10


def test_a_stopped_connector_sends_nothing_keeps_its_sessions_and_others_take_over(
    platform: Platform, carrier: Carrier
) -> None:
    with carrier("--receipt-delay=0", name="cheap") as cheap, carrier("--receipt-delay=0", name="dear") as dear:
        platform.connect(cheap.port, "cheap", routes=[{"prefix": "20", "cost": "0.01"}], rate=50)
        platform.connect(dear.port, "dear", routes=[{"prefix": "20", "cost": "0.02"}])
        worker = platform.worker()
        platform.until(lambda: cheap.status()["binds"] and dear.status()["binds"])
        campaign = platform.accept(["x"] * 500)
        platform.until(lambda: cheap.status()["accepted"] >= 20)
        CliRunner().invoke(command, ["stop", "--connector", "cheap", "--reason", "test"])
        platform.until(lambda: platform.state(campaign) == "completed")
        doubled = Counter(record.destination for smsc in (cheap, dear) for record in smsc.witness.accepted())
        assert cheap.status()["sessions"] == 1
        assert 20 <= cheap.witness.count() < 500
        worker.stop()

    assert platform.progress(campaign) == {"segments": 500, "accepted": 500, "final_receipts": 500}
    assert len(doubled) == 500
    assert kinds(platform, "cheap") == ["bind", "unbind"], worker.log()


def test_without_another_route_messages_wait_for_their_connector(platform: Platform, carrier: Carrier) -> None:
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        CliRunner().invoke(command, ["stop", "--connector", "cairo", "--reason", "test"])
        campaign = platform.accept(["x"] * 10)
        worker = platform.worker()
        platform.until(lambda: smsc.status()["binds"])
        told = platform.worker("--until-idle", name="second")
        assert told.wait() == 1
        assert "connector cairo is stopped: `outbound dispatch resume` lifts it" in told.log()
        assert platform.progress(campaign) == {"segments": 10, "unsent": 10}
        CliRunner().invoke(command, ["resume", "--connector", "cairo"])
        platform.until(lambda: platform.state(campaign) == "completed")
        worker.stop()


def test_rate_window_and_routes_change_under_way_and_no_session_ends(platform: Platform, carrier: Carrier) -> None:
    with carrier("--receipt-delay=0", name="a") as a, carrier("--receipt-delay=0", name="b") as b:
        platform.connect(a.port, "a", rate=20, window=2, settings={"unmatched_after": 1})
        platform.connect(b.port, "b", routes=["99"], settings={"unmatched_after": 1})
        campaign = platform.accept(["x"] * 600)
        worker = platform.worker()
        platform.until(lambda: a.status()["accepted"] >= 10)
        change("a", {"rate": 100, "window": 20, "sessions": 2})
        platform.until(lambda: a.status()["sessions"] == 2)
        platform.until(lambda: a.status()["accepted"] >= 200)
        change("b", {"routes": ["2010"]})
        change("a", {"rate": None})
        platform.until(lambda: platform.state(campaign) == "completed")
        reached = Counter(record.destination for smsc in (a, b) for record in smsc.witness.accepted())
        assert a.status()["binds"] == 2
        worker.stop()

    assert len(reached) == sum(reached.values()) == 600
    assert kinds(platform, "a") == ["bind", "bind", "unbind", "unbind"]


def test_a_connector_says_that_a_status_leaves_doubt(platform: Platform, carrier: Carrier) -> None:
    """As if the carrier were known to accept messages whose answer says otherwise: they wait for proof."""
    with carrier("--receipt-delay=0", "--queue-full-every=5") as smsc:
        platform.connect(smsc.port, answers={"0x00000014": "in_doubt"})
        campaign = platform.accept(["x"] * 50)
        worker = platform.worker()
        platform.until(lambda: platform.progress(campaign).get("final_receipts") == 40)
        worker.stop()

    assert platform.progress(campaign) == {"segments": 50, "accepted": 40, "in_doubt": 10, "final_receipts": 40}


def test_a_carrier_that_asks_for_patience_gets_the_campaign_in_its_order(platform: Platform, carrier: Carrier) -> None:
    """What it refused goes first after the pause: nobody overtakes it by more than what is under way."""
    with carrier("--receipt-delay=0", "--rate=40") as smsc:
        platform.connect(smsc.port, window=5, rate=60, ledger_window=10)
        platform.accept(["x"] * 150)
        platform.run_until_idle()
        order = [int(record.destination) - NUMBERS[0] for record in smsc.witness.accepted()]

    assert sorted(order) == list(range(150))
    assert platform.attempts()["rejected", True] > 0
    overtaken = [place - number for place, number in enumerate(order)]
    assert max(overtaken) <= 20


def test_a_carrier_that_is_ill_is_left_alone_and_tried_again_when_it_is_well(
    platform: Platform, carrier: Carrier
) -> None:
    with (
        carrier("--receipt-delay=0", "--status=0x08=100", name="cheap") as ill,
        carrier("--receipt-delay=0", name="dear") as dear,
    ):
        port = ill.port
        platform.connect(port, "cheap", routes=[{"prefix": "20", "cost": "0.01"}], rate=200)
        platform.connect(dear.port, "dear", routes=[{"prefix": "20", "cost": "0.02"}])
        worker = platform.worker()
        platform.until(lambda: ill.status()["binds"] and dear.status()["binds"])
        first = platform.accept(["x"] * 300)
        platform.until(lambda: platform.state(first) == "completed")
        assert dear.witness.count() == 300
        assert 50 <= ill.status()["refused"] < 250
        ill.stop()
        with carrier("--receipt-delay=0", name="well", port=port) as well:
            platform.until(lambda: well.status_file.exists() and well.status()["binds"])

            def has_work_again() -> bool:
                """Whether another campaign brought it some: until its circuit is tried, the other carrier gets all of it."""
                campaign = platform.accept(["x"] * 100)
                platform.until(lambda: platform.state(campaign) == "completed")
                return well.witness.count() >= 100

            platform.until(has_work_again)
        worker.stop()

    circuit = [kind for kind in kinds(platform, "cheap") if kind.startswith("circuit")]
    assert circuit[0] == "circuit_open"
    assert circuit[-2:] == ["circuit_half_open", "circuit_closed"]
    assert kinds(platform, "dear") == ["bind", "unbind"]
