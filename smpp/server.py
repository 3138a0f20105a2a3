"""The carrier's end, which is also the gateway's: takes binds, takes submit_sm in runs, sends deliver_sm."""

import asyncio
import ssl
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Protocol, cast

from outbound.errors import OutboundError
from smpp import answers, codec, status
from smpp.answers import Answer, Answers
from smpp.pdu import (
    Bind,
    BindReceiver,
    BindResp,
    BindTransmitter,
    DataSm,
    DataSmResp,
    DeliverSmResp,
    Pdu,
    SubmitSm,
    Tag,
    Tlv,
    response_to,
)
from smpp.session import Cause, Ended, Session
from smpp.timers import ENQUIRE_LINK, Timers
from smpp.window import Numbers


class CannotListen(OutboundError):
    """The port is taken or not allowed."""


class Host(Protocol):
    """What a server does with its sessions. Calls come on the event loop and must not block."""

    def authenticate(self, session: "ServerSession", bind: Bind, /) -> int | Awaitable[int]:
        """The command_status that answers this bind: 0 lets it in."""

    def bound(self, session: "ServerSession", /) -> None:
        """The bind was answered; deliver_sm may go."""

    def submitted(self, session: "ServerSession", run: list[SubmitSm | DataSm], /) -> None:
        """Submissions came: answer each by session.answer, now or later."""

    def delivered(self, session: "ServerSession", run: list[Answer], /) -> None:
        """The client answered these deliver_sm."""

    def undelivered(self, session: "ServerSession", sequences: list[int], /) -> None:
        """The client did not answer these deliver_sm in time."""

    def asked(self, session: "ServerSession", pdu: Pdu, /) -> Pdu | None:
        """query_sm, cancel_sm, replace_sm: the response, or None for 'not served here'."""

    def ended(self, session: "ServerSession", ended: Ended, /) -> None:
        """The session is gone, whether it was bound or not."""


class ServerSession(Session):
    """One client's session. who: its bind once it came; None before."""

    bulk_answer = DeliverSmResp.command
    bulk_requests = (SubmitSm, DataSm)

    def __init__(self, host: Host, system_id: str, sessions: "set[ServerSession]", **settings: Any) -> None:
        super().__init__(**settings)
        self._sessions = sessions
        self.who: Bind | None = None
        self._host = host
        self._system_id = system_id.encode()
        self._deciding: asyncio.Task[None] | None = None

    @property
    def receives(self) -> bool:
        """Whether deliver_sm may be sent to this session."""
        return self.open and not isinstance(self.who, BindTransmitter)

    def answer(self, run: Iterable[tuple[int, int, bytes]]) -> None:
        """submit_sm_resp for each (sequence, status, message_id). A session that has ended writes nothing."""
        run = list(run)
        plain = [entry for entry in run if entry[0] not in self._data_sm] if self._data_sm else run
        octets = answers.submit_answers(plain)
        if len(plain) < len(run):
            for number, command_status, message_id in run:
                if number in self._data_sm:
                    self._data_sm.discard(number)
                    octets += codec.encode(_data_answer(number, command_status, message_id))
        self.write(octets)

    def acknowledge(self, sequences: Sequence[int] | Numbers, command_status: int = 0) -> None:
        """The same status for all of them, without an id."""
        self.answer([(int(sequence), command_status, b"") for sequence in sequences])

    def deliver(self, encoded: bytes, first_sequence: int, count: int) -> None:
        """Writes `count` deliver_sm, encoded with the numbers that take_sequences gave, exactly once."""
        self.send(encoded, first_sequence, count)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sessions.add(self)
        super().connection_made(transport)

    def pause_writing(self) -> None:
        """A client that does not read its answers is not read either: it cannot fill this side's memory."""
        super().pause_writing()
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._transport is not None:
            self._transport.resume_reading()

    def on_answers(self, run: Answers, handles: Numbers) -> None:
        self._host.delivered(self, run.each())

    def on_requests(self, run: list[Any]) -> None:
        if not self.bound or isinstance(self.who, BindReceiver):
            self.acknowledge([pdu.sequence for pdu in run], status.RINVBNDSTS)
        else:
            self._host.submitted(self, run)

    def on_overdue(self, sequences: list[int]) -> None:
        self._host.undelivered(self, sequences)

    def on_ended(self, ended: Ended) -> None:
        self._sessions.discard(self)
        if self._deciding is not None:
            self._deciding.cancel()
        self._host.ended(self, ended)

    def on_single(self, pdu: Pdu, /) -> None:
        if isinstance(pdu, Bind):
            self._take_bind(pdu)
        elif not self.bound:
            self.decline(pdu, status.RINVBNDSTS)
        elif (answer := self._host.asked(self, pdu)) is not None:
            self.write(codec.encode(answer))
        else:
            self.decline(pdu, status.RINVCMDID)

    def _take_bind(self, bind: Bind) -> None:
        if self.who is not None:
            self.decline(bind, status.RALYBND)
            return
        self.who = bind
        decision = self._host.authenticate(self, bind)
        if isinstance(decision, int):
            self._decide(bind, decision)
        else:
            self._deciding = asyncio.ensure_future(self._decide_later(bind, decision))

    async def _decide_later(self, bind: Bind, decision: Awaitable[int]) -> None:
        self._decide(bind, await decision)

    def _decide(self, bind: Bind, command_status: int) -> None:
        if command_status:
            self.decline(bind, command_status)
            self.who = None
            self._end(Cause.NOT_BOUND, f"bind refused with {status.name(command_status)}")
        else:
            self.write(codec.encode(_bind_answer(bind, self._system_id)))
            self._become_bound()
            self._host.bound(self)


