"""A server that remembers what came, and a client that remembers what came back, over real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvloop

from smpp import client, codec, server, status
from smpp.answers import Answer
from smpp.client import ClientSession
from smpp.pdu import Bind, Pdu
from smpp.receipt_rows import Receipts
from smpp.server import ServerSession
from smpp.session import Ended


@dataclass
class Remembering:
    """A host that accepts everybody with the password `secret` and answers unless told not to."""

    answering: bool = True
    decide: Callable[[Bind], int | Awaitable[int]] | None = None
    submitted_pdus: list[Any] = field(default_factory=list)
    delivered_answers: list[Answer] = field(default_factory=list)
    overdue: list[int] = field(default_factory=list)
    sessions: list[ServerSession] = field(default_factory=list)
    endings: list[Ended] = field(default_factory=list)

    def authenticate(self, session: ServerSession, bind: Bind) -> int | Awaitable[int]:
        if self.decide is not None:
            return self.decide(bind)
        return status.ROK if bind.password == b"secret" else status.RINVPASWD

    def bound(self, session: ServerSession) -> None:
        self.sessions.append(session)

    def submitted(self, session: ServerSession, run: list[Any]) -> None:
        self.submitted_pdus += run
        if self.answering:
            session.answer([(pdu.sequence, 0, b"id-%d" % pdu.sequence) for pdu in run])

    def delivered(self, session: ServerSession, run: list[Answer]) -> None:
        self.delivered_answers += run

    def undelivered(self, session: ServerSession, sequences: list[int]) -> None:
        self.overdue += sequences

    def asked(self, session: ServerSession, pdu: Pdu) -> Pdu | None:
        return None

    def ended(self, session: ServerSession, ended: Ended) -> None:
        self.endings.append(ended)


@dataclass
class Calls:
    """What a client session's callbacks were told."""

    answers: list[Answer] = field(default_factory=list)
    delivered: list[Any] = field(default_factory=list)
    lost: list[Ended] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)
    receipts: list[Receipts] = field(default_factory=list)

    def _answered(self, run: list[Answer], handles: list[int]) -> None:
        self.answers += run
        self.handles += handles

    def _delivered(self, receipts: list[Receipts], pdus: list[Any]) -> None:
        """Receipts by columns count among what was delivered as well, as the PDUs that they were."""
        self.receipts += receipts
        self.delivered += [codec.decode(row.tobytes()) for run in receipts for row in run.pdus]
        self.delivered += pdus

    async def connect(self, port: int, **settings: Any) -> ClientSession:
        return await client.connect(
            "127.0.0.1", port,
            on_answers=lambda _, run, handles: self._answered(run.each(), handles.tolist()),
            on_deliver=lambda _, receipts, pdus: self._delivered(receipts, pdus),
            on_lost=lambda _, ended: self.lost.append(ended),
            **{"system_id": "outbound", "password": "secret", **settings},
        )  # fmt: skip


@contextlib.asynccontextmanager
async def serving(host: Remembering, **settings: Any) -> AsyncIterator[server.Server]:
    listening = await server.serve("127.0.0.1", 0, host, **settings)
    try:
        yield listening
    finally:
        await listening.close(timeout=1)


async def until(true: Callable[[], object], seconds: float = 10) -> None:
    """Returns as soon as the condition holds; the test fails where it never does."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Runs a coroutine on each of the two event loops."""
    return uvloop.run if request.param == "uvloop" else asyncio.run


@pytest.fixture
def host() -> Remembering:
    return Remembering()


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture(name="serving")
def serving_fixture() -> Any:
    return serving


@pytest.fixture(name="until")
def until_fixture() -> Any:
    return until
