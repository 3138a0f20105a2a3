"""One line to a carrier: a session that reconnects, with what is cleared to be written, what waits for its answer,
and the journal's mark that goes ahead of every write."""

import asyncio
import itertools
import time
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING

from dispatch import backoff
from dispatch.boot import boottime
from dispatch.connectors import ENQUIRE_LINK, RESPONSE_TIMEOUT, WrongConnector
from dispatch.journal import LONGEST_ID, Ending, Journal
from dispatch.leases import USER_TIMEOUT
from dispatch.parts import Batch, Part
from dispatch.rows import Result
from outbound.logs import logger
from smpp import address, client, message_id, status
from smpp.answers import Answer
from smpp.client import BindAs, BindRefused, BindUnanswered, ClientSession, ConnectFailed
from smpp.pdu import DataSm, DeliverSm
from smpp.session import Ended
from smpp.status import Verdict
from smpp.submit import Block as Encoder
from smpp.validity import relative

if TYPE_CHECKING:
    from dispatch.link import Link

log = logger("dispatch.line")

SHORTEST_VALIDITY = 60  # seconds: less is refused by carriers, or expires before the handset is asked
MAX_WRITE = 1000  # parts at once, so that answers are read in between
_STEADY = 5.0  # a session that lived so long was no failure


