"""Workers that fall silent, lose their lease or their database: nothing is lost, nothing sent twice."""

import asyncio
import random
import signal
import time

import pytest

from dispatch.desk import Desk
from dispatch.leases import Leases


def test_a_worker_that_sleeps_through_its_lease_is_fenced_off_and_still_hands_in_its_answers(platform, carrier):
    with carrier("--receipt-delay=0.1", "--latency=0.05") as smsc:
        platform.connect(smsc.port, window=20)
        campaign = platform.accept(["x"] * 1500, batch_size=500)
        sleeper = platform.worker(name="sleeper")
        platform.until(lambda: smsc.status()["accepted"] >= 100)
        sleeper.process.send_signal(signal.SIGSTOP)
        platform.rows("update dispatch.batch set leased_until = now() - interval '1 second' where state = 'leased'")
        second = platform.worker(name="second")
        platform.until(lambda: len(smsc.witness.accepted()) >= 1000)
        sleeper.process.send_signal(signal.SIGCONT)
        platform.until(lambda: platform.state(campaign) == "completed")
        doubled, accepted = smsc.witness.doubled(), len(smsc.witness.accepted())
        assert sleeper.events("lost a lease"), sleeper.log()
        assert sleeper.process.poll() is None
        for worker in (sleeper, second):
            worker.stop()

    assert (doubled, accepted) == ([], 1500)
    assert platform.progress(campaign) == {"segments": 1500, "accepted": 1500, "final_receipts": 1500}
    assert platform.one("select count(*) from dispatch.epoch where settled_at is null") == 0


@pytest.mark.parametrize("boot", ["boot_id", "'another'"])
def test_a_worker_taken_for_dead_appends_its_answers_and_ends(platform, carrier, boot):
    """As if it hung for minutes, on this machine or on another one, and was settled without its journal."""
    with carrier("--receipt-delay=30", "--latency=0.5") as smsc:
        platform.connect(smsc.port, window=100)
        campaign = platform.accept(["x"] * 300)
        worker = platform.worker()
        platform.until(lambda: smsc.witness.path.exists() and len(smsc.witness.accepted()) >= 100)
        worker.process.send_signal(signal.SIGSTOP)
        platform.rows(f"update dispatch.epoch set boot_id = {boot}, heartbeat_at = now() - interval '1 hour'")
        platform.rows("update dispatch.batch set leased_until = now() - interval '1 second' where state = 'leased'")
        platform.worker(name="second")
        platform.until(lambda: platform.one("select count(*) from dispatch.epoch where settled_at is not null") == 1)
        worker.process.send_signal(signal.SIGCONT)
        assert worker.wait() == 1
        assert "was taken for dead and settled by another worker" in worker.log()
        platform.until(lambda: platform.progress(campaign).get("accepted") == 300)
        doubled = smsc.witness.doubled()

    assert doubled == []
    assert platform.one("select count(*) from dispatch.settlement where proof = 'answer' and state = 'accepted'") >= 100


def test_a_database_that_ends_connections_again_and_again_changes_nothing(platform, carrier):
    with carrier("--receipt-delay=0", "--latency=0.02") as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["x"] * 5000, batch_size=1000)
        worker = platform.worker()
        seen = 0
        while smsc.status()["accepted"] < 4000:
            time.sleep(random.uniform(0.001, 0.05))
            if (durable := platform.progress(campaign).get("accepted", 0)) > seen:  # slow machines get on as well
                seen = durable
                platform.rows(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
                    " and application_name = 'outbound dispatch'"
                )
        platform.until(lambda: platform.state(campaign) == "completed", 60)
        doubled, accepted = smsc.witness.doubled(), len(smsc.witness.accepted())
        worker.stop()
        assert worker.events("connection lost around a commit"), worker.log()

    assert (doubled, accepted) == ([], 5000)
    assert platform.attempts() == {("accepted", False): 5000}
    assert platform.one("select count(*) from dispatch.receipt_unmatched") == 0


def test_a_lease_whose_answer_was_lost_is_taken_again_by_the_same_worker(platform, carrier):
    """The worker knows nothing of it, so it neither renews nor sends it; no other one runs."""
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        worker = platform.worker()
        platform.until(lambda: smsc.status()["binds"] == 1)
        with platform.connection.transaction():
            campaign = platform.accept(["x"] * 20)
            platform.rows(
                "update dispatch.batch set state = 'leased', epoch_id = (select epoch_id from dispatch.epoch),"
                " fence = nextval('dispatch.fence'), leased_until = now() + interval '1 second'"
            )
        platform.until(lambda: platform.state(campaign) == "completed", 30)
        worker.stop()
        assert (smsc.witness.distinct(), smsc.witness.doubled()) == (20, [])


def test_two_workers_share_a_campaign(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        workers = [platform.worker(name=name) for name in ("a", "b")]
        platform.until(lambda: smsc.status()["binds"] == 2)
        campaign = platform.accept(["x"] * 4000, batch_size=200)
        platform.until(lambda: platform.state(campaign) == "completed")
        for worker in workers:
            worker.stop()
        doubled, accepted = smsc.witness.doubled(), len(smsc.witness.accepted())

    assert (doubled, accepted) == ([], 4000)
    assert platform.progress(campaign) == {"segments": 4000, "accepted": 4000, "final_receipts": 4000}
    assert platform.one("select count(distinct epoch_id) from dispatch.submission") == 2
    kinds = platform.rows("select kind, count(*) from intake.campaign_event group by kind order by kind")
    assert kinds == [("completed", 1), ("dispatched", 1), ("first_submission", 1)]


def test_a_worker_that_is_asked_to_end_waits_for_its_answers_and_leaves_the_rest(platform, carrier):
    with carrier("--receipt-delay=0", "--latency=0.2") as smsc:
        platform.connect(smsc.port, window=30)
        campaign = platform.accept(["x"] * 600)
        worker = platform.worker()
        platform.until(lambda: smsc.status()["accepted"] >= 60)
        worker.stop()
        assert worker.process.returncode == 0
        assert platform.progress(campaign)["accepted"] == len(smsc.witness.accepted()) < 600
        assert platform.one("select count(*) from dispatch.batch where state = 'ready'") == 1
        platform.run_until_idle()
        doubled = smsc.witness.doubled()

    assert doubled == []
    assert platform.progress(campaign) == {"segments": 600, "accepted": 600, "final_receipts": 600}


def test_a_worker_that_was_settled_leases_nothing(platform):
    """It woke up and does not know yet that it was taken for dead: what it took would wait for its lease to run out."""
    platform.accept(["x"])
    (epoch,) = platform.rows(
        "insert into dispatch.epoch (worker, host, boot_id, pid, journal) values ('w', 'h', 'b', 1, 'j') returning epoch_id"
    )[0]

    async def take():
        desk = Desk()
        try:
            return await Leases(epoch, desk).take(2, hungry=True, sending=True)
        finally:
            await desk.close()

    platform.rows("update dispatch.epoch set settled_at = now()")
    assert asyncio.run(take()) == []
    platform.rows("update dispatch.epoch set settled_at = null")
    assert len(asyncio.run(take())) == 1
