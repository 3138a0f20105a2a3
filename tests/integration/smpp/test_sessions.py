"""Submissions, answers, deliveries and ends of sessions over real sockets."""

import asyncio
import ssl
import subprocess
from dataclasses import replace

import pytest
from smpplib import client as reference

from smpp import codec, status
from smpp.address import sender
from smpp.client import BindAs, ConnectFailed
from smpp.pdu import (
    BindTransceiver,
    BindTransceiverResp,
    CancelSm,
    CancelSmResp,
    DataSm,
    DeliverSm,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    SubmitSm,
    SubmitSmResp,
    Tag,
    Tlv,
)
from smpp.reassembly import Reassembly
from smpp.session import Cause, SessionClosed
from smpp.submit import Block
from smpp.text import segment
from smpp.window import WindowFull
from smpp.wire import Wire, put

NILE = Block(source=sender("NILE"))


def submit(session, *bodies: bytes, esm_class=0, data_coding=0) -> int:
    """Submits these bodies to one subscriber; gives the first sequence number."""
    count = len(bodies)
    first = session.take_sequences(count)
    octets = NILE.encode(first, [201001234567] * count, bodies, [esm_class] * count, [data_coding] * count)
    session.submit(octets, first, count)
    return first


def deliver(session, *pdus: DeliverSm | DataSm) -> int:
    """Delivers these to the client; gives the first sequence number."""
    first = session.take_sequences(len(pdus))
    octets = b"".join(codec.encode(replace(pdu, sequence=first + i)) for i, pdu in enumerate(pdus))
    session.deliver(octets, first, len(pdus))
    return first


def test_arabic_arrives_byte_for_byte_and_is_answered(run, host, calls, serving, until):
    whole = "عزيزي العميل، رصيدك 100 جنيه 😀"

    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port)
            first = submit(session, *segment(whole).parts, data_coding=segment(whole).encoding.data_coding)
            await until(lambda: calls.answers)
            assert calls.answers == [(first, 0, b"id-%d" % first)]
            assert session.room == 100
            assert session.last_answered_at is not None

    run(story())
    assert host.submitted_pdus[0].short_message == whole.encode("utf-16-be")
    assert host.submitted_pdus[0].data_coding == 8


@pytest.mark.parametrize("whole", ["a" * 152 + "€" + "b" * 400, "نص طويل " * 40 + "😀" * 80])
def test_a_long_message_arrives_as_the_very_text(run, host, calls, serving, until, whole):
    parts = put(segment(whole), Wire(), 200)
    shared = {"esm_class": parts[0].esm_class, "data_coding": parts[0].data_coding}

    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port)
            submit(session, *(part.short_message for part in parts), **shared)
            await until(lambda: len(calls.answers) == len(parts))

    run(story())
    phone = Reassembly()
    shown = [phone.add(pdu.short_message, pdu.esm_class, pdu.data_coding) for pdu in host.submitted_pdus]
    assert shown[-1] == whole


def test_more_than_a_socket_takes_is_written_once_and_in_order(run, host, calls, serving, until):
    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port, window=100_000)
            for block in range(20):
                submit(session, *(b"%06d" % (block * 2000 + i) + b"x" * 100 for i in range(2000)))
            assert not session.writable  # 5 MB wait in the transport
            await session.drained()
            await until(lambda: len(calls.answers) == 40_000)

    run(story())
    assert [int(pdu.short_message[:6]) for pdu in host.submitted_pdus] == list(range(40_000))


def test_the_window_is_kept(run, host, calls, serving, until):
    host.answering = False

    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port, window=3)
            first = submit(session, b"1", b"2")
            with pytest.raises(WindowFull):
                submit(session, b"3", b"4")
            await until(lambda: len(host.submitted_pdus) == 2)
            host.sessions[0].answer([(first, 0, b"a"), (first + 1, status.RTHROTTLED, b"")])
            await until(lambda: session.room == 3)
            assert calls.answers == [(first, 0, b"a"), (first + 1, status.RTHROTTLED, b"")]
            assert (session.counters.sent, session.counters.answered, session.counters.refused) == (2, 2, 1)

    run(story())


def test_what_is_in_flight_when_the_connection_breaks_is_handed_back(run, host, calls, serving, until):
    host.answering = False

    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port)
            first = submit(session, b"1", b"2", b"3")
            await until(lambda: len(host.submitted_pdus) == 3)
            host.sessions[0].answer([(first + 1, 0, b"a")])
            host.sessions[0].close("cut")
            await session.wait_closed()
            assert calls.answers == [(first + 1, 0, b"a")]
            assert calls.lost[0].unanswered == (first, first + 2)
            assert calls.lost[0].cause is Cause.DISCONNECTED
            with pytest.raises(SessionClosed):
                submit(session, b"4")

    run(story())
    assert len(calls.lost) == 1


