"""A client of the simulated carrier that stores receipts and acknowledges them, over real sockets."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from smpp import client, codec, receipt
from smpp.address import sender
from smpp.answers import Answer
from smpp.client import BindAs, ClientSession
from smpp.receipt import Receipt
from smpp.receipt_rows import Receipts
from smpp.session import Ended
from smpp.submit import Block
from smpp.text import segment
from smpp.wire import Wire, put


@dataclass
class Subscriber:
    """Submits whole texts; remembers answers and receipts."""

    acknowledging: bool = True
    answers: list[Answer] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    lost: list[Ended] = field(default_factory=list)
    session: ClientSession | None = None
    sessions: list[ClientSession] = field(default_factory=list)

    async def bind(self, port: int, bind: BindAs = BindAs.TRANSCEIVER, **settings: Any) -> ClientSession:
        self.session = await client.connect(
            "127.0.0.1", port, bind=bind,
            on_answers=lambda _, run, handles: self.answers.extend(run.each()),
            on_deliver=self._delivered,
            on_lost=lambda _, ended: self.lost.append(ended),
            **{"system_id": "outbound", "password": "secret", "window": 10_000, **settings},
        )  # fmt: skip
        self.sessions.append(self.session)
        return self.session

    async def close(self) -> None:
        for session in self.sessions:
            session.close()
            await session.wait_closed()

    def _delivered(self, session: ClientSession, by_columns: list[Receipts], pdus: list[Any]) -> None:
        run = [codec.decode(row.tobytes()) for receipts in by_columns for row in receipts.pdus] + pdus
        self.receipts += [said for pdu in run if (said := receipt.parse(pdu)) is not None]
        if self.acknowledging:
            session.acknowledge([pdu.sequence for pdu in run])

    def send(self, text: str, *destinations: int, registered_delivery: int = 1) -> None:
        """This text to each of these subscribers, in segments that carry a reference."""
        assert self.session is not None
        cut = segment(text)
        block = Block(source=sender("NILE"), registered_delivery=registered_delivery)
        for destination in destinations:
            parts = put(cut, Wire(), destination % 256)
            first = self.session.take_sequences(len(cut))
            octets = block.encode(
                first, [destination] * len(parts), [part.short_message for part in parts],
                [part.esm_class for part in parts], [part.data_coding for part in parts],
                [(first + i) % 65536 for i in range(len(parts))],
            )  # fmt: skip
            self.session.submit(octets, first, len(cut))

    async def until(self, true: Callable[[], object], seconds: float = 20) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.005)


@pytest.fixture
def subscriber() -> Subscriber:
    return Subscriber()


@pytest.fixture
def run(subscriber: Subscriber) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs a story and closes the sessions that it leaves open."""

    async def whole(story: Coroutine[Any, Any, Any]) -> Any:
        try:
            return await story
        finally:
            await subscriber.close()

    return lambda story: asyncio.run(whole(story))
