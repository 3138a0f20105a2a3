"""One SMPP session, as both ends see it: requests and answers in runs, the window, the orderly end.

A client sends submit_sm and takes deliver_sm, a server the other way round; everything else is the same and
stands here. Requests and answers come and go in runs, because a read holds many.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from outbound.errors import OutboundError
from smpp import answers, codec, status
from smpp.answers import Answer, Answers
from smpp.codec import MalformedPdu
from smpp.connection import Cause as Cause
from smpp.connection import Connection
from smpp.connection import SessionClosed as SessionClosed
from smpp.frames import FramingLost, Read
from smpp.pdu import (
    RESPONSE,
    DataSm,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Pdu,
    Unbind,
    UnbindResp,
    response_to,
)
from smpp.timers import Due, Timers
from smpp.window import Numbers, Window


class NoAnswer(OutboundError):
    """A request was written and its answer did not come in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a session ended. unanswered: sequence numbers, oldest first; those requests are in doubt, not unsent."""

    cause: Cause
    reason: str
    unanswered: tuple[int, ...]
    at: datetime


@dataclass(slots=True)
class Counters:
    """What passed since the session began, for the session log."""

    sent: int = 0  # requests that count in the window
    answered: int = 0
    refused: int = 0  # answered with another status than ESME_ROK
    received: int = 0  # requests of the peer's that were handed on
    malformed: int = 0
    overdue: int = 0


class Session(Connection):
    """What both ends share. Made by `client.connect` and `server.serve`.

    window: requests without an answer, at most. response_timeout: seconds an answer may take.
    """

    bulk_answer: ClassVar[int]  # command_id of the answers that come in runs
    bulk_requests: ClassVar[tuple[type[Pdu], ...]]  # the requests that come in runs

    def __init__(self, *, window: int, response_timeout: float, timers: Timers, user_timeout: float | None) -> None:
        super().__init__(timers=timers, user_timeout=user_timeout)
        self.window = Window(window, response_timeout)
        self.counters = Counters()
        self.last_answered_at: datetime | None = None
        self.ended: Ended | None = None
        self.bound = False
        self._replies: dict[int, tuple[type[Pdu] | None, asyncio.Future[Pdu]]] = {}
        self._data_sm: set[int] = set()  # received as data_sm: answered by data_sm_resp
        self._answered = asyncio.Event()

    # what the two ends do differently

    def on_answers(self, run: Answers, handles: Numbers) -> None:
        """handles: of the requests, as `send` was given them; NOBODY for what nothing waited for."""
        raise NotImplementedError

    def on_requests(self, run: list[Any]) -> None:
        raise NotImplementedError

    def on_overdue(self, sequences: list[int]) -> None:
        raise NotImplementedError

    def on_ended(self, ended: Ended) -> None:
        raise NotImplementedError

    def on_single(self, pdu: Pdu, /) -> None:
        """A request outside the runs: this end has no use for it."""
        self.decline(pdu, status.RINVCMDID)

    def acknowledge(self, sequences: Sequence[int] | Numbers, command_status: int = 0) -> None:
        """Answers requests of the peer's: call it once they are stored for good."""
        raise NotImplementedError

    # what the owner asks and does

    @property
    def open(self) -> bool:
        """Whether requests may be written."""
        transport = self._transport
        return self.bound and self._ending is None and transport is not None and not transport.is_closing()

    @property
    def writable(self) -> bool:
        """Open, and the transport's buffer is not full. Full does not forbid to write: it advises to wait."""
        return self.open and self._writable.is_set()

    @property
    def room(self) -> int:
        """How many requests the window lets go now."""
        return self.window.room

    def take_sequences(self, count: int) -> int:
        """The first of `count` consecutive sequence numbers, for requests that the owner encodes."""
        return self._sequences.take(count)

    def send(self, encoded: bytes, first_sequence: int, count: int, handles: Numbers | int = 0) -> None:
        """Writes these requests, numbered from first_sequence, once, in one piece; their answers come to on_answers
        with the handles.

        `encoded` is bytes, for the transport keeps what it cannot write at once. SessionClosed or WindowFull:
        nothing was written.
        """
        transport = self._require_transport()
        if not self.bound:
            raise SessionClosed(f"{self.peer}: the session is not bound")
        if type(encoded) is not bytes:
            raise TypeError("requests are written as bytes: the transport may keep a buffer that changes later")
        self.window.offer(first_sequence, count, self._loop.time(), handles)
        self.counters.sent += count
        transport.write(encoded)

    async def request(self, pdu: Pdu, timeout: float | None = None) -> Pdu:
        """Sends a single request outside the window (its sequence number is set here) and gives the answer to it.

        The answer may be a GenericNack; its status is then never 0. NoAnswer after `timeout` seconds (default: the
        response timeout); SessionClosed where the session ends.
        """
        transport = self._require_transport()
        number = self._sequences.take()
        reply: asyncio.Future[Pdu] = self._loop.create_future()
        self._replies[number] = response_to(pdu.command), reply
        transport.write(codec.encode(replace(pdu, sequence=number)))
        try:
            async with asyncio.timeout(self.window.timeout if timeout is None else timeout):
                return await reply
        except TimeoutError:
            raise NoAnswer(f"{self.peer}: no answer to {type(pdu).__name__} in time") from None
        finally:
            self._replies.pop(number, None)

    def decline(self, pdu: Pdu, command_status: int) -> None:
        """Answers a request with this error, if it is one that wants an answer."""
        response = response_to(pdu.command)
        if response is not None:
            self.write(codec.encode(response(sequence=pdu.sequence, status=command_status)))

    async def settled(self, timeout: float) -> bool:
        """Waits until every request is answered, or the session ended; False where that took too long."""
        try:
            async with asyncio.timeout(timeout):
                while len(self.window) and self.ended is None:
                    self._answered.clear()
                    await self._answered.wait()
        except TimeoutError:
            return False
        return self.ended is None or not self.ended.unanswered

    async def unbind(self, timeout: float = 10.0) -> None:
        """The orderly end: waits for the answers in flight, unbinds, closes. Never raises."""
        await self.settled(timeout)
        if self.open:
            try:
                await self.request(Unbind(), timeout)
                self._end(Cause.UNBOUND, "unbound")
            except (NoAnswer, SessionClosed):
                self._end(Cause.CLOSED, "closed: unbind was not answered")
        self.close()
        await self.wait_closed()

    # what comes in

    def take(self, read: Read) -> None:
        """Sorts what one read brought: answers first, so that an early receipt finds its message's id known."""
        answer_kinds = [kind for kind in read.offsets if kind[0] == self.bulk_answer]
        for kind in answer_kinds:
            self._complete(answers.read_rows(read.matrix(kind)))
        others = [kind for kind in read.offsets if kind[0] != self.bulk_answer]
        if others:
            self.take_others(read, others)

    def take_others(self, read: Read, kinds: list[tuple[int, int]]) -> None:
        """What is no answer by the run: requests of the peer's, and single PDUs."""
        requests: list[Pdu] = []
        singles: list[Pdu] = []
        nacks: list[Answer] = []
        for frame in read.frames(kinds):
            try:
                pdu = codec.decode(frame)
            except MalformedPdu as error:
                self.malformed(error)
                continue
            if isinstance(pdu, self.bulk_requests):
                requests.append(pdu)
            elif isinstance(pdu, GenericNack) and pdu.sequence in self.window:
                nacks.append(Answer(pdu.sequence, pdu.status or status.RUNKNOWNERR, b""))
            else:
                singles.append(pdu)
        if nacks:
            self._complete(answers.of(nacks))
        if requests:
            self.hand_on(requests)
        for pdu in singles:
            self._single(pdu)

    def malformed(self, error: MalformedPdu | FramingLost) -> None:
        self.counters.malformed += 1
        answer = error.answer()
        if answer is not None:
            self.write(codec.encode(answer))

    def _complete(self, run: Answers) -> None:
        """Also answers that nothing waits for are handed on: a late answer is proof as well."""
        handles = self.window.complete(run.sequences)
        self.counters.answered += len(run.sequences)
        self.counters.refused += int((run.statuses != 0).sum())
        self._note_answer()
        self.on_answers(run, handles)
        self._answered.set()

    def hand_on(self, requests: list[Pdu]) -> None:
        """Requests of the peer's that come in runs."""
        self.note_requests(len(requests))
        self._data_sm.update(pdu.sequence for pdu in requests if isinstance(pdu, DataSm))
        self.on_requests(requests)

    def note_requests(self, count: int) -> None:
        self.timers.active(self._loop.time())
        self.counters.received += count

    def _single(self, pdu: Pdu) -> None:
        if pdu.command & RESPONSE:
            self._note_answer()
            self._reply(pdu)
        elif isinstance(pdu, EnquireLink):
            self.write(codec.encode(EnquireLinkResp(sequence=pdu.sequence)))
        elif isinstance(pdu, Unbind):
            self.write(codec.encode(UnbindResp(sequence=pdu.sequence)))
            self._end(Cause.PEER_UNBOUND, "the peer unbound")
        else:
            self.on_single(pdu)

    def _reply(self, pdu: Pdu) -> None:
        """The answer to a single request, if it is of its kind; a nack without a status is an error all the same."""
        wanted, reply = self._replies.get(pdu.sequence, (None, None))
        if isinstance(pdu, GenericNack):
            pdu = replace(pdu, status=pdu.status or status.RUNKNOWNERR)
        elif wanted is None or not isinstance(pdu, wanted):
            return
        if reply is not None and not reply.done():
            reply.set_result(pdu)

    def _note_answer(self) -> None:
        self.last_answered_at = datetime.now(UTC)
        self.timers.answered(self._loop.time())

    # time and the end

    def next_deadline(self, now: float) -> float:
        deadline = self.window.next_deadline()
        return now + self.window.timeout if deadline is None else deadline

    def tick(self, now: float) -> None:
        overdue = self.window.expire(now)
        if overdue:
            self.counters.overdue += len(overdue)
            self.on_overdue(overdue)
            self._answered.set()
        match self.timers.due(now):
            case Due.ENQUIRE:
                self.timers.asked(now)
                self.write(codec.encode(EnquireLink(sequence=self._sequences.take())))
            case Due.SILENT:
                self._end(Cause.SILENT, "enquire_link was not answered")
            case Due.UNBOUND:
                self._end(Cause.NOT_BOUND, "no bind in time")
            case Due.IDLE:
                self._end(Cause.IDLE, "no message for too long")
            case Due.NOTHING:
                pass

    def lost(self, cause: Cause, reason: str) -> None:
        self.ended = Ended(cause=cause, reason=reason, unanswered=tuple(self.window.close()), at=datetime.now(UTC))
        for _, reply in self._replies.values():
            if not reply.done():
                reply.set_exception(SessionClosed(f"{self.peer}: {reason}"))
        self._answered.set()
        self.on_ended(self.ended)

    def _become_bound(self) -> None:
        self.bound = True
        self.timers.bound(self._loop.time())
        self.schedule()