def test_an_overdue_answer_ends_the_session_unless_its_owner_knows_better(run, host, calls, serving, until):
    host.answering = False
    overdue = []

    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port, response_timeout=0.05)
            first = submit(session, b"1")
            await session.wait_closed()
            assert calls.lost[0].cause is Cause.OVERDUE

            lenient = await calls.connect(
                server.port, response_timeout=0.05, on_overdue=lambda _, sequences: overdue.extend(sequences)
            )
            first = submit(lenient, b"2")
            await until(lambda: overdue == [first])
            assert lenient.open
            host.sessions[1].answer([(first, 0, b"late")])
            await until(lambda: calls.answers)
            assert calls.answers == [(first, 0, b"late")]  # a late answer is proof as well

    run(story())


def test_a_receipt_is_acknowledged_when_its_owner_says_so(run, host, calls, serving, until):
    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port, bind=BindAs.RECEIVER)
            first = deliver(host.sessions[0], DeliverSm(short_message=b"one"), DeliverSm(short_message=b"two"))
            await until(lambda: len(calls.delivered) == 2)
            assert host.delivered_answers == []
            session.acknowledge([pdu.sequence for pdu in calls.delivered])
            await until(lambda: len(host.delivered_answers) == 2)
            assert host.delivered_answers == [(first, 0, b""), (first + 1, 0, b"")]

    run(story())


def test_data_sm_is_answered_as_data_sm_both_ways(run, host, calls, serving, until):
    payload = (Tlv(Tag.MESSAGE_PAYLOAD, b"hello"),)

    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port)
            answer = await session.request(DataSm(destination_addr=b"2010", tlvs=payload))
            assert answer.message_id == b"id-%d" % answer.sequence
            assert host.submitted_pdus[0].body() == b"hello"

            reply = asyncio.ensure_future(host.sessions[0].request(DataSm(tlvs=payload)))
            await until(lambda: calls.delivered)
            session.acknowledge([calls.delivered[0].sequence])
            assert (await reply).command == 0x80000103

    run(story())


def test_a_session_that_may_not_submit_is_told_so(run, host, calls, serving, until):
    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port, bind=BindAs.RECEIVER)
            first = submit(session, b"x")
            await until(lambda: calls.answers)
            assert calls.answers == [(first, status.RINVBNDSTS, b"")]

    run(story())
    assert host.submitted_pdus == []


def test_a_request_the_server_does_not_serve_is_refused(run, host, calls, serving):
    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port)
            assert await session.request(CancelSm(message_id=b"1")) == CancelSmResp(
                sequence=session.take_sequences(1) - 1, status=status.RINVCMDID
            )

    run(story())


def test_unbinding_waits_for_the_answers_in_flight(run, host, calls, serving, until):
    host.answering = False

    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port)
            first = submit(session, b"x")
            unbinding = asyncio.ensure_future(session.unbind(timeout=5))
            await until(lambda: host.submitted_pdus)
            host.sessions[0].answer([(first, 0, b"a")])
            await unbinding

    run(story())
    assert len(calls.answers) == 1
    assert (calls.lost[0].cause, calls.lost[0].unanswered) == (Cause.UNBOUND, ())


def test_a_server_that_unbinds_ends_the_session_in_order(run, host, calls, serving):
    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port)
            await server.close()
            await session.wait_closed()

    run(story())
    assert calls.lost[0].cause is Cause.PEER_UNBOUND


def test_both_ends_ask_whether_the_other_lives(run, host, calls, serving, until):
    async def story():
        async with serving(host, enquire_link=0.02) as server:
            session = await calls.connect(server.port, enquire_link=0.02)
            bound_at = session.last_answered_at
            await until(lambda: session.last_answered_at > bound_at and host.sessions[0].last_answered_at)
            assert session.open

    run(story())


def test_a_peer_that_does_not_answer_enquiries_is_gone(run, calls):
    """The connection stands and the bind was answered, then nothing: a half-open connection."""

    async def bind_only(reader, writer):
        await reader.read(1000)
        writer.write(codec.encode(BindTransceiverResp(sequence=1, system_id=b"x")))
        await reader.read()
        writer.close()

    async def story():
        async with await asyncio.start_server(bind_only, "127.0.0.1", 0) as silent:
            session = await calls.connect(silent.sockets[0].getsockname()[1], enquire_link=0.02, user_timeout=20)
            session.timers.response = 0.05
            submit(session, b"x")
            await session.wait_closed()

    run(story())
    assert (calls.lost[0].cause, len(calls.lost[0].unanswered)) == (Cause.SILENT, 1)


