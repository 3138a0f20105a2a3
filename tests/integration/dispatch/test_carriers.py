"""Carriers that cannot be reached, throttle, or are changed while the worker runs."""

from psycopg.types.json import Jsonb


def test_a_wrong_password_is_told(platform, carrier):
    with carrier() as smsc:
        platform.connect(smsc.port, password=Jsonb({"value": "wrong"}))
        campaign = platform.accept(["x"] * 3)
        worker = platform.worker("--until-idle")
        assert worker.wait() == 1

    assert "error: 1 batches cannot be sent: cairo (127.0.0.1:" in worker.log()
    assert "refused with ESME_RINVPASWD: wrong password; correct the connector's system_id, password" in worker.log()
    assert platform.progress(campaign) == {"segments": 3, "unsent": 3}


def test_a_carrier_that_is_not_there_is_told(platform, carrier):
    with carrier() as smsc:
        port = smsc.port
    platform.connect(port)
    platform.accept(["x"])
    worker = platform.worker("--until-idle")
    assert worker.wait() == 1
    assert f"cairo (127.0.0.1:{port}): cannot connect (Connection refused); is the server running" in worker.log()


def test_without_a_connector_nothing_is_given_up(platform):
    campaign = platform.accept(["x"])
    worker = platform.worker("--until-idle")
    assert worker.wait() == 1
    assert "no connector is set up that sends" in worker.log()
    assert platform.progress(campaign) == {"segments": 1, "unsent": 1}


def test_a_held_campaign_is_not_waited_for(platform, carrier):
    with carrier() as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["x"])
        platform.rows("update intake.campaign set state = 'paused' where campaign_id = %s", campaign)
        platform.run_until_idle()
    assert platform.progress(campaign) == {"segments": 1, "unsent": 1}


def test_a_number_without_a_route_is_given_up(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["x", "y"], numbers=[201001000000, 966501000000])
        platform.run_until_idle()
    assert platform.dropped(campaign) == {"no_route": 1}
    assert platform.state(campaign) == "completed"


def test_a_slip_in_the_routes_loses_nothing_that_was_accepted_before(platform, carrier):
    """It waits for them to come back; what no route served at its acceptance is given up all the same."""
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["x"] * 3, numbers=[201001000000, 201001000001, 966501000000])
        platform.rows("update dispatch.connector set routes = '[\"966111\"]'")
        later = platform.accept(["x"], first=201001000002)
        platform.worker()
        platform.until(lambda: platform.dropped(campaign) and platform.dropped(later))
        platform.rows("update dispatch.connector set routes = '[\"20\"]'")
        platform.until(lambda: platform.state(campaign) == "completed")
    assert (platform.dropped(campaign), platform.dropped(later)) == ({"no_route": 1}, {"no_route": 1})
    assert platform.progress(campaign)["accepted"] == 2


def test_what_is_not_sent_in_its_validity_expires_in_the_queue(platform, carrier):
    with carrier() as smsc:
        port = smsc.port
    platform.connect(port)
    campaign = platform.accept(["x"] * 5, expires_in="2 seconds")
    platform.worker()
    platform.until(lambda: platform.dropped(campaign) == {"expired": 5})
    platform.until(lambda: platform.state(campaign) == "completed")


def test_the_rate_is_kept_in_every_second_by_all_workers_together(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port, rate=101, window=10)
        platform.accept(["x"] * 400, batch_size=40)
        workers = [platform.worker("--until-idle", name=name) for name in ("a", "b")]
        assert [worker.wait() for worker in workers] == [0, 0], [worker.log() for worker in workers]
        times = [record.at for record in smsc.witness.accepted()]

    assert len(times) == 400
    assert max(sum(at <= other < at + 1.0 for other in times) for at in times) <= 101
    assert platform.one("select count(*) from dispatch.rate_share") == 0


def test_a_connector_that_is_changed_is_used_as_it_is_now(platform, carrier):
    with (
        carrier("--receipt-delay=0", name="first") as first,
        carrier("--receipt-delay=0", name="second") as second,
    ):
        platform.connect(first.port, rate=100)
        campaign = platform.accept(["x"] * 500, batch_size=100)
        platform.worker()
        platform.until(lambda: first.status()["accepted"] >= 50)
        platform.rows("update dispatch.connector set port = %s, rate = null", second.port)
        platform.until(lambda: platform.progress(campaign).get("accepted") == 500)
        reached = [record.destination for smsc in (first, second) for record in smsc.witness.accepted()]
        assert second.witness.accepted()

    assert len(reached) == len(set(reached)) == 500


def test_sessions_are_logged_with_their_end(platform, carrier):
    with carrier("--receipt-delay=0", "--disconnect-after=20") as smsc:
        platform.connect(smsc.port, window=5)
        campaign = platform.accept(["x"] * 45)
        worker = platform.worker()
        platform.until(lambda: len(smsc.witness.accepted()) >= 45)
        platform.until(lambda: platform.progress(campaign).get("final_receipts") == 45)
        worker.stop()

    kinds = [kind for (kind,) in platform.rows("select kind from dispatch.session_event order by session_event_id")]
    assert kinds == ["bind", "loss", "bind", "loss", "bind", "unbind"]
    reason, counters = platform.rows("select reason, counters from dispatch.session_event where kind = 'loss'")[0]
    assert reason
    assert counters["sent"] == 20
