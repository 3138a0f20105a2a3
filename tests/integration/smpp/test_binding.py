"""Binds that work and binds that do not: every failure says which connector, where, and what to do."""

import asyncio
import socket

import pytest

from smpp import codec, status
from smpp import server as servers
from smpp.client import BindAs, BindRefused, BindUnanswered, ConnectFailed
from smpp.pdu import BindReceiver, BindTransceiver, BindTransmitter, EnquireLinkResp, GenericNack
from smpp.session import Cause


@pytest.mark.parametrize(
    ("bind", "kind"),
    [
        (BindAs.TRANSCEIVER, BindTransceiver),
        (BindAs.RECEIVER, BindReceiver),
        (BindAs.TRANSMITTER, BindTransmitter),
    ],
)
def test_each_kind_of_bind(run, host, calls, serving, bind, kind):
    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port, bind=bind, system_type="x")
            assert session.open
            assert type(host.sessions[0].who) is kind
            assert host.sessions[0].who.system_type == b"x"
            await session.unbind()

    run(story())
    assert [ended.cause for ended in calls.lost] == [Cause.UNBOUND]
    assert [ended.cause for ended in host.endings] == [Cause.PEER_UNBOUND]


def test_a_wrong_password_says_so_and_where(run, host, calls, serving):
    async def story():
        async with serving(host) as server:
            with pytest.raises(BindRefused) as error:
                await calls.connect(server.port, password="wrong", connector="connector main")
            return server.port, error.value

    port, error = run(story())
    assert error.status == status.RINVPASWD
    assert f"connector main (127.0.0.1:{port}): bind as 'outbound' refused" in str(error)
    assert "ESME_RINVPASWD: wrong password; correct the connector's" in str(error)
    assert "wrong" in str(error)
    assert calls.lost == []  # never bound, so never lost


def test_an_authenticator_may_take_its_time(run, host, calls, serving):
    async def decide(bind):
        await asyncio.sleep(0.02)
        return 0

    host.decide = decide

    async def story():
        async with serving(host) as server:
            session = await calls.connect(server.port, password="anything")
            assert session.open
            await session.unbind()

    run(story())


def test_nobody_listens(run, calls):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

    with pytest.raises(ConnectFailed, match=rf"\(127.0.0.1:{port}\): cannot connect \(.*is the server running"):
        run(calls.connect(port))


def test_a_server_that_never_answers(run, calls):
    async def story():
        hung_up = asyncio.Event()

        async def listen_only(reader, writer):
            await reader.read()
            writer.close()
            hung_up.set()

        async with await asyncio.start_server(listen_only, "127.0.0.1", 0) as silent:
            with pytest.raises(BindUnanswered, match=r"no answer to the bind within 0.1 s"):
                await calls.connect(silent.sockets[0].getsockname()[1], connect_timeout=0.1)
            await hung_up.wait()

    run(story())


def test_a_server_that_hangs_up(run, calls):
    async def story():
        rude = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        async with rude:
            with pytest.raises(BindUnanswered, match="ended before the bind was answered"):
                await calls.connect(rude.sockets[0].getsockname()[1])

    run(story())


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (GenericNack(sequence=1, status=0), "ESME_RUNKNOWNERR"),
        (GenericNack(sequence=1, status=status.RINVCMDID), "ESME_RINVCMDID"),
    ],
)
def test_a_nack_is_never_a_bind(run, calls, answer, refused):
    async def nack(reader, writer):
        await reader.readexactly(16)
        writer.write(codec.encode(EnquireLinkResp(sequence=1)))  # an answer to something else: not to the bind
        writer.write(codec.encode(answer))
        await reader.read()
        writer.close()

    async def story():
        async with await asyncio.start_server(nack, "127.0.0.1", 0) as odd:
            with pytest.raises(BindRefused, match=refused):
                await calls.connect(odd.sockets[0].getsockname()[1])
            await asyncio.sleep(0.01)

    run(story())


def test_a_cancelled_connect_leaves_no_connection(run, calls):
    async def story():
        hung_up = asyncio.Event()

        async def listen_only(reader, writer):
            await reader.read()
            writer.close()
            hung_up.set()

        async with await asyncio.start_server(listen_only, "127.0.0.1", 0) as silent:
            connecting = asyncio.ensure_future(calls.connect(silent.sockets[0].getsockname()[1]))
            await asyncio.sleep(0.05)
            connecting.cancel()
            await hung_up.wait()
            with pytest.raises(asyncio.CancelledError):
                await connecting

    run(story())


def test_who_does_not_bind_in_time_is_shown_out(run, host, serving):
    async def story():
        async with serving(host, session_init=0.05) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()

    run(story())
    assert [ended.cause for ended in host.endings] == [Cause.NOT_BOUND]


def test_a_port_in_use_is_named(run, host, serving):
    async def story():
        async with serving(host) as server:
            with pytest.raises(servers.CannotListen, match=f"127.0.0.1:{server.port}.*Choose another port"):
                await servers.serve("127.0.0.1", server.port, host)

    run(story())
