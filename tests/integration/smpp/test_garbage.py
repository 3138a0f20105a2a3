"""What is no SMPP costs at most the session that it came over, on both ends: the others go on, nothing is raised."""

import asyncio
import contextlib
import random
from typing import Any

import pytest

from outbound.errors import OutboundError
from smpp import codec
from smpp.pdu import RESPONSE, BindTransceiver, BindTransceiverResp, EnquireLink, SubmitSm, Unbind
from tests.fuzz import inputs

ROUNDS = 60


@pytest.fixture
def chance() -> random.Random:
    return random.Random(random.randrange(1 << 40))


def rubbish(chance: random.Random) -> list[bytes]:
    """A stream of PDUs, most of them spoilt, in the pieces that the network makes of it."""
    stream = b"".join(inputs.mutated(chance) for _ in range(chance.randrange(1, 8)))
    if chance.random() < 0.2:
        stream = chance.randbytes(chance.randrange(1, 200)) + stream
    cut = sorted(chance.choices(range(len(stream) + 1), k=chance.randrange(4)))
    return [stream[start:end] for start, end in zip([0, *cut], [*cut, len(stream)], strict=True)]


def errors_of_the_loop() -> list[dict[str, Any]]:
    """What callbacks raise from now on; a protocol that raises only loses its transport otherwise."""
    found: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: found.append(context))
    return found


def submit(session: Any, text: bytes) -> None:
    first = session.take_sequences(1)
    session.submit(codec.encode(SubmitSm(sequence=first, destination_addr=b"20100", short_message=text)), first, 1)


async def send(writer: asyncio.StreamWriter, pieces: list[bytes]) -> None:
    """All of it and the end, as far as the other side listens."""
    with contextlib.suppress(OSError, RuntimeError):
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0)
        writer.write_eof()


async def told(reader: asyncio.StreamReader) -> list[Any]:
    """The PDUs that come until the connection ends, or is reset because something unread was left."""
    stream = b""
    try:
        while more := await asyncio.wait_for(reader.read(65536), 90):
            stream += more
    except TimeoutError:  # an OSError too, and the only one that would say that the other side hangs
        raise
    except OSError:
        pass
    found = []
    while len(stream) >= 16 and len(stream) >= (length := int.from_bytes(stream[:4])):
        found.append(codec.decode(stream[:length]))
        stream = stream[length:]
    return found


def is_in_order(pdu: Any) -> bool:
    """Whether this is something to say to who sends garbage: an answer, or a request of the session's own."""
    return bool(pdu.command & RESPONSE) or isinstance(pdu, EnquireLink | Unbind)


def test_a_client_that_sends_garbage_harms_no_other(run, host, calls, serving, until, chance):
    async def story():
        raised = errors_of_the_loop()
        async with serving(host) as server:
            good = await calls.connect(server.port)
            for number in range(ROUNDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                if chance.random() < 0.7:
                    writer.write(codec.encode(BindTransceiver(sequence=1, system_id=b"bad", password=b"secret")))
                await send(writer, rubbish(chance))
                assert all(map(is_in_order, await told(reader)))
                writer.close()
                submit(good, b"%d" % number)
                await until(lambda seen=number: len(calls.answers) == seen + 1, 90)
            await until(lambda: len(server.sessions) == 1, 90)
            await good.unbind()
        assert [answer.status for answer in calls.answers] == [0] * ROUNDS
        assert raised == []

    run(story())


def test_a_carrier_that_sends_garbage_harms_no_other(run, host, calls, serving, until, chance):
    heard: list[list[Any]] = []

    async def rogue(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bind = codec.decode(
            (length := await reader.readexactly(4)) + await reader.readexactly(int.from_bytes(length) - 4)
        )
        writer.write(codec.encode(BindTransceiverResp(sequence=bind.sequence, system_id=b"rogue")))
        await send(writer, rubbish(chance))
        heard.append(await told(reader))
        writer.close()

    async def story():
        raised = errors_of_the_loop()
        other = await asyncio.start_server(rogue, "127.0.0.1", 0)
        async with serving(host) as server, other:
            good = await calls.connect(server.port)
            victim = type(calls)()
            for number in range(ROUNDS):
                with contextlib.suppress(OutboundError):  # the garbage may come with the answer to the bind
                    session = await victim.connect(other.sockets[0].getsockname()[1])
                    await asyncio.wait_for(session.wait_closed(), 90)
                await until(lambda seen=number: len(heard) == seen + 1, 90)
                submit(good, b"%d" % number)
                await until(lambda seen=number: len(calls.answers) == seen + 1, 90)
            await good.unbind()
        assert [answer.status for answer in calls.answers] == [0] * ROUNDS
        assert all(is_in_order(pdu) for pdus in heard for pdu in pdus)
        assert raised == []

    run(story())
