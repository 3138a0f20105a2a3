"""What carriers deliver: receipts and subscribers' replies, stored for good before they are acknowledged.

Stored here, matched in the database (`matching`): any worker may receive any receipt.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg

from dispatch.channel import Channel, ConnectionLost
from dispatch.connectors import Connector
from dispatch.desk import reason
from dispatch.journal import LONGEST_ID
from dispatch.rows import escaped
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load
from smpp import message_id, receipt
from smpp.client import ClientSession
from smpp.codec import encode
from smpp.pdu import DataSm, DeliverSm
from smpp.receipt import Receipt

log = logger("dispatch.inbox")
Q = load("dispatch/receipts")

PREPARE = Q.prepare_inbox
_RETRY_SECONDS = 0.5
_BEHIND = 2.0  # seconds after which what is received and not stored counts as a break


class Inbox:
    """Takes what sessions deliver, stores it in groups, acknowledges it then. A receipt that was stored and not
    acknowledged comes again and is stored again: the second one changes nothing."""

    def __init__(self, epoch: int, channel: Channel) -> None:
        self._epoch = epoch
        self._channel = channel
        self._receipts: list[str] = []
        self._replies: list[str] = []
        self._acknowledge: list[tuple[ClientSession, list[int]]] = []
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._waiting_since: float | None = None  # the oldest that is received and not stored
        self._kept_up_since = datetime.now(UTC)
        self.stored = 0
        self.replies = 0

    @property
    def empty(self) -> bool:
        return self._waiting_since is None

    def keeps_up_since(self) -> datetime | None:
        """Since when what is received is stored at once; None while it is not: silence proves nothing then."""
        if self._waiting_since is not None and self._loop.time() - self._waiting_since > _BEHIND:
            return None
        return self._kept_up_since

    def receive(self, connector: Connector, session: ClientSession, pdus: Sequence[DeliverSm | DataSm]) -> None:
        now = datetime.now(UTC).isoformat(" ")
        for pdu in pdus:
            found = receipt.parse(pdu)
            if found is None:
                self._replies.append(_reply(connector, pdu, now))
            else:
                self._receipts.append(_receipt(self._epoch, connector, found, pdu, now))
        self._acknowledge.append((session, [pdu.sequence for pdu in pdus]))
        if self._waiting_since is None:
            self._waiting_since = self._loop.time()
        self._wake.set()

    async def run(self) -> None:
        """Stores until it is cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._acknowledge:
                await self._store()

    async def _store(self) -> None:
        began = self._loop.time()
        receipts, self._receipts = self._receipts, []
        replies, self._replies = self._replies, []
        acknowledge, self._acknowledge = self._acknowledge, []
        statements, copies = [], []
        if receipts:
            statements += [Q.copy_receipts, Q.store_receipts]
            copies.append("".join(receipts).encode())
        if replies:
            statements.append(Q.copy_replies)
            copies.append("".join(replies).encode())
        text = ";".join(statements)
        while True:
            try:
                await self._channel.run(text, copies)
                break
            except (ConnectionLost, psycopg.Error, OutboundError) as error:
                if isinstance(error, psycopg.errors.DataError):
                    raise
                log.warning("receipts wait for the database", receipts=len(receipts), reason=reason(error))
                await asyncio.sleep(_RETRY_SECONDS)
        self.stored += len(receipts)
        self.replies += len(replies)
        if self.keeps_up_since() is None:
            self._kept_up_since = datetime.now(UTC)
        self._waiting_since = began if self._acknowledge else None
        for session, sequences in acknowledge:
            session.acknowledge(sequences)


def _receipt(epoch: int, connector: Connector, found: Receipt, pdu: DeliverSm | DataSm, now: str) -> str:
    """A line for the table of what comes in (columns: `copy_receipts`)."""
    keys = message_id.receipt_keys(found.message_id[:LONGEST_ID], connector.message_id_form)
    values = (
        now,
        str(connector.connector_id),
        str(epoch),
        _array(keys),
        str(int(found.state)),
        "t" if found.state.final else "f",
        found.error,
        found.done.isoformat(" ") + "+00" if found.done else None,
        _latin(found.source),
        _latin(found.destination),
        _msisdn(found.destination),
        None if found.reference is None else str(found.reference),
        "\\x" + encode(pdu).hex(),
    )
    return "\t".join(["\\N" if value is None else escaped(value) for value in values]) + "\n"


def _reply(connector: Connector, pdu: DeliverSm | DataSm, now: str) -> str:
    values = (
        now,
        str(connector.connector_id),
        _latin(pdu.source_addr),
        _latin(pdu.destination_addr),
        str(pdu.data_coding),
        "\\x" + encode(pdu).hex(),
    )
    return "\t".join([escaped(value) for value in values]) + "\n"


def _array(keys: Sequence[str]) -> str:
    """PostgreSQL's text form of an array of texts."""
    quoted = ['"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' for key in keys]
    return "{" + ",".join(quoted) + "}"


def _latin(octets: bytes) -> str:
    return octets.decode("latin-1").replace("\0", "")


def _msisdn(octets: bytes) -> str | None:
    """The subscriber as E.164 without +, however the carrier marks an international number."""
    digits = octets.decode("latin-1").removeprefix("+").removeprefix("00")
    return digits if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None
