"""What random rounds of kills and faults brought to light."""

import csv
import signal
import time

import pytest

from dispatch.statement import settle
from tests.integration.dispatch.platform_by_hand import FIRST_NUMBER

OTHER_NETWORK = 10**8


def test_a_batch_for_two_carriers_goes_on_when_another_worker_has_claimed_the_one_without_references(platform, carrier):
    """The worker that may send to the second carrier has no batch, and the one with the batch may not send there."""
    with (
        carrier("--receipt-delay=0", name="one") as one,
        carrier("--receipt-delay=0", "--no-reference", name="two") as two,
    ):
        platform.connect(one.port, name="one")
        platform.connect(two.port, name="two", routes=["2011"], echoes_reference=False)
        idle = platform.worker(name="idle")
        platform.until(lambda: two.status()["sessions"] == 1)
        platform.until(
            lambda: platform.one("select count(*) from pg_locks where locktype = 'advisory' and granted") > 0
        )
        platform.until(lambda: fell_asleep(platform, idle))  # its claim stands
        campaign = platform.accept(["x"] * 20, numbers=[FIRST_NUMBER + n + n % 2 * OTHER_NETWORK for n in range(20)])
        platform.worker(name="busy")
        platform.until(lambda: platform.progress(campaign).get("accepted") == 10)
        idle.process.send_signal(signal.SIGCONT)
        platform.until(lambda: platform.state(campaign) == "completed")
        assert two.witness.distinct() == 10


def fell_asleep(platform, worker) -> bool:
    """Stopped while it had no transaction open, which would lock others out as long; else it goes on."""
    worker.process.send_signal(signal.SIGSTOP)
    time.sleep(0.05)
    if platform.one(
        "select count(*) from pg_stat_activity where datname = current_database()"
        " and application_name = 'outbound dispatch' and state <> 'idle'"
    ):
        worker.process.send_signal(signal.SIGCONT)
        time.sleep(0.05)
        return False
    return True


def test_a_claim_that_was_lost_with_its_connection_comes_back_to_the_one_with_the_batch(platform, carrier):
    """The other worker may not send, as long as this one lives and has intents there, and so must not keep the claim."""
    backends = (
        "select pid from pg_stat_activity where datname = current_database() and application_name = 'outbound dispatch'"
    )
    with carrier("--receipt-delay=0", "--no-reference") as smsc:
        platform.connect(smsc.port, rate=50, window=5, echoes_reference=False)
        campaign = platform.accept(["x"] * 200)
        sending = platform.worker(name="sending")
        platform.until(lambda: smsc.status()["accepted"] >= 20)
        its = [pid for (pid,) in platform.rows(backends)]
        platform.worker(name="other")
        platform.until(lambda: smsc.status()["sessions"] == 2)
        sending.process.send_signal(signal.SIGSTOP)
        platform.rows("select pg_terminate_backend(pid) from unnest(%s) as pid", its)
        time.sleep(2.5)  # the other one claims once a second
        sending.process.send_signal(signal.SIGCONT)
        platform.until(lambda: platform.state(campaign) == "completed")
        assert (smsc.witness.distinct(), smsc.witness.doubled()) == (200, [])


@pytest.fixture
def lookalikes(platform, carrier):
    """Of one recipient: an accepted segment with the id 255, and one in doubt with the id 597, which is 0x255."""
    with carrier("--receipt-delay=60", "--silent-after=596") as smsc:
        platform.connect(smsc.port, window=1, sessions=1, settings={"response_timeout": 1})
        numbers = [FIRST_NUMBER + n for n in range(596)]
        numbers[254] = FIRST_NUMBER + 1000
        first = platform.accept(["x"] * 596, numbers=numbers, sender="FIRST")
        worker = platform.worker()
        platform.until(lambda: platform.progress(first).get("accepted") == 596)
        second = platform.accept(["y"], numbers=[FIRST_NUMBER + 1000], sender="SECOND")
        platform.until(lambda: platform.progress(second).get("in_doubt") == 1)
        worker.stop()
        smsc.kill()
    return second


def test_a_receipt_is_not_taken_for_that_of_another_segment_whose_id_looks_alike(platform, carrier, lookalikes):
    with carrier("--receipt-delay=0") as smsc:
        platform.rows("update dispatch.connector set port = %s", smsc.port)
        worker = platform.worker()
        platform.until(lambda: platform.one("select count(*) from dispatch.receipt_match") == 597)
        worker.stop()
    assert platform.progress(lookalikes) == {"segments": 1, "accepted": 1, "final_receipts": 1}


def test_a_statements_line_is_not_taken_for_another_segment_whose_id_looks_alike(
    platform, lookalikes, tmp_path, carrier
):
    with carrier("--receipt-delay=60") as smsc:
        records = smsc.witness.accepted()
    with (tmp_path / "march.csv").open("w") as file:
        lines = csv.writer(file)
        lines.writerow(["message_id", "destination", "source", "reference"])
        lines.writerows([f"{one.number:010d}", one.destination, one.source, one.reference] for one in records)
    told = settle(tmp_path / "march.csv", "cairo")
    assert (told.settled, told.only_in_statement, told.only_in_log) == (1, 0, 0)
    assert platform.progress(lookalikes) == {"segments": 1, "accepted": 1}


def test_what_was_settled_is_planned_anew_while_other_parts_wait_for_their_own_doubt(platform, carrier, tmp_path):
    """Of two messages in two parts the first ones are in doubt when their worker dies, and one recipient opts out. Once that one's
    part is proven, the other is given up: not only when the other message's doubt is over, which may take a day."""
    long = "x" * 200
    with carrier("--receipt-delay=600", "--no-reference", "--disconnect-after=2", "--disconnect-when=before") as smsc:
        platform.connect(smsc.port, window=2, echoes_reference=False)
        campaign = platform.accept([long, long])
        first = platform.worker()
        platform.until(lambda: platform.progress(campaign).get("in_doubt") == 2)
        first.kill()
        platform.rows(
            "insert into account.opt_out (account_id, msisdn, source) values (%s, %s, 'operator')",
            platform.account, FIRST_NUMBER,
        )  # fmt: skip
        platform.worker()
        platform.until(lambda: smsc.status()["sessions"] == 1)
        platform.until(lambda: platform.one("select state = 'leased' and epoch_id = 2 from dispatch.batch"))
        (proven,) = [one for one in smsc.witness.accepted() if one.destination == str(FIRST_NUMBER)]
        with (tmp_path / "march.csv").open("w") as file:
            lines = csv.writer(file)
            lines.writerow(["message_id", "destination", "source"])
            lines.writerow([f"{proven.number:010d}", proven.destination, proven.source])
        time.sleep(1)  # it has planned what it may send, and waits
        settle(tmp_path / "march.csv", "cairo")
        platform.until(lambda: platform.dropped(campaign) == {"opted_out": 1}, 15)
        assert platform.progress(campaign) == {"segments": 4, "accepted": 1, "in_doubt": 1, "dropped": 1, "unsent": 1}