class Server:
    """A listening socket and its sessions."""

    def __init__(self, sockets: asyncio.Server, sessions: set[ServerSession]) -> None:
        self._sockets = sockets
        self.sessions = sessions

    @property
    def port(self) -> int:
        port: int = self._sockets.sockets[0].getsockname()[1]
        return port

    async def close(self, timeout: float = 5.0) -> None:
        """Listens no more, unbinds every session that is bound, ends the rest."""
        self._sockets.close()
        await asyncio.gather(*(session.unbind(timeout) for session in list(self.sessions)))


async def serve(
    host: str,
    port: int,
    behaviour: Host,
    *,
    system_id: str = "outbound",
    window: int = 100,
    response_timeout: float = 60.0,
    enquire_link: float | None = ENQUIRE_LINK,
    session_init: float | None = 10.0,
    inactivity: float | None = None,
    user_timeout: float | None = None,
    tls: ssl.SSLContext | None = None,
) -> Server:
    """Listens on host and port (0: any free one). window: deliver_sm without an answer, per session, at most."""
    sessions: set[ServerSession] = set()

    def session() -> ServerSession:
        timers = Timers(enquire_link=enquire_link, session_init=session_init, inactivity=inactivity)
        return ServerSession(
            behaviour, system_id, sessions,
            window=window, response_timeout=response_timeout, timers=timers, user_timeout=user_timeout,
        )  # fmt: skip

    try:
        sockets = await asyncio.get_running_loop().create_server(session, host, port, ssl=tls, backlog=1024)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {host}:{port} ({error.strerror or error}); is another server running there? "
            "Choose another port"
        ) from None
    return Server(sockets, sessions)


def _bind_answer(bind: Bind, system_id: bytes) -> Pdu:
    response = cast(type[BindResp], response_to(bind.command))
    version = (Tlv(Tag.SC_INTERFACE_VERSION, b"\x34"),)
    return response(sequence=bind.sequence, system_id=system_id, tlvs=version)


def _data_answer(sequence: int, command_status: int, message_id: bytes) -> Pdu:
    return DataSmResp(sequence=sequence, status=command_status, message_id=None if command_status else message_id)
