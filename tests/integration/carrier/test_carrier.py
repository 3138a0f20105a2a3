"""The simulated carrier as a process: its record is a witness, its receipts find their client, whatever is killed."""

import asyncio
from collections import Counter

import pytest

from local.carrier.process import CarrierDidNotStart, start
from smpp import status
from smpp.address import sender
from smpp.client import BindAs, BindRefused
from smpp.receipt import State
from smpp.submit import Block

CAIRO = 201001234567


def test_what_was_accepted_is_on_record_octet_for_octet(run, subscriber, tmp_path):
    texts = ["Hello €", "عزيزي العميل " * 20 + "😀", "a" * 152 + "€" + "a" * 152]

    async def story(port):
        session = await subscriber.bind(port)
        for text in texts:
            subscriber.send(text, CAIRO)
        await subscriber.until(lambda: len(subscriber.answers) == 1 + 4 + 3)
        await subscriber.until(lambda: len(subscriber.receipts) == 8)
        await session.unbind()

    with start(tmp_path, "--receipt-delay", "0") as carrier:
        run(story(carrier.port))
        records = carrier.witness.accepted()

    assert carrier.witness.texts() == {str(CAIRO): texts}
    assert [(record.data_coding, record.esm_class) for record in records] == [(0, 0)] + [(8, 64)] * 4 + [(0, 64)] * 3
    assert records[1].body[6:] == texts[1].encode("utf-16-be")[:134]
    assert [b"%010d" % record.number for record in records] == [answer.message_id for answer in subscriber.answers]
    assert {(said.message_id, said.reference, said.state) for said in subscriber.receipts} == {
        (b"%010d" % record.number, record.reference, State.DELIVERED) for record in records
    }
    assert (carrier.witness.distinct(), carrier.witness.doubled()) == (8, [])


def test_a_segment_that_is_sent_twice_is_told(run, subscriber, tmp_path):
    async def story(port):
        session = await subscriber.bind(port)
        subscriber.send("once", CAIRO)
        first = session.take_sequences(2)
        twice = [b"twice", b"twice"]
        octets = Block(source=sender("NILE")).encode(first, [CAIRO, CAIRO], twice, [0, 0], [0, 0], [9, 9])
        session.submit(octets, first, 2)
        await subscriber.until(lambda: len(subscriber.answers) == 3)
        await session.unbind()

    with start(tmp_path) as carrier:
        run(story(carrier.port))
        assert (len(carrier.witness.accepted()), carrier.witness.distinct()) == (3, 2)
        assert [record.body for record in carrier.witness.doubled()] == [b"twice"]


def test_each_fate_has_its_receipts(run, subscriber, tmp_path):
    async def story(port):
        session = await subscriber.bind(port)
        subscriber.send("x", 2010001, 2010002, 2010003, 2010004, 2010005)
        await subscriber.until(lambda: len(subscriber.receipts) == 5)
        await session.unbind()

    rules = ["2=handset_off", "3=undeliverable", "4=expired", "5=rejected"]
    with start(tmp_path, *(f"--rule={rule}" for rule in rules), "--handset-off=0.3", "--expiry=0.1") as carrier:
        run(story(carrier.port))

    assert [answer.status for answer in subscriber.answers] == [0, 0, 0, 0, status.RINVDSTADR]
    said = {}
    for one in subscriber.receipts:
        said.setdefault(one.destination, []).append((one.state, one.error))
    assert said == {
        b"2010001": [(State.DELIVERED, "000")],
        b"2010002": [(State.ENROUTE, "027"), (State.DELIVERED, "000")],
        b"2010003": [(State.UNDELIVERABLE, "001")],
        b"2010004": [(State.EXPIRED, "027")],
    }
    assert len(carrier.witness.accepted()) == 4


def test_shares_decide_by_destination_and_seed_alone(run, subscriber, tmp_path):
    async def story(port):
        session = await subscriber.bind(port)
        subscriber.send("x", *range(201000000000, 201000001000))
        await subscriber.until(lambda: len(subscriber.receipts) == 1000)
        await session.unbind()

    outcomes = []
    for folder in ("first", "second"):
        subscriber.receipts.clear()
        with start(tmp_path / folder, "--share=undeliverable=30", "--seed=7", "--receipt-delay=0") as carrier:
            run(story(carrier.port))
        outcomes.append({said.destination: said.state for said in subscriber.receipts})

    assert outcomes[0] == outcomes[1]
    assert 250 < Counter(outcomes[0].values())[State.UNDELIVERABLE] < 350


def test_receipts_only_where_they_were_asked_for(run, subscriber, tmp_path):
    async def story(port):
        session = await subscriber.bind(port)
        subscriber.send("none", 2010001, registered_delivery=0)
        subscriber.send("on failure", 2010001, 2010003, registered_delivery=2)
        subscriber.send("any", 2010004, registered_delivery=1)
        await subscriber.until(lambda: len(subscriber.receipts) == 2)
        await session.unbind()

    with start(tmp_path, "--rule=3=undeliverable", "--receipt-delay=0") as carrier:
        run(story(carrier.port))

    assert {said.destination for said in subscriber.receipts} == {b"2010003", b"2010004"}


