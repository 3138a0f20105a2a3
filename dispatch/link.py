"""All lines of one connector: its queue, the intents for what comes next, its rate, and what becomes of each part."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import numpy as np

from dispatch.apart import Apart
from dispatch.boot import boottime
from dispatch.connectors import Connector
from dispatch.figures import Figures
from dispatch.journal import MOST_OPEN, Journal
from dispatch.ledger import Ledger
from dispatch.line import Line
from dispatch.parts import Batch, Block, Ends, Load
from dispatch.sessionlog import SessionLog, counts
from dispatch.throttle import Throttle
from dispatch.waiting import Waiting
from outbound.logs import logger
from smpp import status
from smpp.client import ClientSession
from smpp.pdu import DataSm, DeliverSm
from smpp.receipt_rows import Receipts
from smpp.session import Ended

log = logger("dispatch.link")

MAX_BLOCK = 1000  # parts of one intent
ENOUGH = 10_000  # parts that wait here without a rate: more are not leased
ENOUGH_SECONDS = 5.0  # the same with one
THROTTLED = frozenset({status.RTHROTTLED, status.RMSGQFUL})
THROTTLED_SECONDS = 0.5
CHANGE_SECONDS = 10.0  # that answers in flight have before a changed connector's sessions end


class Link:
    """The parts that wait here go out in order, but for those that are tried again.

    received(link, session, receipts, pdus): what carriers deliver. wake(): more may be leased. spawn(coroutine): runs it, and
    tells the worker if it fails.
    """

    def __init__(
        self,
        connector: Connector,
        journal: Journal,
        ledger: Ledger,
        sessions: SessionLog,
        received: Callable[["Link", ClientSession, list[Receipts], list[DeliverSm | DataSm]], None],
        wake: Callable[[], None],
        spawn: "Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]",
    ) -> None:
        self.connector = connector
        self.lines: list[Line] = []
        self.strays = 0  # answers that nothing waited for
        self.receiving_since: datetime | None = None
        self.tried_to_bind = False
        self.exclusive = connector.echoes_reference  # else one worker at a time sends: see `Links`
        self.changing = False
        self.figures = Figures()
        self._journal = journal
        self._ledger = ledger
        self._sessions = sessions
        self._received = received
        self._wake = wake
        self._spawn = spawn
        self._waiting = Waiting(_apart(connector), self.pump)
        self._throttle = Throttle()
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._pumping = False
        self._pump_again = False
        self.change_share(None if connector.rate is None else 0)

    # what the worker asks

    @property
    def is_bound(self) -> bool:
        """Whether a session stands on which something can be sent."""
        return any(line.usable for line in self.lines)

    @property
    def may_send(self) -> bool:
        return self.is_bound and self.exclusive and not self.changing and self._throttle.rate != 0

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def enough(self) -> float:
        """How many parts may wait here before leasing pauses."""
        rate = self._throttle.rate
        return ENOUGH if rate is None else min(ENOUGH, max(100.0, rate * ENOUGH_SECONDS))

    @property
    def under_way(self) -> int:
        """Parts that are intended and have no end yet."""
        return sum(line.under_way for line in self.lines)

    @property
    def bound_sessions(self) -> int:
        return sum(line.session is not None for line in self.lines)

    @property
    def window_size(self) -> int:
        """Submissions that may wait for their answer, on all sessions."""
        return sum(session.window.size for session in self._sessions_now())

    @property
    def window_used(self) -> int:
        return sum(len(session.window) for session in self._sessions_now())

    @property
    def rate_share(self) -> float | None:
        """Segments a second that this worker may write; None: no limit."""
        return self._throttle.rate

    @property
    def obstacle(self) -> str | None:
        """Why nothing can be sent here; None while it can, or was not tried yet."""
        if not self.connector.enabled:
            return f"connector {self.connector.name} is switched off: set enabled in the set-up"
        if self.is_bound or not self.tried_to_bind:
            return None
        errors = [line.last_error for line in self.lines if line.last_error]
        return errors[0] if errors else f"connector {self.connector.name}: no session"

    # what it says

    def add_lines(self, numbers: list[int]) -> None:
        self.lines += [Line(number, self, self._journal) for number in numbers]

    def start(self) -> None:
        for line in self.lines[: self.connector.sessions]:
            self.spawn(line.run())

    def send(self, load: Load) -> None:
        self._waiting.add(load)
        self.pump()

    def ask(self) -> None:
        """The database is about to be asked who is in doubt here."""
        if self._waiting.apart is not None:
            self._waiting.apart.ask()

    def know_in_doubt(self, recipients: set[int], *, exclusive: bool) -> None:
        """Its answer. exclusive: whether this worker is the one that may send here."""
        if not self.connector.echoes_reference:
            self._waiting.know_in_doubt(recipients)
            self.exclusive = exclusive
            self.pump()

    def change_share(self, rate: int | None) -> None:
        """This worker's share of the connector's rate, from now on; 0: nothing yet."""
        if rate != self._throttle.rate:
            self._throttle.change(rate, self._loop.time())
            self.pump()

    def change(self, connector: Connector, numbers: list[int]) -> None:
        """The connector is set up otherwise. numbers: of the lines that it lacks."""
        self.changing = True
        self._spawn(self._change(connector, numbers))

    async def _change(self, connector: Connector, numbers: list[int]) -> None:
        """What is not written goes back to its batch, the answers in flight are waited for, then it begins anew."""
        for line in self.lines:
            line.give_back()
        self._waiting.give_back()
        await self._end_sessions(CHANGE_SECONDS)
        while self.under_way:
            await asyncio.sleep(0.05)
        self._waiting.give_back()
        self.connector = connector
        self.exclusive = connector.echoes_reference
        self._waiting = Waiting(_apart(connector), self.pump)
        self.tried_to_bind = False
        self.add_lines(numbers)
        self.changing = False
        if connector.enabled and not self._stopping:
            self.start()

    def discard(self, batch: Batch) -> None:
        """The batch is stopped: what is not written of it is not sent."""
        for line in self.lines:
            line.discard(batch)
        self._waiting.give_back(batch)

    def stop_intending(self) -> None:
        """The worker ends: nothing new, and what is not written is given back."""
        self._stopping = True
        for line in self.lines:
            line.give_back()

    async def unbind(self, timeout: float) -> None:
        """The orderly end of every session."""
        self._stopping = True
        await self._end_sessions(timeout)

    def close(self) -> None:
        """The end of every session at once: the worker failed, recovery settles what is in flight."""
        self._stopping = True
        for line in self.lines:
            if line.session is not None:
                line.session.close("the worker failed")

    def count(self, seconds: float) -> None:
        """Once in a while, so many seconds since the last time."""
        for line in self.lines:
            line.settle_down(seconds)

    def log_counters(self) -> None:
        for line in self.lines:
            if line.session is not None:
                self._sessions.look(self.connector.connector_id, line.number, line.session)

    # the ledger's calls

    def cleared(self, block: Block, lacking: list[int] | None) -> None:
        """The intents of the block are committed, but for those at these places; None: for all."""
        line = next(line for line in self.lines if line.number == block.line)
        asked = len(block)
        if lacking is None:
            block.batch.lose()
        if lacking is None or lacking:
            stays = np.delete(np.arange(asked), lacking) if lacking is not None else np.zeros(0, np.int64)
            at = block.keep(stays)
            self._waiting.free(block.load, at, in_doubt=False)
            block.batch.set_aside(len(at))
        line.clear(block, asked)
        self.pump()

    def committed(self, ends: Ends) -> None:
        """These ends are durable: what they mean for the parts."""
        self.figures.ended(ends)
        load, batch, at = ends.block.load, ends.block.batch, ends.at
        self._waiting.free(load, at, in_doubt=ends.state == "in_doubt")
        if ends.state != "not_sent" and not ends.transient:
            if ends.state == "rejected" and (load.counts[at] > 1).any():
                batch.untidy = True
            batch.settle(len(at))
            return
        load.attempts[at] += 1
        if batch.stopped or self._stopping or self.changing or boottime() >= batch.deadline:
            batch.set_aside(len(at))
            return
        if load.any_refused:
            refused = load.refused[at]
            batch.set_aside(int(refused.sum()))
            at = at[~refused]
        if not len(at):
            return
        if ends.transient:
            self._waiting.rest(load, at)
        else:
            self._waiting.first(load, at)

    # the lines' calls

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._spawn(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def ended(self, ends: list[Ends]) -> None:
        now = self._loop.time()
        if self._throttle.rate is not None:
            for end in ends:
                if end.state != "not_sent":
                    stamps, segments = np.unique(end.block.sent_us[end.which], return_counts=True)
                    for stamp, count in zip(stamps.tolist(), segments.tolist(), strict=True):
                        self._throttle.answered(stamp, count, now, lost=end.state == "in_doubt")
        self._ledger.append(ends)
        self.pump()

    def received(self, session: ClientSession, receipts: list[Receipts], pdus: list[DeliverSm | DataSm]) -> None:
        self._received(self, session, receipts, pdus)

    def bound(self, line: Line) -> None:
        self.tried_to_bind = True
        if self.connector.bind != "transmitter" and self.receiving_since is None:
            self.receiving_since = datetime.now(UTC)
        answered_at = None if line.session is None else line.session.last_answered_at
        self._sessions.add(self.connector.connector_id, line.number, "bind", None, answered_at)
        self._wake()
        self.pump()

    def refused(self, line: Line, error: Exception) -> None:
        if self._sessions.is_news(line.number, str(error)):
            log.error("cannot bind", connector=self.connector.name, line=line.number, reason=str(error))
        self.tried_to_bind = True
        self._sessions.add(self.connector.connector_id, line.number, "bind_refused", str(error))

    def lost(self, line: Line, session: ClientSession, ended: Ended, in_doubt: int) -> None:
        if not any(other.session is not None for other in self.lines):
            self.receiving_since = None
        kind = "unbind" if self._stopping or self.changing else "loss"
        self._sessions.add(
            self.connector.connector_id, line.number, kind, ended.reason, session.last_answered_at,
            {**counts(session), "in_doubt": in_doubt},
        )  # fmt: skip
        log.info(
            "session ended", connector=self.connector.name, line=line.number, reason=ended.reason, in_doubt=in_doubt
        )

    def slow_down(self, command_status: int) -> None:
        """The carrier asks for patience."""
        if command_status in THROTTLED:
            now = self._loop.time()
            self._throttle.hold(now + THROTTLED_SECONDS)
            self.figures.hold(now, now + THROTTLED_SECONDS)

    def pump(self) -> None:
        """Writes what may be written, and asks for the intents of what comes next. Whatever happens in the middle of
        that and calls it again only makes it look once more: a line's parts keep their order."""
        self._pump_again = True
        if self._pumping:
            return
        self._pumping = True
        try:
            while self._pump_again:
                self._pump_again = False
                self._write()
                if self.exclusive and not self._stopping and not self.changing:
                    self._intend()
        finally:
            self._pumping = False

    # inside

    def _write(self) -> None:
        for line in self.lines:
            while line.cleared:
                now = self._loop.time()
                allowance = self._throttle.allowance(now)
                if not allowance:
                    self._wake_at(self._throttle.next_at(now))
                    return
                stamp = time.time_ns() // 1000
                written = line.write(allowance, stamp)
                if not written:
                    break
                self._throttle.wrote(stamp, written, now)

    def _wake_at(self, at: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= at:
                return
            self._timer.cancel()
        # for a delay that it rounds to nothing uvloop gives a handle that knows no time
        self._timer = self._loop.call_at(max(at, self._loop.time() + 0.001), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.pump()

    def _intend(self) -> None:
        """For the line that has the least to do first, so that all are kept busy."""
        before = len(self._waiting)
        for line in sorted(self.lines, key=lambda line: line.ahead_of_window):
            wanted = min(line.wants, self._room)
            while wanted > 0:
                block = self._next_block(line, min(wanted, MAX_BLOCK))
                if block is None:
                    break
                self._ledger.intend(block)
                wanted -= len(block)
        if before >= self.enough / 2 > len(self._waiting):
            self._wake()

    @property
    def _room(self) -> int:
        """The ledger window, what the journal holds, and with a rate no more than goes out in a quarter of a second."""
        ledger = self._ledger
        room = min(self.connector.ledger_window - ledger.open_of(self.connector.connector_id), MOST_OPEN - ledger.open)
        if self._throttle.rate is not None:
            ahead = sum(line.ahead_of_window for line in self.lines)
            room = min(room, max(1, int(self._throttle.rate / 4)) - ahead)
        return room

    def _next_block(self, line: Line, most: int) -> Block | None:
        """The next parts of one batch."""
        taken = self._waiting.take(most, datetime.now(UTC), boottime())
        if taken is None:
            return None
        load, at = taken
        load.refer(at)
        return Block(
            self._ledger.next_serial(), load, self.connector.connector_id, line.number, line.take_places(len(at)), at
        )

    async def _end_sessions(self, timeout: float) -> None:
        """No line reconnects; each session waits for its answers and unbinds."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*(session.unbind(timeout) for session in self._sessions_now()))

    def _sessions_now(self) -> list[ClientSession]:
        return [line.session for line in list(self.lines) if line.session is not None]


def _apart(connector: Connector) -> Apart | None:
    return None if connector.echoes_reference else Apart()
