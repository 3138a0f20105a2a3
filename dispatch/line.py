"""One line to a carrier: a session that reconnects, with what is cleared to be written, what waits for its answer,
and the journal's mark that goes ahead of every write."""

import asyncio
import time
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dispatch import backoff
from dispatch.boot import boottime
from dispatch.connectors import RESPONSE_TIMEOUT, WrongConnector
from dispatch.journal import LONGEST_ID, Journal
from dispatch.leases import USER_TIMEOUT
from dispatch.parts import Batch, Block, Ends, Numbers
from dispatch.rows import STATES
from outbound.logs import logger
from smpp import address, client, message_id
from smpp.answers import Answers
from smpp.client import BindAs, BindRefused, BindUnanswered, ClientSession, ConnectFailed
from smpp.pdu import DataSm, DeliverSm
from smpp.receipt_rows import Receipts
from smpp.session import Ended
from smpp.status import Verdict
from smpp.submit import Block as Encoder
from smpp.timers import ENQUIRE_LINK
from smpp.validity import relative
from smpp.window import NOBODY

if TYPE_CHECKING:
    from dispatch.link import Link

log = logger("dispatch.line")

SHORTEST_VALIDITY = 60  # seconds: less is refused by carriers, or expires before the handset is asked
MAX_WRITE = 1000  # parts at once, so that answers are read in between
FRESH = 2.0  # seconds after its commit in which a block may be written: opt-outs were looked at then
PLACES = 1 << 20  # a handle is the serial of a block's intent times this, plus the place in the block
_STEADY = 5.0  # a session that lived so long was no failure


