"""All lines of one connector: its queue, the intents for what comes next, its rate, and what becomes of each part."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import numpy as np

from dispatch.apart import Apart
from dispatch.boot import boottime
from dispatch.breaker import Breaker, State
from dispatch.campaign_rates import CampaignRates
from dispatch.connectors import Connector
from dispatch.figures import Figures
from dispatch.journal import MOST_OPEN, Journal
from dispatch.ledger import Ledger
from dispatch.line import Line
from dispatch.parts import Batch, Block, Ends, Load
from dispatch.patience import Patience
from dispatch.sessionlog import SessionLog, counts
from dispatch.throttle import Throttle
from dispatch.waiting import Waiting
from outbound.alarm import Alarm
from outbound.logs import logger
from smpp.client import BindRefused, ClientSession
from smpp.pdu import DataSm, DeliverSm
from smpp.receipt_rows import Receipts
from smpp.session import Ended
from smpp.status import Answers, Backoff, Policy, Verdict

log = logger("dispatch.link")

MAX_BLOCK = 1000  # parts of one intent
ENOUGH = 10_000  # parts that wait here without a rate: more are not leased
ENOUGH_SECONDS = 5.0  # the same with one
IDLE_SECONDS = 3.0  # without anything to send before a share of the rate is left to others
WHOLE = -1  # in the session log: not one line, the connector
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
        rates: CampaignRates,
    ) -> None:
        self.connector = connector
        self.answers = Answers(connector.answers)
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
        self._alarm = Alarm(self.pump)
        self._rates = rates
        self._campaigns_alarm = Alarm(self.pump)
        self._patience = Patience()
        self._breaker = Breaker()
        self._busy_at = time.monotonic()
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
        return self.is_bound and self.exclusive and not self.changing and self._throttle.rate != 0 and self._may_write

    @property
    def is_usable(self) -> bool:
        """Whether messages are given to it: else they go to others that serve them, or wait. One that was not tried yet
        is waited for."""
        tried = self.is_bound or not self.tried_to_bind
        return self.connector.enabled and self.connector.sends and not self.changing and tried and self._may_write

    def is_hungry(self, coming: int) -> bool:
        """Whether it could send more than waits for it. coming: messages of batches that are being read."""
        return self.may_send and self.ready + coming < self.enough

    def wants(self, coming: int) -> int | None:
        """How much of the rate it has a use for, segments a second; None = as much as it may have."""
        now = time.monotonic()
        if self.waiting or self.under_way or coming:
            self._busy_at = now
        return 1 if now - self._busy_at > IDLE_SECONDS else self._patience.wants(now)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def ready(self) -> float:
        """How many of those can be sent soon, as far as their campaigns' rates go."""
        return self._waiting.ready(ENOUGH_SECONDS)

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
    def circuit(self) -> State:
        return self._breaker.state

    @property
    def obstacle(self) -> str | None:
        """Why nothing can be sent here; None while it can, or was not tried yet."""
        if not self.connector.enabled:
            return f"connector {self.connector.name} is switched off: `outbound connector enable {self.connector.name}`"
        if self.connector.stopped:
            return f"connector {self.connector.name} is stopped: `outbound dispatch resume` lifts it"
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
            self._throttle.change(rate, time.monotonic())
            self.pump()

    def change(self, connector: Connector, numbers: list[int]) -> None:
        """The connector is set up otherwise. numbers: of the lines that it lacks. Sessions that may stay do."""
        if self.connector.becomes_at_once(connector) and not self._stopping:
            lines = len(self.lines)
            self.connector = connector
            self.answers = Answers(connector.answers)
            self.add_lines(numbers)
            for line in self.lines[:lines]:
                line.resize()
            if connector.enabled:
                for line in self.lines[lines:]:
                    self.spawn(line.run())
            self.pump()
            return
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
        self.answers = Answers(connector.answers)
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
        self._alarm.close()
        self._campaigns_alarm.close()
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
            self._rates.ended(block.batch, block.serial, len(at), time.monotonic(), answered=False)
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
        if ends.transient and self._backoff(ends) is Backoff.MESSAGE:
            self._waiting.rest(load, at)
        else:
            self._waiting.first(load, at)

    # the lines' calls

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._spawn(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def ended(self, ends: list[Ends]) -> None:
        now = time.monotonic()
        for end in ends:
            answered = end.answered_us is not None
            self._rates.ended(end.block.batch, end.block.serial, len(end), now, answered=answered)
        if self._throttle.rate is not None:
            for end in ends:
                if end.state != "not_sent":
                    stamps, segments = np.unique(end.block.sent_us[end.which], return_counts=True)
                    for stamp, count in zip(stamps.tolist(), segments.tolist(), strict=True):
                        self._throttle.answered(stamp, count, now, lost=end.state == "in_doubt")
        self.pump()  # first: the carrier waits for what the window lets go, the log can wait for its rows
        self._ledger.append(ends)

    def received(self, session: ClientSession, receipts: list[Receipts], pdus: list[DeliverSm | DataSm]) -> None:
        self._received(self, session, receipts, pdus)

    def bound(self, line: Line) -> None:
        self.figures.bound(line.number)
        self.tried_to_bind = True
        if self.connector.bind != "transmitter" and self.receiving_since is None:
            self.receiving_since = datetime.now(UTC)
        answered_at = None if line.session is None else line.session.last_answered_at
        self._sessions.add(self.connector.connector_id, line.number, "bind", None, answered_at)
        self._breaker.bound()
        self._note_circuit()
        self._wake()
        self.pump()

    def refused(self, line: Line, error: Exception) -> None:
        self.figures.binds_refused += isinstance(error, BindRefused)
        if self._sessions.is_news(line.number, str(error)):
            log.error("cannot bind", connector=self.connector.name, line=line.number, reason=str(error))
        self.tried_to_bind = True
        self._sessions.add(self.connector.connector_id, line.number, "bind_refused", str(error))
        self._failed(str(error))

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
        if kind == "loss":
            self._failed(ended.reason)

    def answered(self, policy: Policy, segments: int) -> None:
        """So many answers mean this: what it says of the carrier."""
        now = time.monotonic()
        good, ill = policy.verdict is Verdict.ACCEPTED, policy.ill
        if good:
            self._patience.accepted(segments, now)
        elif policy.backoff is Backoff.CONNECTOR:
            until = self._patience.refused(now)
            self._throttle.hold(until)
            self.figures.hold(now, until)
        self._breaker.answered(segments * good, segments * ill, segments * (not good and not ill), now)
        self._note_circuit()

    def look(self) -> None:
        """Once a second: whether a circuit that was open long enough lets something through."""
        self._breaker.usable(time.monotonic())
        self._note_circuit()
        self.pump()

    def give_back(self) -> None:
        """What is not written goes back to its batch, and perhaps to another connector."""
        for line in self.lines:
            line.give_back()
        self._waiting.give_back()

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
                if not self._may_write:
                    for line in self.lines:
                        line.give_back()
                    continue
                self._write()
                if self.exclusive and not self._stopping and not self.changing:
                    self._intend()
        finally:
            self._pumping = False

    # inside

    @property
    def _may_write(self) -> bool:
        """Nothing goes out while sessions are ended: what is written as they unbind would be in doubt."""
        held = self.connector.stopped or self.changing or self._stopping
        return not held and self._breaker.usable(time.monotonic())

    def _backoff(self, ends: Ends) -> Backoff:
        """Who waits after these answers, which have all the same status."""
        return Backoff.NOBODY if ends.statuses is None else self.answers.policy(int(ends.statuses[0])).backoff

    def _failed(self, why: str) -> None:
        """A line has no session. Where another one has, that says nothing of the connector."""
        if not self.is_bound:
            self._breaker.failed(why, time.monotonic())
            self._note_circuit()

    def _note_circuit(self) -> None:
        """Logs each transition, also one that the next followed at once."""
        news = self._breaker.news()
        for state, reason in news:
            self._sessions.add(self.connector.connector_id, WHOLE, state.value, reason)
            log.warning(state.value.replace("_", " "), connector=self.connector.name, reason=reason)
        if any(state is State.OPEN for state, _ in news):
            self.give_back()
        if news:
            self._wake()

    def _write(self) -> None:
        for line in self.lines:
            while line.cleared:
                now = time.monotonic()
                allowance = self._throttle.allowance(now)
                if not allowance:
                    self._alarm.set(self._throttle.next_at(now))
                    return
                stamp = time.time_ns() // 1000
                written = line.write(allowance, stamp)
                if not written:
                    break
                self._throttle.wrote(stamp, written, now)

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
        few = self._breaker.allowance(self.under_way, time.monotonic())
        return room if few is None else min(room, few)

    def _next_block(self, line: Line, most: int) -> Block | None:
        """The next parts of one batch."""
        now = time.monotonic()
        taken = self._waiting.take(most, datetime.now(UTC), boottime(), lambda batch: self._rates.allowance(batch, now))
        if taken is None:
            if self._waiting:
                self._campaigns_alarm.set(self._rates.next_at(now))
            return None
        load, at = taken
        load.refer(at)
        serial = self._ledger.next_serial()
        self._rates.took(load.batch, serial, len(at), now)
        return Block(serial, load, self.connector.connector_id, line.number, line.take_places(len(at)), at)

    async def _end_sessions(self, timeout: float) -> None:
        """No line reconnects; each session waits for its answers and unbinds."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*(session.unbind(timeout) for session in self._sessions_now()))

    def _sessions_now(self) -> list[ClientSession]:
        return [line.session for line in list(self.lines) if line.session is not None]


def _apart(connector: Connector) -> Apart | None:
    return None if connector.echoes_reference else Apart()
