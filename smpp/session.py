"""One SMPP session over TCP, as both ends see it: PDUs in and out, window, timers, orderly and sudden ends.

A client sends submit_sm and takes deliver_sm, a server the other way round; everything else is the same and
stands here. Requests and answers come and go in runs, because a read holds many. Runs on asyncio and uvloop.
"""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar, cast

from outbound.errors import OutboundError
from smpp import answers, codec, status
from smpp.answers import Answer
from smpp.codec import MalformedPdu
from smpp.frames import Frames, FramingLost
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
from smpp.sequence import Sequences
from smpp.timers import Due, Timers
from smpp.window import Window

FLUSH_SECONDS = 5.0  # what an ending session may take to write the rest of its bytes


class SessionClosed(OutboundError):
    """The session has ended, or is ending: nothing of the call was written."""


class NoAnswer(OutboundError):
    """A request was written and its answer did not come in time."""


class Cause(Enum):
    """Why a session ended."""

    CLOSED = "closed"  # by this side
    UNBOUND = "unbound"  # by this side, answered
    PEER_UNBOUND = "peer_unbound"  # the peer sent unbind
    DISCONNECTED = "disconnected"  # the connection broke
    SILENT = "silent"  # enquire_link was not answered
    OVERDUE = "overdue"  # a request was not answered
    GARBAGE = "garbage"  # no PDUs any more
    NOT_BOUND = "not_bound"  # no bind in time
    IDLE = "idle"  # no message for too long


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