def test_receipts_wait_for_a_client_that_is_away(run, subscriber, tmp_path):
    async def story(port):
        session = await subscriber.bind(port)
        subscriber.send("x", *range(2010000, 2010050))
        await subscriber.until(lambda: len(subscriber.answers) == 50)
        session.close()
        await session.wait_closed()
        await subscriber.bind(port, bind=BindAs.TRANSMITTER)  # this one may not receive
        await subscriber.bind(port, bind=BindAs.RECEIVER)
        await subscriber.until(lambda: len(subscriber.receipts) == 50)
        await subscriber.session.unbind()

    with start(tmp_path, "--receipt-delay=0.1") as carrier:
        run(story(carrier.port))
        assert len(carrier.witness.acknowledged()) == 50


def test_what_was_not_acknowledged_comes_again_at_the_next_bind(run, subscriber, tmp_path):
    async def story(port):
        subscriber.acknowledging = False
        session = await subscriber.bind(port)
        subscriber.send("x", 2010001, 2010002)
        await subscriber.until(lambda: len(subscriber.receipts) == 2)
        session.close()
        await session.wait_closed()
        subscriber.acknowledging = True
        await subscriber.bind(port)
        await subscriber.until(lambda: len(subscriber.receipts) == 4)
        await subscriber.session.unbind()

    with start(tmp_path, "--receipt-delay=0") as carrier:
        run(story(carrier.port))
        assert carrier.witness.acknowledged() == {1: [State.DELIVERED], 2: [State.DELIVERED]}

    assert Counter(said.message_id for said in subscriber.receipts) == {b"0000000001": 2, b"0000000002": 2}


def test_what_is_not_acknowledged_in_time_comes_again_on_the_same_session(run, subscriber, tmp_path):
    async def story(port):
        subscriber.acknowledging = False
        session = await subscriber.bind(port)
        subscriber.send("x", CAIRO)
        await subscriber.until(lambda: len(subscriber.receipts) == 2)
        await session.unbind()

    with start(tmp_path, "--receipt-delay=0", "--resend=0.2") as carrier:
        run(story(carrier.port))

    assert carrier.witness.acknowledged() == {}


def test_a_carrier_killed_and_started_again_keeps_its_word(run, subscriber, tmp_path):
    """Ids stay unique, receipts that were not acknowledged come, acknowledged ones do not."""

    async def before(port):
        await subscriber.bind(port)
        subscriber.send("x", *range(2010000, 2010100, 10))
        await subscriber.until(lambda: len(subscriber.receipts) == 10)
        subscriber.send("y", *range(2010001, 2010101, 10))
        await subscriber.until(lambda: len(subscriber.answers) == 20)

    async def after(port):
        session = await subscriber.bind(port)
        subscriber.send("z", 2010000)
        await subscriber.until(lambda: len(subscriber.receipts) == 21)
        await session.unbind()

    options = ["--receipt-delay=0", "--rule=1=handset_off", "--handset-off=2", "--no-intermediate"]
    with start(tmp_path, *options) as carrier:
        run(before(carrier.port))
        carrier.kill()
    with (tmp_path / "witness.jsonl").open("a") as cut_off:
        cut_off.write('{"number":21,"sys')  # a line that the kill cut short: it was never answered
    with start(tmp_path, *options) as carrier:
        run(after(carrier.port))
        records = carrier.witness.accepted()

    assert [record.number for record in records] == list(range(1, 22))
    assert len({answer.message_id for answer in subscriber.answers}) == 21
    assert sorted(said.message_id for said in subscriber.receipts) == [b"%010d" % number for number in range(1, 22)]


def test_a_client_that_is_killed_leaves_its_submissions_on_record(run, subscriber, tmp_path):
    async def story(port):
        session = await subscriber.bind(port)
        subscriber.send("x", *range(2010000, 2010500))
        session.close()
        await session.wait_closed()

    with start(tmp_path, "--latency=60", "--receipt-delay=60") as carrier:
        run(story(carrier.port))
        run(subscriber.until(lambda: len(carrier.witness.accepted()) == 500))

    assert len(subscriber.lost[0].unanswered) == 500  # accepted all the same: not acknowledged is not unsent


def test_who_may_bind(run, subscriber, tmp_path):
    async def story(port):
        for who, refusal in (
            ({"system_id": "nobody"}, status.RINVSYSID),
            ({"system_id": "nile", "password": "wrong"}, status.RINVPASWD),
        ):
            with pytest.raises(BindRefused) as error:
                await subscriber.bind(port, **who)
            assert error.value.status == refusal
        session = await subscriber.bind(port, system_id="nile", password="pyramid:1")
        await session.unbind()

    with start(tmp_path, "--account=nile:pyramid:1") as carrier:
        run(story(carrier.port))


