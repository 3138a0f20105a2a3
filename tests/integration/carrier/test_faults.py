"""What the simulated carrier does wrong when it is told to, and what its record says of it all the same."""

import asyncio
import csv
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from uuid import UUID

import pytest

from local.carrier.process import start
from smpp import status
from smpp.client import BindRefused
from smpp.receipt import State

MANY = range(2010000, 2010200)


def submitting(subscriber, numbers=MANY, *, until, **settings):
    """Binds, sends to the numbers, waits, unbinds."""

    async def story(port):
        session = await subscriber.bind(port, **settings)
        subscriber.send("x", *numbers)
        await subscriber.until(until)
        await session.unbind()

    return story


def test_a_silence_that_ends(run, subscriber, tmp_path):
    async def story(port):
        session = await subscriber.bind(port)
        subscriber.send("x", *MANY[:4])
        await session.settled(10)
        subscriber.send("x", *MANY[4:6])  # taken, never answered
        await subscriber.until(lambda: carrier.witness.count() == 6)
        while len(subscriber.answers) < 5:
            subscriber.send("x", MANY[6])
            await asyncio.sleep(0.05)
        await subscriber.until(lambda: len(subscriber.receipts) == carrier.witness.count())

    with start(tmp_path, "--silent-after=4", "--silent-for=0.5", "--receipt-delay=0") as carrier:
        run(story(carrier.port))

    assert {answer.message_id for answer in subscriber.answers}.isdisjoint({b"0000000005", b"0000000006"})


def test_a_half_open_session_says_nothing_at_all_and_another_one_works(run, subscriber, tmp_path):
    async def story(port):
        session = await subscriber.bind(port, enquire_link=0.1)
        session.timers.response = 0.3
        subscriber.send("x", *MANY[:3])
        subscriber.send("x", *MANY[3:6])
        await subscriber.until(lambda: subscriber.lost)
        again = await subscriber.bind(port)
        subscriber.send("x", MANY[0])
        await subscriber.until(lambda: len(subscriber.receipts) == carrier.witness.count() >= 4)
        assert again.open

    with start(tmp_path, "--half-open-after=3", "--receipt-delay=0") as carrier:
        run(story(carrier.port))
        accepted = carrier.witness.count()

    assert subscriber.lost[0].cause.value == "silent"
    assert accepted >= 4
    assert len(subscriber.answers) < accepted


def test_answers_change_their_order(run, subscriber, tmp_path):
    with start(tmp_path, "--latency=0.05", "--jitter=0.2") as carrier:
        run(submitting(subscriber, until=lambda: len(subscriber.answers) == 200)(carrier.port))

    sequences = [answer.sequence for answer in subscriber.answers]
    assert sequences != sorted(sequences)
    assert len(set(sequences)) == 200


def test_cut_after_the_answer(run, subscriber, tmp_path):
    async def story(port):
        await subscriber.bind(port)
        subscriber.send("x", *MANY[:5])
        await subscriber.until(lambda: subscriber.lost)

    with start(tmp_path, "--disconnect-after=5", "--disconnect-when=after") as carrier:
        run(story(carrier.port))

    assert len(subscriber.answers) == 5
    assert subscriber.lost[0].unanswered == ()


@pytest.mark.parametrize(("garbage", "cause"), [("octets", "garbage"), ("short", "garbage"), ("long", "silent")])
def test_an_answer_of_a_wrong_length_costs_its_session_only(run, subscriber, tmp_path, garbage, cause):
    async def story(port):
        session = await subscriber.bind(port, enquire_link=0.1)
        session.timers.response = 0.3
        subscriber.send("x", *MANY[:3])
        await subscriber.until(lambda: subscriber.lost)

    with start(tmp_path, "--garbage-after=3", f"--garbage={garbage}", "--receipt-delay=60") as carrier:
        run(story(carrier.port))
        assert carrier.witness.count() == 3

    assert subscriber.lost[0].cause.value in (cause, "garbage")
    assert [answer.message_id for answer in subscriber.answers[:2]] == [b"0000000001", b"0000000002"]