async def raw_bind(port):
    """A client of octets: bound, its reader and writer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(codec.encode(BindTransceiver(sequence=1, system_id=b"raw", password=b"secret")))
    assert (await next_pdu(reader)).status == 0
    return reader, writer


async def next_pdu(reader):
    length = await reader.readexactly(4)
    return codec.decode(length + await reader.readexactly(int.from_bytes(length) - 4))


def header(command, sequence, body=b"", length=None) -> bytes:
    size = 16 + len(body) if length is None else length
    return b"".join(value.to_bytes(4) for value in (size, command, 0, sequence)) + body


@pytest.mark.parametrize(
    ("broken", "answer"),
    [
        (header(0x21, 5), GenericNack(sequence=5, status=status.RINVCMDID)),
        (header(0x04, 6, b"no NUL"), SubmitSmResp(sequence=6, status=status.RINVSERTYP, message_id=None)),
        (header(0x04, 7, b"\0"), SubmitSmResp(sequence=7, status=status.RINVCMDLEN, message_id=None)),
        (
            header(0x04, 8, codec.encode(SubmitSm())[16:] + b"\x02"),
            SubmitSmResp(sequence=8, status=status.RINVOPTPARSTREAM, message_id=None),
        ),
        (header(0x15, 9, b"x"), EnquireLinkResp(sequence=9, status=status.RINVOPTPARSTREAM)),
    ],
)
def test_a_malformed_pdu_is_answered_and_the_session_lives(run, host, serving, broken, answer):
    async def story():
        async with serving(host) as server:
            reader, writer = await raw_bind(server.port)
            writer.write(broken + codec.encode(EnquireLink(sequence=99)))
            assert await next_pdu(reader) == answer
            assert await next_pdu(reader) == EnquireLinkResp(sequence=99)
            assert host.sessions[0].counters.malformed == 1
            writer.close()

    run(story())


@pytest.mark.parametrize("octets", [b"GET / HTTP/1.1\r\n\r\n", header(0x15, 3, length=8), b"\xff" * 64])
def test_a_stream_that_is_no_smpp_gets_a_generic_nack_and_ends(run, host, serving, octets):
    async def story():
        async with serving(host) as server:
            reader, writer = await raw_bind(server.port)
            writer.write(codec.encode(SubmitSm(sequence=2, short_message=b"before")) + octets)
            assert (await next_pdu(reader)).message_id == b"id-2"
            nack = await next_pdu(reader)
            assert (type(nack), nack.status) == (GenericNack, status.RINVCMDLEN)
            assert await reader.read() == b""
            writer.close()

    run(story())
    assert [ended.cause for ended in host.endings] == [Cause.GARBAGE]


def test_a_generic_nack_answers_the_submission_it_names(run, host, calls, serving, until):
    host.answering = False

    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port)
            first = submit(session, b"a", b"b")
            await until(lambda: len(host.submitted_pdus) == 2)
            for number, command_status in ((first, status.RINVCMDLEN), (first + 1, 0)):
                host.sessions[0].write(codec.encode(GenericNack(sequence=number, status=command_status)))
            await until(lambda: len(calls.answers) == 2)
            assert calls.answers == [
                (first, status.RINVCMDLEN, b""),
                (first + 1, status.RUNKNOWNERR, b""),  # a nack is never an acceptance
            ]

    run(story())


def test_only_bytes_are_written_so_that_nothing_can_change_them_later(run, host, calls, serving):
    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port)
            first = session.take_sequences(1)
            with pytest.raises(TypeError):
                session.submit(bytearray(b"x" * 40), first, 1)
            assert session.room == 100

    run(story())


def test_tls(run, host, calls, serving, until, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=certificate)

    async def story():
        async with serving(host, tls=ours) as server:
            session = await calls.connect(server.port, tls=trusting)
            submit(session, b"secret text")
            await until(lambda: calls.answers)
            await session.unbind()
            with pytest.raises(ConnectFailed, match=r"TLS failed.*certificate"):
                await calls.connect(server.port, tls=ssl.create_default_context())

    run(story())
    assert host.submitted_pdus[0].short_message == b"secret text"


def test_an_independent_client_binds_submits_and_receives(run, host, serving, until):
    """smpplib, in a thread, against our server."""
    heard = []

    def their_part(port):
        other = reference.Client("127.0.0.1", port, timeout=5, allow_unknown_opt_params=True)
        other.set_message_sent_handler(lambda pdu: heard.append(("sent", pdu.message_id)))
        other.set_message_received_handler(lambda pdu: heard.append(("received", pdu.short_message)))
        other.connect()
        other.bind_transceiver(system_id="outbound", password="secret")
        other.send_message(source_addr="NILE", destination_addr="2010", short_message=b"hi")
        while len(heard) < 2:
            other.read_once()
        other.unbind()
        other.disconnect()

    async def story():
        async with serving(host) as server:
            theirs = asyncio.get_running_loop().run_in_executor(None, their_part, server.port)
            await until(lambda: host.submitted_pdus)
            deliver(host.sessions[0], DeliverSm(source_addr=b"2010", short_message=b"STOP"))
            await theirs

    run(story())
    assert [kind for kind, _ in heard] == ["sent", "received"]
    assert heard[1] == ("received", b"STOP")
    assert [answer.status for answer in host.delivered_answers] == [0]