class Line:
    """number: among all lines of the worker. Everything here runs on the event loop."""

    def __init__(self, number: int, link: "Link", journal: Journal) -> None:
        self.number = number
        self.session: ClientSession | None = None
        self.asked = 0  # parts whose intents are being committed
        self.cleared: deque[Part] = deque()  # committed and not written
        self.open: dict[int, Part] = {}  # sequence number -> written, not answered
        self.ahead = link.connector.window  # how many parts may be intended beyond the window
        self.last_error: str | None = None
        self._link = link
        self._journal = journal
        self._next_place = 1
        self._draining = False
        self._written = 0

    # sending

    @property
    def usable(self) -> bool:
        return self.session is not None and self.session.open and not self._draining and self._link.connector.sends

    @property
    def ahead_of_window(self) -> int:
        """Parts that are intended, or about to be, and not written."""
        return len(self.cleared) + self.asked

    @property
    def under_way(self) -> int:
        """Parts that are intended and not answered."""
        return self.ahead_of_window + len(self.open)

    @property
    def wants(self) -> int:
        """How many more parts should be intended for this line now; in lumps, for each is a row."""
        if not self.usable:
            return 0
        full = self._link.connector.window + self.ahead
        have = self.under_way
        return full - have if have <= full - max(1, full // 8) else 0

    def take_places(self, count: int) -> int:
        """The first of so many places in the order of this line's writes."""
        self._next_place += count
        self.asked += count
        return self._next_place - count

    def clear(self, parts: list[Part], asked: int) -> None:
        """The intents of these parts are committed, out of so many that were asked for."""
        self.asked -= asked
        self.cleared += parts
        if not self.usable:
            self.give_back()

    def give_back(self) -> None:
        """What is committed and not written is not sent by this line any more."""
        parts, self.cleared = list(self.cleared), deque()
        self._refuse(parts)

    def discard(self, batch: Batch) -> None:
        """Nothing more of this batch is written."""
        doomed = [part for part in self.cleared if part.message.batch is batch]
        if doomed:
            self.cleared = deque(part for part in self.cleared if part.message.batch is not batch)
            self._refuse(doomed)

    def write(self, allowance: int, now: int) -> int:
        """Writes as many as the window, the transport and the allowance let go; how many went. now: microseconds UTC,
        their `sent_at`."""
        session = self.session
        if session is None or not self.usable or not session.writable:
            return 0
        parts = self._next_parts(min(session.room, allowance, MAX_WRITE))
        if not parts:
            return 0
        first = session.take_sequences(len(parts))
        octets = self._encode(parts, first, now)
        for sequence, part in enumerate(parts, first):
            part.sent_us = now
            self.open[sequence] = part
        self._journal.mark(self.number, parts[-1].place)
        session.submit(octets, first, len(parts))
        self._written += len(parts)
        if not self.cleared:
            self.ahead = min(2 * self.ahead, 8192)  # it ran dry: intend further ahead
        return len(parts)

    def settle_down(self, seconds: float) -> None:
        """Looks no further ahead than a quarter of a second of what it writes: what is intended escapes an opt-out."""
        self.ahead = max(self._link.connector.window, min(self.ahead, int(self._written / seconds / 4)))
        self._written = 0

    def _next_parts(self, most: int) -> list[Part]:
        parts: list[Part] = []
        late: list[Part] = []
        now = boottime()
        while len(parts) < most and self.cleared:
            part = self.cleared.popleft()
            batch = part.message.batch
            if batch.stopped or part.message.refused or now >= batch.deadline:
                late.append(part)
            else:
                parts.append(part)
        # their records come before the mark that passes them
        self._refuse(late)
        return parts

    def _encode(self, parts: list[Part], first: int, now_us: int) -> bytes:
        octets = []
        reference = self._link.connector.echoes_reference
        for batch, run in itertools.groupby(parts, key=lambda part: part.message.batch):
            same = list(run)
            left = max(SHORTEST_VALIDITY, int(batch.expires_at.timestamp() - now_us / 1e6))
            octets.append(
                _encoder(batch.sender, left).encode(
                    first,
                    [part.message.msisdn for part in same],
                    [part.short_message for part in same],
                    [part.message.esm_class for part in same],
                    [part.message.data_coding for part in same],
                    [part.reference for part in same] if reference else None,
                )
            )
            first += len(same)
        return octets[0] if len(octets) == 1 else b"".join(octets)

    def _refuse(self, parts: list[Part]) -> None:
        """Named in an intent, never written."""
        if not parts:
            return
        now = time.time_ns() // 1000
        results = []
        for part in parts:
            self._journal.not_sent(self.number, part.place)
            results.append(self._result(part, "not_sent", now))
        self._link.ended(results)

    def _result(self, part: Part, state: str, sent_us: int) -> Result:
        return Result(part, self._link.connector.connector_id, self.number, state, False, None, None, sent_us, None)

    # the session's calls

    def _on_answers(self, session: ClientSession, answers: list[Answer]) -> None:
        if session is not self.session:
            return
        now = time.time_ns() // 1000
        form = self._link.connector.message_id_form
        connector_id = self._link.connector.connector_id
        results = []
        for answer in answers:
            part = self.open.pop(answer.sequence, None)
            if part is None:
                self._link.strays += 1
                continue
            self._journal.answered(self.number, part.place, Ending(answer.status, answer.message_id, part.sent_us, now))
            verdict = status.verdict(answer.status)
            accepted = verdict is Verdict.ACCEPTED
            carriers_id = answer.message_id[:LONGEST_ID]
            key = message_id.answer_key(carriers_id, form) if accepted and carriers_id else None
            results.append(
                Result(
                    part, connector_id, self.number, "accepted" if accepted else "rejected",
                    verdict is Verdict.RETRY, answer.status, key, part.sent_us, now,
                )
            )  # fmt: skip
            if verdict is Verdict.FINAL:
                part.message.refused = True
            elif verdict is Verdict.RETRY:
                self._link.slow_down(answer.status)
        if results:
            self._link.ended(results)

    def _on_deliver(self, session: ClientSession, pdus: list[DeliverSm | DataSm]) -> None:
        self._link.received(session, pdus)

    def _on_overdue(self, session: ClientSession, sequences: list[int]) -> None:
        """The carrier swallowed requests: nothing more goes out here, the other answers in flight may still come."""
        if session is self.session and not self._draining:
            self._draining = True
            self.give_back()
            self._link.spawn(self._end_overdue(session, len(sequences)))

    async def _end_overdue(self, session: ClientSession, count: int) -> None:
        await session.settled(session.window.timeout)
        session.close(f"{count} or more submissions were not answered in {session.window.timeout:g} s")

    def _on_lost(self, session: ClientSession, ended: Ended) -> None:
        """What was written and not answered is in doubt, from the moment the session has ended."""
        if session is not self.session:
            return
        self.session = None
        parts, self.open = list(self.open.values()), {}
        self._link.ended([self._result(part, "in_doubt", part.sent_us) for part in parts])
        self.give_back()
        self._link.lost(self, session, ended, len(parts))

    def _on_writable(self, session: ClientSession) -> None:
        self._link.pump()

    # its life

    async def run(self) -> None:
        """Connects, binds, and again, until cancelled."""
        failures = 0
        while True:
            wait = 0.0
            try:
                session = await self._connect()
            except (ConnectFailed, BindRefused, BindUnanswered, WrongConnector) as error:
                failures += 1
                self.last_error = str(error)
                refused = isinstance(error, BindRefused | WrongConnector)
                self._link.refused(self, error)
                wait = backoff.delay(failures, first=2.0 if refused else 0.2, longest=60.0 if refused else 15.0)
            else:
                began = asyncio.get_running_loop().time()
                self._draining = False
                self.session = session
                self.last_error = None
                self._link.bound(self)
                await session.wait_closed()
                steady = asyncio.get_running_loop().time() - began >= _STEADY
                failures = 0 if steady else failures + 1
                wait = backoff.delay(max(1, failures), first=0.2, longest=15.0)
            await asyncio.sleep(wait)

    async def _connect(self) -> ClientSession:
        connector = self._link.connector
        return await client.connect(
            connector.host,
            connector.port,
            system_id=connector.system_id,
            password=connector.secret(),
            system_type=str(connector.options.get("system_type", "")),
            connector=connector.name,
            bind=BindAs[connector.bind.upper()],
            window=connector.window,
            response_timeout=connector.seconds("response_timeout", RESPONSE_TIMEOUT),
            enquire_link=connector.seconds("enquire_link", ENQUIRE_LINK),
            user_timeout=USER_TIMEOUT,
            tls=connector.context(),
            on_answers=self._on_answers,
            on_deliver=self._on_deliver,
            on_lost=self._on_lost,
            on_overdue=self._on_overdue,
            on_writable=self._on_writable,
        )


@lru_cache(maxsize=1024)
def _encoder(sender: str, validity: int) -> Encoder:
    return Encoder(source=address.sender(sender), validity_period=relative(validity), registered_delivery=1)
