"""What carriers deliver: receipts and subscribers' replies, stored for good before they are acknowledged.

Stored here, matched in the database (`matching`): any worker may receive any receipt.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import psycopg

from dispatch import copying
from dispatch.boot import boottime
from dispatch.channel import Channel, ConnectionLost
from dispatch.connectors import Connector
from dispatch.copying import Nullable, instant, instants, int2, int4, int8
from dispatch.desk import reason
from dispatch.journal import LONGEST_ID
from dispatch.stop_words import is_stop
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load
from smpp import message_id, receipt_rows
from smpp.client import ClientSession
from smpp.codec import encode
from smpp.pdu import DataSm, DeliverSm
from smpp.receipt import State
from smpp.receipt_rows import NONE, Receipts

log = logger("dispatch.inbox")
Q = load("dispatch/receipts")

_RETRY_SECONDS = 0.5
_BEHIND = 2.0  # seconds after which what is received and not stored counts as a break
_FINAL = np.zeros(max(State) + 1, bool)
_FINAL[[state for state in State if state.final]] = True
_PLACE_VALUES = 10 ** np.arange(14, -1, -1)  # of the digits of an E.164 number

Texts = npt.NDArray[np.bytes_]


class Inbox:
    """Takes what sessions deliver, stores it in groups, acknowledges it then. A receipt that was stored and not
    acknowledged comes again and is stored again: the second one changes nothing."""

    def __init__(self, epoch: int, channel: Channel) -> None:
        self._epoch = epoch
        self._channel = channel
        self._receipts: list[bytes] = []
        self._counts: Counter[int] = Counter()  # of them, by connector
        self._replies: list[bytes] = []
        self._acknowledge: list[tuple[ClientSession, Sequence[int] | npt.NDArray[np.int64]]] = []
        self._wake = asyncio.Event()
        self.unstored_since: float | None = None  # when the oldest came that is received and not stored (`boottime`)
        self._kept_up_since = datetime.now(UTC)
        self.stored = 0
        self.stored_of: Counter[int] = Counter()  # the same by connector
        self.replies = 0

    @property
    def empty(self) -> bool:
        return self.unstored_since is None

    def keeps_up_since(self) -> datetime | None:
        """Since when what is received is stored at once; None while it is not: silence proves nothing then."""
        if self.unstored_since is not None and boottime() - self.unstored_since > _BEHIND:
            return None
        return self._kept_up_since

    def receive(
        self,
        connector: Connector,
        session: ClientSession,
        receipts: Sequence[Receipts],
        pdus: Sequence[DeliverSm | DataSm],
    ) -> None:
        """pdus: what is no receipt of a known form; some are receipts all the same."""
        now = time.time_ns() // 1000
        for run in receipts:
            self._add(connector, run, now)
            self._acknowledge.append((session, run.sequences))
        for pdu in pdus:
            single = receipt_rows.single(pdu)
            if single is None:
                self._replies.append(_reply(connector, pdu, now))
            else:
                self._add(connector, single, now)
        if pdus:
            self._acknowledge.append((session, [pdu.sequence for pdu in pdus]))
        if self.unstored_since is None:
            self.unstored_since = boottime()
        self._wake.set()

    async def run(self) -> None:
        """Stores until it is cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._acknowledge:
                await self._store()

    def _add(self, connector: Connector, run: Receipts, now: int) -> None:
        self._receipts.append(_rows(self._epoch, connector, run, now))
        self._counts[connector.connector_id] += len(run.sequences)

    async def _store(self) -> None:
        began = boottime()
        receipts, self._receipts = self._receipts, []
        counts, self._counts = self._counts, Counter()
        count = counts.total()
        replies, self._replies = self._replies, []
        acknowledge, self._acknowledge = self._acknowledge, []
        statements, copies = [], []
        if receipts:
            statements.append(Q.copy_receipts)
            copies.append(copying.joined(receipts))
        if replies:
            statements.append(Q.copy_replies)
            copies.append(copying.joined(replies))
        text = ";".join(statements)
        while True:
            try:
                await self._channel.run(text, copies)
                break
            except (ConnectionLost, psycopg.Error, OutboundError) as error:
                if isinstance(error, psycopg.errors.DataError):
                    raise
                log.warning("receipts wait for the database", receipts=count, reason=reason(error))
                await asyncio.sleep(_RETRY_SECONDS)
        self.stored += count
        self.stored_of.update(counts)
        self.replies += len(replies)
        if self.keeps_up_since() is None:
            self._kept_up_since = datetime.now(UTC)
        self.unstored_since = began if self._acknowledge else None
        for session, sequences in acknowledge:
            session.acknowledge(sequences)


def _rows(epoch: int, connector: Connector, run: Receipts, now: int) -> bytes:
    """Rows for dispatch.receipt (columns: `copy_receipts`)."""
    ids = run.message_ids
    if ids.dtype.itemsize > LONGEST_ID:
        ids = ids.astype(f"S{LONGEST_ID}")
    keys = message_id.first_receipt_keys(ids, connector.message_id_form)
    return copying.rows(
        len(run.sequences),
        (
            instant(now),
            int4(connector.connector_id),
            int8(epoch),
            Nullable(keys, keys != b""),
            run.states.astype(">i2"),
            _FINAL[run.states],
            Nullable(run.errors, run.errors != b""),
            Nullable(instants(run.done), run.done != NONE),
            _utf8(run.sources),
            _utf8(run.destinations),
            _msisdns(run.destinations),
            Nullable(run.references.astype(">i4"), run.references != NONE),
            run.pdus,
        ),
    )


def _reply(connector: Connector, pdu: DeliverSm | DataSm, now: int) -> bytes:
    """A row for dispatch.reply (columns: `copy_replies`)."""
    msisdn = _msisdn(pdu.source_addr)
    return copying.rows(
        1,
        (
            instant(now),
            int4(connector.connector_id),
            _latin(pdu.source_addr),
            int8(msisdn) if msisdn is not None else None,
            _latin(pdu.destination_addr),
            int2(pdu.data_coding),
            bool(is_stop(pdu)).to_bytes(),
            encode(pdu),
        ),
    )


def _latin(octets: bytes) -> bytes:
    return octets.decode("latin-1").replace("\0", "").encode()


def _utf8(values: Texts) -> Texts:
    if (values.view(np.uint8) < 128).all():
        return values
    return np.array([_latin(value) for value in values.tolist()], "S")


def _msisdns(destinations: Texts) -> Nullable:
    """The subscribers as E.164 without +, however the carrier marks an international number."""
    octets = destinations.view(np.uint8).reshape(len(destinations), -1)
    digits = ((octets >= ord("0")) & (octets <= ord("9"))).all()
    if digits and octets.shape[1] <= 15 and not (octets[:, 0] == ord("0")).any():
        numbers = (octets - ord("0")) @ _PLACE_VALUES[-octets.shape[1] :]
        return Nullable(numbers.astype(">i8"), np.ones(len(destinations), bool))
    each = [_msisdn(destination) for destination in destinations.tolist()]
    present = np.array([number is not None for number in each])
    return Nullable(np.array([number or 0 for number in each], ">i8"), present)


def _msisdn(octets: bytes) -> int | None:
    digits = octets.decode("latin-1").removeprefix("+").removeprefix("00")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None