def test_a_receipt_that_lies_about_its_text_comes_again_in_order(run, subscriber, tmp_path):
    options = ["--garbage-after=1", "--garbage=sm_length", "--receipt-delay=0", "--resend=0.1"]
    with start(tmp_path, *options) as carrier:
        run(submitting(subscriber, until=lambda: len(subscriber.receipts) == 200)(carrier.port))
        assert len(carrier.witness.acknowledged()) == 200

    assert subscriber.session.counters.malformed == 1
    assert len({said.message_id for said in subscriber.receipts}) == 200


def test_a_share_is_refused_with_any_status_whomever_it_is_for(run, subscriber, tmp_path):
    with start(tmp_path, "--status=0x08=30", "--status=0x45=20", "--seed=5") as carrier:
        run(submitting(subscriber, [MANY[0]] * 400, until=lambda: len(subscriber.answers) == 400)(carrier.port))
        accepted = carrier.witness.count()

    told = Counter(answer.status for answer in subscriber.answers)
    assert set(told) == {status.ROK, status.RSYSERR, 0x45}
    assert 80 < told[status.RSYSERR] < 160
    assert 40 < told[0x45] < 120
    assert told[status.ROK] == accepted


def test_binds_are_refused_for_a_while(run, subscriber, tmp_path):
    async def story(port):
        with pytest.raises(BindRefused) as error:
            await subscriber.bind(port)
        assert error.value.status == status.RBINDFAIL
        while subscriber.session is None:
            try:
                await subscriber.bind(port)
            except BindRefused:
                await asyncio.sleep(0.1)
        await subscriber.session.unbind()

    with start(tmp_path, "--refuse-binds-for=3") as carrier:
        run(story(carrier.port))


def test_receipts_missing_and_twice_and_the_same_after_a_restart(run, subscriber, tmp_path):
    """Which ones are missing does not change when the carrier is killed: they never come."""
    options = ["--receipt-delay=0", "--missing-receipts=30", "--duplicate-receipts=50", "--seed=9"]

    async def again(port):
        await subscriber.bind(port)
        subscriber.send("y", MANY[0])
        await subscriber.until(lambda: len(subscriber.answers) == 201)
        await subscriber.until(lambda: (carrier.status()["accepted"], carrier.status()["receipts_owed"]) == (201, 0))

    with start(tmp_path, *options) as carrier:
        run(submitting(subscriber, until=lambda: len(carrier.witness.acknowledged()) >= 90)(carrier.port))
        carrier.kill()
    with start(tmp_path, *options) as carrier:
        run(again(carrier.port))
        received = set(carrier.witness.acknowledged())

    times = Counter(said.message_id for said in subscriber.receipts)
    assert {int(message_id) for message_id in times} == received
    assert 110 < len(received) < 170
    assert 30 < sum(count >= 2 for count in times.values()) < 110


def test_receipts_before_the_answer(run, subscriber, tmp_path):
    before = []

    def answered():
        before.append((len(subscriber.answers), len(subscriber.receipts)))
        return len(subscriber.answers) == 200

    with start(tmp_path, "--receipt-delay=60", "--early-receipts=40", "--latency=0.3") as carrier:
        run(submitting(subscriber, until=answered)(carrier.port))

    assert 50 < len(subscriber.receipts) < 110
    assert all(receipts for answers, receipts in before if answers)


def test_late_receipts(run, subscriber, tmp_path):
    def all_but_the_late_ones():
        figures = carrier.status()
        return figures["receipts_acknowledged"] + figures["receipts_owed"] == 200 == len(subscriber.answers)

    with start(tmp_path, "--receipt-delay=0", "--late-receipts=50", "--late-by=60") as carrier:
        run(
            submitting(subscriber, until=lambda: all_but_the_late_ones() and len(subscriber.receipts) > 70)(
                carrier.port
            )
        )

    assert 70 < len(subscriber.receipts) < 130


