"""The TCP side of a session: octets in and out, back pressure, the timers' clock, and how it all ends.

Runs on asyncio and uvloop, with or without TLS. Knows PDUs only as frames, and those it sends itself.
"""

import asyncio
import socket
from enum import Enum
from typing import cast

from outbound.errors import OutboundError
from smpp import codec
from smpp.frames import Frames, FramingLost, Read
from smpp.sequence import Sequences
from smpp.timers import Timers

FLUSH_SECONDS = 5.0  # what an ending session may take to write the rest of its bytes
WRITE_BUFFER = 1 << 20  # octets that wait for the peer before the transport asks to wait


class SessionClosed(OutboundError):
    """The session has ended, or is ending: nothing of the call was written."""


class Cause(Enum):
    """Why a session ended."""

    CLOSED = "closed"  # by this side
    UNBOUND = "unbound"  # by this side, answered
    PEER_UNBOUND = "peer_unbound"  # the peer sent unbind
    DISCONNECTED = "disconnected"  # the connection broke
    SILENT = "silent"  # enquire_link was not answered
    OVERDUE = "overdue"  # a request was not answered
    GARBAGE = "garbage"  # no PDUs any more
    NOT_BOUND = "not_bound"  # no bind in time, or refused
    IDLE = "idle"  # no message for too long


class Connection(asyncio.Protocol):
    """A transport and what happens to it. user_timeout: seconds, see `client.connect`."""

    def __init__(self, *, timers: Timers, user_timeout: float | None) -> None:
        self.timers = timers
        self.peer = "no connection"  # host:port of the other end
        self._user_timeout = user_timeout
        self._loop = asyncio.get_running_loop()
        self._sequences = Sequences()
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._ending: tuple[Cause, str] | None = None
        self._closed = asyncio.Event()
        self._writable = asyncio.Event()
        self._tick: asyncio.TimerHandle | None = None

    # what the session makes of it

    def take(self, read: Read) -> None:
        """Whole PDUs came, all that one read brought."""
        raise NotImplementedError

    def malformed(self, error: codec.MalformedPdu | FramingLost) -> None:
        """Octets came that are no PDU: answers them."""
        raise NotImplementedError

    def next_deadline(self, now: float) -> float:
        """When `tick` must look again, at the latest."""
        raise NotImplementedError

    def tick(self, now: float) -> None:
        """Does what has fallen due."""
        raise NotImplementedError

    def on_writable(self) -> None:
        """The transport takes bytes again."""

    def lost(self, cause: Cause, reason: str) -> None:
        """The connection is gone; called once."""
        raise NotImplementedError

    # for everybody

    def write(self, octets: bytes) -> None:
        """Octets outside the window, such as answers; nothing where the session has ended."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)

    async def drained(self) -> None:
        """Waits until the transport takes bytes again, or the session ended."""
        await self._writable.wait()

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
        transport.set_write_buffer_limits(high=WRITE_BUFFER)
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._user_timeout is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self._user_timeout * 1000))
        self.timers.opened(self._loop.time())
        self.schedule()

    def data_received(self, data: bytes) -> None:
        broken: FramingLost | None = None
        try:
            read = self._frames.feed(data)
        except FramingLost as error:
            read, broken = error.read, error
        if read.offsets:
            self.timers.heard()
            self.take(read)
        if broken is not None:
            self.malformed(broken)
            self._end(Cause.GARBAGE, str(broken))

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()
        self.on_writable()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._ending is None:
            self._ending = Cause.DISCONNECTED, str(exc) if exc else "the peer closed the connection"
        if self._tick is not None:
            self._tick.cancel()
        self._transport = None
        self._closed.set()
        self._writable.set()
        self.lost(*self._ending)

    # for the session

    def schedule(self) -> None:
        """Sets the next look at the timers."""
        if self._tick is not None:
            self._tick.cancel()
        now = self._loop.time()
        due = [at for at in (self.timers.next_at(), self.next_deadline(now)) if at is not None]
        self._tick = self._loop.call_at(max(min(due), now + 0.001), self._on_tick)

    def _on_tick(self) -> None:
        self.tick(self._loop.time())
        if self._ending is None:
            self.schedule()

    def _require_transport(self) -> asyncio.Transport:
        if self._transport is None or self._ending is not None or self._transport.is_closing():
            raise SessionClosed(
                f"{self.peer}: the session has ended ({self._ending[1] if self._ending else 'closing'})"
            )
        return self._transport

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
