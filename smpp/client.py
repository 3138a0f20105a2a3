"""The ESME's end: connects, binds, submits in runs, takes deliver_sm; errors say which connector and what to do."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from enum import Enum
from itertools import compress
from typing import Any

from outbound.errors import OutboundError
from smpp import answers, status
from smpp.answers import Answers
from smpp.frames import Read
from smpp.pdu import (
    Bind,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DataSm,
    DeliverSm,
    SubmitSmResp,
)
from smpp.receipt_rows import Forms, Receipts
from smpp.session import Cause, Ended, NoAnswer, Session, SessionClosed
from smpp.timers import ENQUIRE_LINK, Timers
from smpp.window import Numbers


class BindAs(Enum):
    """What a session may do: submit, receive, or both."""

    TRANSMITTER = BindTransmitter
    RECEIVER = BindReceiver
    TRANSCEIVER = BindTransceiver


class ConnectFailed(OutboundError):
    """No TCP connection, or no TLS over it."""


class BindRefused(OutboundError):
    """The carrier answered the bind with an error. status: its command_status."""

    def __init__(self, message: str, command_status: int) -> None:
        super().__init__(message)
        self.status = command_status


class BindUnanswered(OutboundError):
    """The connection stands, but the bind got no answer."""


class ClientSession(Session):
    """A bound session. Its callbacks run on the event loop and get the session first; they must not block.

    on_answers(session, Answers, handles): answers to what was submitted, late and unknown ones too (handle NOBODY),
    before the receipts of the same read. on_deliver(session, [Receipts], [DeliverSm | DataSm]): receipts by columns,
    and whatever is none of these; acknowledge them once they are stored.
    on_lost(session, Ended): once, however the session ends. on_overdue(session, [sequence]): answers that did not
    come in time; without it the session ends then. on_writable(session): the transport's buffer has room again.
    """

    bulk_answer = SubmitSmResp.command
    bulk_requests = (DeliverSm, DataSm)

    def __init__(
        self,
        *,
        answered: "Callable[[ClientSession, Answers, Numbers], None]",
        delivered: "Callable[[ClientSession, list[Receipts], list[DeliverSm | DataSm]], None]",
        lost: "Callable[[ClientSession, Ended], None]",
        overdue: "Callable[[ClientSession, list[int]], None] | None",
        became_writable: "Callable[[ClientSession], None] | None",
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        self._call_answered = answered
        self._call_delivered = delivered
        self._call_lost = lost
        self._call_overdue = overdue
        self._call_writable = became_writable
        self._forms = Forms()

    def submit(self, encoded: bytes, first_sequence: int, count: int, handles: Numbers | int = 0) -> None:
        """Writes `count` submit_sm, encoded with the numbers that take_sequences gave, exactly once."""
        self.send(encoded, first_sequence, count, handles)

    def acknowledge(self, sequences: Sequence[int] | Numbers, command_status: int = 0) -> None:
        """deliver_sm_resp (data_sm_resp) for what on_deliver brought. A session that has ended writes nothing: the
        carrier delivers again."""
        plain = sequences
        if self._data_sm:
            plain = [sequence for sequence in sequences if sequence not in self._data_sm]
        octets = answers.deliver_answers(plain, command_status)
        if len(plain) < len(sequences):
            of_data = [sequence for sequence in sequences if sequence in self._data_sm]
            self._data_sm.difference_update(of_data)
            octets += answers.data_answers(of_data, command_status)
        self.write(octets)

    async def bind(self, pdu: Bind, connector: str, timeout: float) -> None:
        """Binds, or raises BindRefused or BindUnanswered."""
        who = f"{connector} ({self.peer})"
        user = pdu.system_id.decode("ascii", "replace")
        try:
            response = await self.request(pdu, timeout)
        except NoAnswer:
            raise BindUnanswered(
                f"{who}: connected, but no answer to the bind within {timeout:g} s; "
                "is it an SMPP port, and does it speak TLS or not as set up?"
            ) from None
        except SessionClosed as error:
            raise BindUnanswered(
                f"{who}: the connection ended before the bind was answered ({error}); "
                "is this machine's address allowed by the carrier, and TLS as set up?"
            ) from None
        if response.status:
            advice = status.policy(response.status).advice
            raise BindRefused(
                f"{who}: bind as {user!r} refused with {status.name(response.status)}: {advice}; "
                "correct the connector's system_id, password, bind or number of sessions",
                response.status,
            )
        if self.ended is not None:
            raise BindUnanswered(f"{who}: the connection ended with the bind ({self.ended.reason}); try again later")
        self._become_bound()

    def take_others(self, read: Read, kinds: list[tuple[int, int]]) -> None:
        """Receipts of a known form by columns, before everything else."""
        receipts: list[Receipts] = []
        rest: list[tuple[int, int]] = []
        for kind in kinds:
            if kind[0] != DeliverSm.command:
                rest.append(kind)
                continue
            found, left = self._forms.read(read.matrix(kind))
            receipts += found
            if left.any():
                rest.append(kind)
                read.offsets[kind] = list(compress(read.offsets[kind], left))
        if receipts:
            self.note_requests(sum(len(run.sequences) for run in receipts))
            self._call_delivered(self, receipts, [])
        if rest:
            super().take_others(read, rest)

    def on_answers(self, run: Answers, handles: Numbers) -> None:
        self._call_answered(self, run, handles)

    def on_requests(self, run: list[Any]) -> None:
        self._call_delivered(self, [], run)

    def on_overdue(self, sequences: list[int]) -> None:
        if self._call_overdue is not None:
            self._call_overdue(self, sequences)
            return
        self._end(Cause.OVERDUE, f"{len(sequences)} submissions were not answered in {self.window.timeout:g} s")

    def on_writable(self) -> None:
        if self._call_writable is not None:
            self._call_writable(self)

    def on_ended(self, ended: Ended) -> None:
        if self.bound:
            self._call_lost(self, ended)


async def connect(
    host: str,
    port: int,
    *,
    system_id: str,
    password: str,
    on_answers: Callable[[ClientSession, Answers, Numbers], None],
    on_deliver: Callable[[ClientSession, list[Receipts], list[DeliverSm | DataSm]], None],
    on_lost: Callable[[ClientSession, Ended], None],
    on_overdue: Callable[[ClientSession, list[int]], None] | None = None,
    on_writable: Callable[[ClientSession], None] | None = None,
    connector: str = "connector",
    bind: BindAs = BindAs.TRANSCEIVER,
    system_type: str = "",
    window: int = 100,
    response_timeout: float = 60.0,
    enquire_link: float | None = ENQUIRE_LINK,
    connect_timeout: float = 10.0,
    user_timeout: float | None = None,
    tls: ssl.SSLContext | None = None,
) -> ClientSession:
    """A bound session with the carrier's server.

    Seconds everywhere. enquire_link: after so long without a PDU. user_timeout: TCP_USER_TIMEOUT, after which the
    kernel gives up a connection whose bytes nobody confirms.

    ConnectFailed, BindRefused, BindUnanswered: which connector, where, and what to do.
    """

    def session() -> ClientSession:
        return ClientSession(
            window=window, response_timeout=response_timeout,
            timers=Timers(enquire_link=enquire_link), user_timeout=user_timeout,
            answered=on_answers, delivered=on_deliver, lost=on_lost, overdue=on_overdue, became_writable=on_writable,
        )  # fmt: skip

    loop = asyncio.get_running_loop()
    where = f"{connector} ({host}:{port})"
    try:
        async with asyncio.timeout(connect_timeout):
            _, client = await loop.create_connection(session, host, port, ssl=tls)
    except TimeoutError:
        raise ConnectFailed(
            f"{where}: no connection within {connect_timeout:g} s; is the address right, is the VPN up?"
        ) from None
    except ssl.SSLError as error:
        raise ConnectFailed(
            f"{where}: TLS failed ({error.reason or error}); does this port speak TLS, "
            "is its certificate signed by ca_file?"
        ) from None
    except OSError as error:
        raise ConnectFailed(
            f"{where}: cannot connect ({error.strerror or error}); is the server running, are host and port right?"
        ) from None
    request = bind.value(system_id=system_id.encode(), password=password.encode(), system_type=system_type.encode())
    try:
        await client.bind(request, connector, connect_timeout)
    except BaseException:  # a cancelled connect leaves no connection either
        client.close()
        raise
    return client