class Session(asyncio.Protocol):
    """What both ends share. Made by `client.connect` and `server.serve`.

    window: requests without an answer, at most. response_timeout: seconds an answer may take.
    """

    bulk_answer: ClassVar[bytes]  # command_id of the answers that come in runs
    bulk_requests: ClassVar[tuple[type[Pdu], ...]]  # the requests that come in runs

    def __init__(self, *, window: int, response_timeout: float, timers: Timers, user_timeout: float | None) -> None:
        self.window = Window(window, response_timeout)
        self.timers = timers
        self.peer = "no connection"  # host:port of the other end
        self.counters = Counters()
        self.last_answered_at: datetime | None = None
        self.ended: Ended | None = None
        self.bound = False
        self._user_timeout = user_timeout
        self._sequences = Sequences()
        self._frames = Frames()
        self._replies: dict[int, asyncio.Future[Pdu]] = {}
        self._data_sm: set[int] = set()  # received as data_sm: answered by data_sm_resp
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._closed = asyncio.Event()
        self._writable = asyncio.Event()
        self._answered = asyncio.Event()
        self._tick: asyncio.TimerHandle | None = None
        self._ending: tuple[Cause, str] | None = None

    # what the two ends do differently

    def on_answers(self, run: list[Answer]) -> None:
        raise NotImplementedError

    def on_requests(self, run: list[Any]) -> None:
        raise NotImplementedError

    def on_overdue(self, sequences: list[int]) -> None:
        raise NotImplementedError

    def on_writable(self) -> None:
        """The transport takes bytes again."""

    def on_ended(self, ended: Ended) -> None:
        raise NotImplementedError

    def on_single(self, pdu: Pdu, /) -> None:
        """A request outside the runs: this end has no use for it."""
        self.decline(pdu, status.RINVCMDID)

    # what the owner asks and does

    @property
    def open(self) -> bool:
        """Whether requests may be written."""
        return self.bound and self._ending is None and self._transport is not None

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

    def send(self, encoded: bytes, first_sequence: int, count: int) -> None:
        """Writes these requests, numbered from first_sequence, once, in one piece; their answers come to on_answers.

        `encoded` is bytes, for the transport keeps what it cannot write at once. SessionClosed or WindowFull:
        nothing was written.
        """
        transport = self._require_open()
        if type(encoded) is not bytes:
            raise TypeError("requests are written as bytes: the transport may keep a buffer that changes later")
        self.window.offer(first_sequence, count, self._loop.time())
        self.counters.sent += count
        transport.write(encoded)

    def write(self, octets: bytes) -> None:
        """Octets outside the window, such as answers; nothing where the session has ended."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)

    def decline(self, pdu: Pdu, command_status: int) -> None:
        """Answers a request with this error, if it is one that wants an answer."""
        response = response_to(pdu.command)
        if response is not None:
            self.write(codec.encode(response(sequence=pdu.sequence, status=command_status)))

    def acknowledge(self, sequences: Sequence[int], command_status: int = 0) -> None:
        """Answers requests of the peer's: call it once they are stored for good."""
        raise NotImplementedError

    async def request(self, pdu: Pdu, timeout: float | None = None) -> Pdu:
        """Sends a single request outside the window (its sequence number is set here) and gives the answer to it.

        NoAnswer after `timeout` seconds (default: the response timeout); SessionClosed where the session ends.
        """
        transport = self._require_transport()
        number = self._sequences.take()
        reply: asyncio.Future[Pdu] = self._loop.create_future()
        self._replies[number] = reply
        transport.write(codec.encode(replace(pdu, sequence=number)))
        try:
            async with asyncio.timeout(self.window.timeout if timeout is None else timeout):
                return await reply
        except TimeoutError:
            raise NoAnswer(f"{self.peer}: no answer to {type(pdu).__name__} in time") from None
        finally:
            self._replies.pop(number, None)

    async def settled(self, timeout: float) -> bool:
        """Waits until every request is answered, or the session ended; False where that took too long."""
        try:
            async with asyncio.timeout(timeout):
                while len(self.window) and not self._closed.is_set():
                    self._answered.clear()
                    await self._answered.wait()
        except TimeoutError:
            return False
        return not len(self.window)

    async def drained(self) -> None:
        """Waits until the transport takes bytes again."""
        await self._writable.wait()

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
        await self._closed.wait()

    def close(self, reason: str = "closed") -> None:
        """The end at once. What is in flight stays without an answer."""
        self._end(Cause.CLOSED, reason)

    async def wait_closed(self) -> None:
        await self._closed.wait()

    # the transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self._writable.set()
        name = transport.get_extra_info("peername")
        self.peer = f"{name[0]}:{name[1]}"
        transport.set_write_buffer_limits(high=1 << 20)
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._user_timeout is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self._user_timeout * 1000))
        self.timers.opened(self._loop.time())
        self._schedule()

    def data_received(self, data: bytes) -> None:
        broken: FramingLost | None = None
        try:
            frames = self._frames.feed(data)
        except FramingLost as error:
            frames, broken = error.frames, error
        if frames:
            self.timers.heard(self._loop.time())
            self._take(frames)
        if broken is not None:
            self.counters.malformed += 1
            self.write(codec.encode(broken.answer()))
            self._end(Cause.GARBAGE, str(broken))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()
        self.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        cause, reason = self._ending or (Cause.DISCONNECTED, str(exc) if exc else "the peer closed the connection")
        if self._tick is not None:
            self._tick.cancel()
        self._ending = cause, reason
        self.ended = Ended(cause=cause, reason=reason, unanswered=tuple(self.window.close()), at=datetime.now(UTC))
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(SessionClosed(f"{self.peer}: {reason}"))
        for event in (self._closed, self._writable, self._answered):
            event.set()
        self._transport = None
        self.on_ended(self.ended)

    # inside

    def _take(self, frames: list[bytes]) -> None:
        """Sorts what one read brought: answers first, so that an early receipt finds its message's id known."""
        run: list[Answer] = []
        requests: list[Pdu] = []
        singles: list[Pdu] = []
        for frame in frames:
            if frame[4:8] == self.bulk_answer:
                run.append(answers.read(frame))
                continue
            try:
                pdu = codec.decode(frame)
            except MalformedPdu as error:
                self._refuse(error)
                continue
            if isinstance(pdu, self.bulk_requests):
                requests.append(pdu)
            elif isinstance(pdu, GenericNack) and pdu.sequence in self.window:
                run.append(Answer(pdu.sequence, pdu.status or status.RUNKNOWNERR, b""))
            else:
                singles.append(pdu)
        if run:
            self._complete(run)
        if requests:
            self._hand_on(requests)
        for pdu in singles:
            self._single(pdu)

    def _complete(self, run: list[Answer]) -> None:
        """Also answers that nothing waits for are handed on: a late answer is proof as well."""
        self.window.complete_all([answer.sequence for answer in run])
        self.counters.answered += len(run)
        self.counters.refused += sum(1 for answer in run if answer.status)
        self._note_answer()
        self.on_answers(run)
        self._answered.set()

    def _hand_on(self, requests: list[Pdu]) -> None:
        self.timers.active(self._loop.time())
        self.counters.received += len(requests)
        self._data_sm.update(pdu.sequence for pdu in requests if isinstance(pdu, DataSm))
        self.on_requests(requests)

    def _single(self, pdu: Pdu) -> None:
        if pdu.command & RESPONSE:
            self._note_answer()
            reply = self._replies.get(pdu.sequence)
            if reply is not None and not reply.done():
                reply.set_result(pdu)
        elif isinstance(pdu, EnquireLink):
            self.write(codec.encode(EnquireLinkResp(sequence=pdu.sequence)))
        elif isinstance(pdu, Unbind):
            self.write(codec.encode(UnbindResp(sequence=pdu.sequence)))
            self._end(Cause.PEER_UNBOUND, "the peer unbound")
        else:
            self.on_single(pdu)

    def _refuse(self, error: MalformedPdu) -> None:
        self.counters.malformed += 1
        answer = error.answer()
        if answer is not None:
            self.write(codec.encode(answer))

    def _note_answer(self) -> None:
        self.last_answered_at = datetime.now(UTC)

    def _require_transport(self) -> asyncio.Transport:
        if self._transport is None or self._ending is not None or self._transport.is_closing():
            raise SessionClosed(
                f"{self.peer}: the session has ended ({self._ending[1] if self._ending else 'closing'})"
            )
        return self._transport

    def _require_open(self) -> asyncio.Transport:
        transport = self._require_transport()
        if not self.bound:
            raise SessionClosed(f"{self.peer}: the session is not bound")
        return transport

    def _end(self, cause: Cause, reason: str) -> None:
        """Closes the transport once what was written is gone, at once where the peer does not listen any more."""
        if self._ending is None:
            self._ending = cause, reason
        if self._transport is None:
            return
        if cause in (Cause.SILENT, Cause.OVERDUE):
            self._transport.abort()
        elif not self._transport.is_closing():
            self._transport.close()
            self._loop.call_later(FLUSH_SECONDS, self._transport.abort)

    def _become_bound(self) -> None:
        self.bound = True
        self.timers.bound(self._loop.time())
        self._schedule()

    # timers

    def _schedule(self) -> None:
        """The next look at the timers: never later than anything that can become due until then."""
        if self._tick is not None:
            self._tick.cancel()
        now = self._loop.time()
        moments = [at for at in (self.timers.next_at(), self.window.next_deadline()) if at is not None]
        next_at = min([*moments, now + self.window.timeout])
        self._tick = self._loop.call_at(max(next_at, now + 0.001), self._on_tick)

    def _on_tick(self) -> None:
        now = self._loop.time()
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
        if self._ending is None:
            self._schedule()