class Line:
    """number: among all lines of the worker. Everything here runs on the event loop."""

    def __init__(self, number: int, link: "Link", journal: Journal) -> None:
        self.number = number
        self.session: ClientSession | None = None
        self.asked = 0  # parts whose intents are being committed
        self.cleared: deque[Block] = deque()  # committed, and something of it is not written
        self.ahead = link.connector.window  # how many parts may be intended beyond the window
        self.last_error: str | None = None
        self._link = link
        self._journal = journal
        self._next_place = 1
        self._unwritten = 0  # parts in the cleared blocks
        self._open = 0  # parts that are written and not answered
        self._blocks: dict[int, Block] = {}  # by serial: something of it is written and not answered
        self._draining = False
        self._written = 0

    # sending

    @property
    def usable(self) -> bool:
        return self.session is not None and self.session.open and not self._draining and self._link.connector.sends

    @property
    def ahead_of_window(self) -> int:
        """Parts that are intended, or about to be, and not written."""
        return self._unwritten + self.asked

    @property
    def under_way(self) -> int:
        """Parts that are intended and not answered."""
        return self.ahead_of_window + self._open

    @property
    def wants(self) -> int:
        """How many more parts should be intended for this line now; in lumps, for each is a row."""
        if not self.usable:
            return 0
        full = self._link.connector.window + self.ahead
        have = self.under_way
        return full - have if have <= full - max(1, min(full // 8, self.ahead)) else 0

    def take_places(self, count: int) -> int:
        """The first of so many places in the order of this line's writes."""
        self._next_place += count
        self.asked += count
        return self._next_place - count

    def clear(self, block: Block, asked: int) -> None:
        """The block is committed, with what it has left of so many parts that were asked for."""
        self.asked -= asked
        if len(block):
            block.fresh_until = boottime() + FRESH
            self.cleared.append(block)
            self._unwritten += len(block)
            if not self.usable:
                self.give_back()

    def give_back(self) -> None:
        """What is committed and not written is not sent by this line any more."""
        blocks, self.cleared = list(self.cleared), deque()
        for block in blocks:
            self._refuse(block, block.unwritten)

    def discard(self, batch: Batch) -> None:
        """Nothing more of this batch is written."""
        doomed = [block for block in self.cleared if block.batch is batch]
        if doomed:
            self.cleared = deque(block for block in self.cleared if block.batch is not batch)
            for block in doomed:
                self._refuse(block, block.unwritten)

    def write(self, allowance: int, now: int) -> int:
        """Writes as many as the window, the transport and the allowance let go; how many went. now: microseconds UTC,
        their `sent_at`."""
        session = self.session
        if session is None or not self.usable or not session.writable:
            return 0
        most = min(session.room, allowance, MAX_WRITE)
        written = 0
        while written < most and self.cleared:
            block = self.cleared[0]
            batch = block.batch
            if batch.stopped or boottime() >= min(batch.deadline, block.fresh_until):
                self.cleared.popleft()
                self._refuse(block, block.unwritten)
                continue
            count = min(most - written, block.unwritten)
            if block.load.any_refused:
                places = np.arange(block.written, block.written + count)
                refused = block.load.refused[block.at[places]]
                if refused[0]:
                    # their records come before the mark that passes them
                    self._refuse(block, count if refused.all() else int((~refused).argmax()))
                    self._forget_written(block)
                    continue
                if refused.any():
                    count = int(refused.argmax())
            self._write(session, block, count, now)
            written += count
            self._forget_written(block)
        self._written += written
        if not self.cleared and session.room:
            self.ahead = min(max(1, 2 * self.ahead), 8192)  # it ran dry: intend further ahead
        return written

    def resize(self) -> None:
        """The connector's window is another one from now on."""
        if self.session is not None:
            self.session.window.size = self._link.connector.window

    def settle_down(self, seconds: float) -> None:
        """Looks no further ahead than a quarter of a second of what it writes, where it has anything to write: what is
        intended escapes an opt-out, and is refused once it is no longer fresh."""
        if self.under_way:
            self.ahead = min(self.ahead, int(self._written / seconds / 4))
        else:
            self.ahead = self._link.connector.window
        self._written = 0

    def _write(self, session: ClientSession, block: Block, count: int, now: int) -> None:
        places = np.arange(block.written, block.written + count)
        first = session.take_sequences(count)
        octets = self._encode(block, places, first, now)
        block.sent_us[places] = now
        self._blocks[block.serial] = block
        handles = places + block.serial * PLACES
        self._journal.mark(self.number, block.first_place + int(places[-1]))
        session.submit(octets, first, count, handles)
        block.written += count
        self._unwritten -= count
        self._open += count

    def _forget_written(self, block: Block) -> None:
        if not block.unwritten and self.cleared and self.cleared[0] is block:
            self.cleared.popleft()

    def _encode(self, block: Block, places: Numbers, first: int, now_us: int) -> bytes:
        load, at = block.load, block.at[places]
        left = max(SHORTEST_VALIDITY, int(block.batch.expires_at.timestamp() - now_us / 1e6))
        bodies = load.short_messages
        return _encoder(block.batch.sender, left).encode(
            first,
            load.msisdns[at],
            [bodies[place] for place in at.tolist()],
            load.esm_classes[at],
            load.data_codings[at],
            load.references[at] if self._link.connector.echoes_reference else None,
            None if load.tlvs is None else [load.tlvs[place] for place in at.tolist()],
        )

    def _refuse(self, block: Block, count: int) -> None:
        """The next ones of the block: named in an intent, never written."""
        if not count:
            return
        which = np.arange(block.written, block.written + count)
        self._journal.not_sent(self.number, block.first_place + which)
        block.written += count
        self._unwritten -= count
        block.sent_us[which] = time.time_ns() // 1000
        self._end(Ends(block, which, "not_sent"))

    def _end(self, *ends: Ends) -> None:
        for end in ends:
            end.block.open[end.which] = False
            if not end.block.open.any():
                self._blocks.pop(end.block.serial, None)
        self._link.ended(list(ends))

    # the session's calls

    def _on_answers(self, session: ClientSession, answers: Answers, handles: Numbers) -> None:
        if session is not self.session:
            return
        now = time.time_ns() // 1000
        known = handles != NOBODY
        if not known.all():
            self._link.strays += int((~known).sum())
            answers, handles = answers.only(known), handles[known]
        if len(handles) and (block := self._blocks.get(int(handles[0]) // PLACES)) is not None:
            sent = int(block.sent_us[int(handles[0]) % PLACES])
            self._link.figures.round_trip.observe(max(0, now - sent) / 1e6)
        serials = handles // PLACES
        ends: list[Ends] = []
        for start, end in _runs(serials):
            block = self._blocks.get(int(serials[start]))
            if block is None:
                continue
            which = handles[start:end] % PLACES
            ends += self._answered(block, which, answers.only(slice(start, end)), now)
        if ends:
            self._end(*ends)

    def _answered(self, block: Block, which: Numbers, answers: Answers, now: int) -> list[Ends]:
        """The ends that these answers are, in the journal by then."""
        ids = answers.message_ids
        if ids.dtype.itemsize > LONGEST_ID:
            ids = ids.astype(f"S{LONGEST_ID}")
        self._journal.answered(self.number, block.first_place + which, answers.statuses, ids, block.sent_us[which], now)
        self._open -= len(which)
        ends = []
        for command_status in np.unique(answers.statuses).tolist():
            same = answers.statuses == command_status
            policy = self._link.answers.policy(command_status)
            accepted = policy.verdict is Verdict.ACCEPTED
            self._link.answered(policy, int(same.sum()))
            keys = message_id.answer_keys(ids[same], self._link.connector.message_id_form) if accepted else None
            end = Ends(
                block, which[same], STATES[policy.verdict], policy.verdict is Verdict.RETRY,
                answers.statuses[same], keys, answered_us=now,
            )  # fmt: skip
            if policy.verdict is Verdict.FINAL:
                block.load.refuse(end.at)
            ends.append(end)
        return ends

    def _on_deliver(self, session: ClientSession, receipts: list[Receipts], pdus: list[DeliverSm | DataSm]) -> None:
        self._link.received(session, receipts, pdus)

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
        unanswered = [(block, np.flatnonzero(block.open[: block.written])) for block in self._blocks.values()]
        in_doubt = [Ends(block, which, "in_doubt") for block, which in unanswered if len(which)]
        count, self._open = self._open, 0
        if in_doubt:
            self._end(*in_doubt)
        self.give_back()
        self._link.lost(self, session, ended, count)

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


def _runs(numbers: Numbers) -> list[tuple[int, int]]:
    """Where neighbours are equal: start and end of each run."""
    if not len(numbers):
        return []
    cuts = (np.flatnonzero(np.diff(numbers)) + 1).tolist()
    return list(zip([0, *cuts], [*cuts, len(numbers)], strict=True))


@lru_cache(maxsize=1024)
def _encoder(sender: str, validity: int) -> Encoder:
    return Encoder(source=address.sender(sender), validity_period=relative(validity), registered_delivery=1)
