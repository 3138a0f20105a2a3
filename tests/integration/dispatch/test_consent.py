"""Promise 1 at the last moment: who opts out or leaves the base after acceptance is not messaged."""

import pytest

NUMBERS = range(201001000000, 201001000300)


def test_who_opted_out_or_left_the_base_after_acceptance_is_dropped(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        campaign = platform.accept(["two segments " * 15] * 300)
        platform.rows(
            "insert into account.opt_out (account_id, msisdn, source) select %s, unnest(%s::bigint[]), 'stop'",
            platform.account, list(NUMBERS[5:300:10]),
        )  # fmt: skip
        platform.rows("insert into account.opt_out (msisdn, source) values (%s, 'operator')", NUMBERS[6])
        platform.rows("delete from account.base_member where msisdn = any (%s)", list(NUMBERS[7:300:10]))
        platform.run_until_idle()
        reached = {int(record.destination) for record in smsc.witness.accepted()}

    assert reached == set(NUMBERS) - set(NUMBERS[5:300:10]) - {NUMBERS[6]} - set(NUMBERS[7:300:10])
    assert platform.dropped(campaign) == {"opted_out": 62, "not_in_base": 60}
    assert platform.progress(campaign) == {"segments": 600, "accepted": 478, "dropped": 122, "final_receipts": 478}
    assert platform.state(campaign) == "completed"


def test_an_opt_out_while_the_campaign_runs_counts_for_what_is_not_sent_yet(platform, carrier):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port, rate=100, window=10)
        campaign = platform.accept(["x"] * 300)
        platform.worker()
        platform.until(lambda: smsc.status()["accepted"] >= 50)
        platform.rows("delete from account.base_member where msisdn >= %s", NUMBERS[150])
        platform.until(lambda: platform.state(campaign) == "completed")
        reached = {int(record.destination) for record in smsc.witness.accepted()}

    assert reached == set(NUMBERS[:150])
    assert platform.dropped(campaign) == {"not_in_base": 150}


def test_a_half_sent_message_in_doubt_waits_for_its_proof_without_keeping_its_batch(platform, carrier):
    campaign = platform.accept(["two segments " * 15])
    with carrier() as smsc:
        connector = platform.connect(smsc.port)
        platform.rows(
            "with epoch as (insert into dispatch.epoch (worker, host, boot_id, pid, journal, settled_at)"
            " values ('dead', 'h', 'b', 1, 'j', now()) returning epoch_id),"
            " intent as (insert into dispatch.intent select epoch.epoch_id, 1, account_id, campaign_id, batch_id, 0, %s, 0, 1,"
            " '{1}', '{1}', '{1}' from epoch, dispatch.batch)"
            " insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, sent_at,"
            " epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)"
            " select account_id, campaign_id, 1, 1, 1, 'in_doubt', now(), epoch_id, 1, %s, 0, 1, 7, network_id, zone"
            " from epoch, dispatch.message",
            connector, connector,
        )  # fmt: skip
        platform.rows("insert into account.opt_out (msisdn, source) values (%s, 'operator')", NUMBERS[0])
        worker = platform.worker()
        platform.until(lambda: platform.one("select state from dispatch.batch") == "done")
        assert platform.progress(campaign) == {"segments": 2, "in_doubt": 1, "unsent": 1}

        platform.rows("update dispatch.batch set expires_at = now() - interval '61 minutes'")
        platform.until(lambda: platform.state(campaign) == "completed")
        worker.stop()
        assert smsc.witness.accepted() == []
    assert platform.progress(campaign) == {"segments": 2, "unknown": 1, "dropped": 1}


@pytest.mark.parametrize("stop", ["paused", "cancelled"])
def test_a_pause_or_cancellation_counts_within_a_second(platform, carrier, stop):
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port, rate=100, window=10)
        campaign = platform.accept(["x"] * 400)
        platform.worker()
        platform.until(lambda: smsc.status()["accepted"] >= 50)
        platform.rows("update intake.campaign set state = %s where campaign_id = %s", stop, campaign)
        platform.until(lambda: platform.one("select count(*) from dispatch.batch where state = 'leased'") == 0)
        stopped_at = len(smsc.witness.accepted())
        assert stopped_at < 300
        if stop == "paused":
            platform.rows("update intake.campaign set state = 'accepted' where campaign_id = %s", campaign)
        platform.until(lambda: platform.state(campaign) == "completed")
        reached = len(smsc.witness.accepted())

    assert reached == (400 if stop == "paused" else stopped_at)
    assert platform.dropped(campaign) == ({} if stop == "paused" else {"cancelled": 400 - stopped_at})


def test_an_opt_out_counts_for_what_was_intended_ahead_of_a_slow_carriers_window(platform, carrier):
    """Those intended ahead are looked at again before they go out, and few are intended in vain after that."""
    with carrier("--receipt-delay=0", "--latency=3") as smsc:
        platform.connect(smsc.port, window=5)
        campaign = platform.accept(["x"] * 25)
        platform.worker()
        platform.until(lambda: platform.one("select sum(cardinality(ordinals)) from dispatch.intent") == 10)
        platform.rows(
            "insert into account.opt_out (msisdn, source) select unnest(%s::bigint[]), 'stop'", list(NUMBERS[5:10])
        )
        platform.until(lambda: platform.state(campaign) == "completed")
        reached = {int(record.destination) for record in smsc.witness.accepted()}

    assert reached == {*NUMBERS[:5], *NUMBERS[10:25]}
    assert platform.dropped(campaign) == {"opted_out": 5}
    attempts = platform.attempts()
    assert attempts.pop(("not_sent", False)) < 15  # a whole window ahead each time would be 20
    assert attempts == {("accepted", False): 20}
