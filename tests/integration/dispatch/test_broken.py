"""Batches that cannot be sent as they were accepted: seen, reported, and ended like others by a cancel or their validity."""

import urllib.request

import pytest

from dispatch.control import CANCEL, change
from dispatch.status import overview


def accept_broken(platform, how, **options):
    """Three messages whose sender no carrier takes, or whose texts make other segments than were charged."""
    if how == "sender":
        return platform.accept(["x"] * 3, sender="A SENDER THAT IS FAR TOO LONG", **options)
    with platform.connection.transaction():
        campaign = platform.accept(["two segments " * 15] * 3, **options)
        platform.rows("update dispatch.message set text = 'x' where campaign_id = %s", campaign)
    return campaign


def waits():
    return {row["waits"]: row["messages"] for row in overview()["backlog"]}


@pytest.mark.parametrize("how", ["sender", "segments"])
def test_they_are_counted_and_can_be_cancelled(platform, carrier, how):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        worker = platform.worker("--http", "127.0.0.1:0")
        campaign = accept_broken(platform, how)
        platform.until(lambda: waits() == {"cannot be sent": 3})
        port = worker.events("endpoint")[0]["port"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            assert "outbound_dispatch_broken 1.0" in answer.read().decode()
        change(CANCEL, campaign, reason="test", wait=0)
        platform.until(lambda: platform.state(campaign) == "completed", 30)
        assert len(worker.events("batch cannot be sent")) == 1
        worker.stop()
        assert smsc.witness.accepted() == []
    assert platform.dropped(campaign) == {"cancelled": platform.progress(campaign)["segments"]}


def test_they_expire(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        platform.worker()
        platform.until(lambda: smsc.status()["binds"] == 1)
        campaign = accept_broken(platform, "sender", expires_in="4 seconds")
        platform.until(lambda: platform.state(campaign) == "completed", 60)
    assert platform.dropped(campaign) == {"expired": 3}


def test_a_worker_that_ends_by_itself_says_that_they_are_left(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        accept_broken(platform, "segments")
        good = platform.accept(["x"] * 3, first=201002000000)
        worker = platform.worker("--until-idle")
        assert worker.wait() == 1
    assert "1 batches cannot be sent: the log says why" in worker.log()
    assert platform.state(good) == "completed"
    assert platform.one("select count(*) from dispatch.batch where state = 'ready'") == 1