def test_receipts_in_all_layouts_with_ids_that_are_no_numbers(run, subscriber, tmp_path):
    ids = ["--id-form=uuid", "--receipt-id-form=uuid"]
    options = ["--receipt-layout=mixed", "--receipt-delay=0", "--rule=3=undeliverable", *ids]
    with start(tmp_path, *options) as carrier:
        run(submitting(subscriber, until=lambda: len(subscriber.receipts) == 200)(carrier.port))

    assert {said.message_id for said in subscriber.receipts} == {answer.message_id for answer in subscriber.answers}
    assert len({UUID(said.message_id.decode()) for said in subscriber.receipts}) == 200
    assert {said.state for said in subscriber.receipts if said.destination.endswith(b"3")} == {State.UNDELIVERABLE}
    assert all(said.reference for said in subscriber.receipts)


def test_subscribers_reply_once_acknowledged_and_never_again(run, subscriber, tmp_path):
    replies = []
    deliver = subscriber._delivered

    def keep(session, by_columns, pdus):
        replies.extend(pdu for pdu in pdus if pdu.esm_class == 0)
        deliver(session, by_columns, pdus)

    subscriber._delivered = keep
    options = ["--replies=25", "--reply-text=STOP ايقاف", "--reply-delay=0", "--receipt-delay=0"]
    with start(tmp_path, *options) as carrier:
        run(submitting(subscriber, until=lambda: len(subscriber.receipts) == 200 and replies)(carrier.port))
        carrier.kill()
    told = len(replies)
    with start(tmp_path, *options) as carrier:
        run(submitting(subscriber, [], until=lambda: carrier.status()["receipts_owed"] == 0)(carrier.port))
        assert len(carrier.witness.replied()) == len({pdu.source_addr for pdu in replies})

    assert 20 < len(replies) < 90
    assert told <= len(replies) <= told + 90
    assert {(pdu.destination_addr, pdu.body().decode("utf-16-be")) for pdu in replies} == {(b"NILE", "STOP ايقاف")}
    assert len(subscriber.receipts) == 200


def test_the_witness_tells_when_each_segment_was_read_to_the_microsecond(run, subscriber, tmp_path):
    before = time.time()
    with start(tmp_path) as carrier:
        run(submitting(subscriber, until=lambda: len(subscriber.answers) == 200)(carrier.port))
        times = [record.at for record in carrier.witness.accepted()]

    assert before < times[0] <= times[-1] < time.time()
    assert times == sorted(times)
    assert len(set(times)) > 100
    assert all(round(at, 6) == at for at in times)


def test_the_witness_as_a_statement(run, subscriber, tmp_path):
    options = ["--id-form=decimal", "--receipt-id-form=hex", "--receipt-delay=0"]
    with start(tmp_path, *options) as carrier:
        run(submitting(subscriber, MANY[:20], until=lambda: len(subscriber.receipts) == 20)(carrier.port))
        records = carrier.witness.accepted()
    written = subprocess.run(
        [sys.executable, "-m", "local.carrier", "statement", str(carrier.witness.path), "--receipt-id-form=hex"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip

    lines = list(csv.DictReader(written.splitlines()))
    assert [line["message_id"].encode() for line in lines] == [b"%08X" % number for number in range(1, 21)]
    assert [(line["destination"], line["source"], int(line["reference"])) for line in lines] == [
        (record.destination, record.source, record.reference) for record in records
    ]
    assert [datetime.fromisoformat(line["accepted_at"]).timestamp() for line in lines] == [one.at for one in records]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--status=0=5", "'0' is no command_status"),
        ("--status=full=5", "'full' is no command_status"),
        ("--status=8=500", "'500' is no percentage"),
        ("--missing-receipts=101", "101.0 is not in the range 0<=x<=100"),
    ],
)
def test_a_wrong_fault_is_explained(option, message):
    done = subprocess.run(
        [sys.executable, "-m", "local.carrier", "--port=0", option], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert message in done.stderr