def test_above_its_rate_it_throttles(run, subscriber, tmp_path):
    async def story(port):
        session = await subscriber.bind(port)
        subscriber.send("x", *range(2010000, 2010030))
        await subscriber.until(lambda: len(subscriber.answers) == 30)
        await session.unbind()

    with start(tmp_path, "--rate=20") as carrier:
        run(story(carrier.port))

    assert Counter(answer.status for answer in subscriber.answers) == {0: 20, status.RTHROTTLED: 10}
    assert len(carrier.witness.accepted()) == 20


def test_silence_takes_submissions_and_says_nothing(run, subscriber, tmp_path):
    async def story(carrier):
        session = await subscriber.bind(carrier.port)
        subscriber.send("x", *range(2010000, 2010004))
        await session.settled(10)
        subscriber.send("x", 2010005, 2010006)
        await subscriber.until(lambda: len(carrier.witness.accepted()) == 6)

    with start(tmp_path, "--silent-after=4", "--receipt-delay=60") as carrier:
        run(story(carrier))

    assert len(subscriber.answers) == 4
    assert len(subscriber.lost[0].unanswered) == 2


@pytest.mark.parametrize(
    ("fault", "answered", "accepted", "cause"),
    [("--disconnect-after=3", 2, 3, "disconnected"), ("--garbage-after=2", 2, 2, "garbage")],
)
def test_sessions_that_end_badly(run, subscriber, tmp_path, fault, answered, accepted, cause):
    async def story(port):
        session = await subscriber.bind(port)
        while session.open:
            subscriber.send("x", 2010000 + session.counters.sent)
            await session.settled(10)
            await asyncio.sleep(0.05)

    with start(tmp_path, fault) as carrier:
        run(story(carrier.port))
        assert len(carrier.witness.accepted()) == accepted

    assert len(subscriber.answers) == answered
    assert subscriber.lost[0].cause.value == cause


def test_a_full_queue_every_third_time_and_late_answers(run, subscriber, tmp_path):
    async def story(port):
        session = await subscriber.bind(port)
        subscriber.send("x", *range(2010000, 2010006))
        await subscriber.until(lambda: len(subscriber.answers) == 6)
        await session.unbind()

    with start(tmp_path, "--queue-full-every=3", "--latency=0.05") as carrier:
        run(story(carrier.port))

    assert [answer.status for answer in sorted(subscriber.answers)] == [0, 0, status.RMSGQFUL] * 2


def test_ids_in_other_forms_and_no_reference(run, subscriber, tmp_path):
    async def story(port):
        session = await subscriber.bind(port)
        subscriber.send("x", *range(2010000, 2010012))
        await subscriber.until(lambda: len(subscriber.receipts) == 12)
        await session.unbind()

    with start(tmp_path, "--id-form=hex", "--receipt-delay=0", "--no-reference") as carrier:
        run(story(carrier.port))

    assert subscriber.answers[11].message_id == b"0000000C"
    assert subscriber.receipts[11].message_id == b"0000000012"
    assert {said.reference for said in subscriber.receipts} == {None}


def test_the_status_file_tells_the_figures(run, subscriber, tmp_path):
    async def story(carrier):
        session = await subscriber.bind(carrier.port)
        subscriber.send("x", 2010001, 2010005)
        await subscriber.until(lambda: carrier.status()["receipts_acknowledged"] == 1)
        assert carrier.status() == {
            "accepted": 1, "refused": 1, "binds": 1, "sessions": 1,
            "receipts_sent": 1, "receipts_acknowledged": 1, "receipts_owed": 0,
        }  # fmt: skip
        await session.unbind()

    with start(tmp_path, "--rule=5=rejected") as carrier:
        run(story(carrier))
    assert carrier.status()["sessions"] == 0


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--share=lost=3", "'lost' is no fate"),
        ("--share=expired=200", "'200' is no percentage"),
        ("--account=nopassword", "is not of the form SYSTEM_ID:PASSWORD"),
    ],
)
def test_a_wrong_option_is_explained(tmp_path, capfd, option, message):
    with pytest.raises(CarrierDidNotStart), start(tmp_path, option):
        pass
    assert message in capfd.readouterr().err


def test_a_port_in_use_is_explained(tmp_path, capfd):
    with (
        start(tmp_path / "first") as first,
        pytest.raises(CarrierDidNotStart),
        start(tmp_path / "second", port=first.port),
    ):
        pass
    assert f"error: cannot listen on 127.0.0.1:{first.port}" in capfd.readouterr().err


def test_its_figures_are_there_as_soon_as_it_listens(tmp_path):
    for number in range(5):
        with start(tmp_path / str(number)) as carrier:
            assert carrier.status()["sessions"] == 0
