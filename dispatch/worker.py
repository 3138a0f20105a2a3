"""A dispatch worker: leases batches, sends them over its lines, and ends so that nothing of it is left open.

One process, one event loop. Any number of workers run at once, on any number of machines; they meet in the database.
"""

import asyncio
import os
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg

from dispatch import clock, leftovers
from dispatch.batches import Batches
from dispatch.boot import boot_id, host
from dispatch.channel import Channel
from dispatch.clock import WrongClock
from dispatch.committer import Committer, EpochSettled
from dispatch.completion import Completion
from dispatch.desk import Desk, reason
from dispatch.elsewhere import Elsewhere
from dispatch.idle import Idle, NothingCanBeSent, Sight
from dispatch.inbox import Inbox
from dispatch.journal import Journal
from dispatch.leases import LEASE, RENEW_EVERY, Leases
from dispatch.ledger import Ledger
from dispatch.link import Link
from dispatch.links import Links
from dispatch.matching import Matcher, reopen
from dispatch.parts import Block, Ends
from dispatch.recovery import SILENCE, Recovery
from dispatch.sessionlog import SessionLog
from dispatch.units import Units
from dispatch.vitals import Vitals
from dispatch.windows import Windows
from outbound import database
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load
from outbound.settings import settings

log = logger("dispatch.worker")
QE = load("dispatch/recovery")
QL = load("dispatch/ledger")
QS = load("dispatch/sessions")

DAYS_EVERY = 3600.0
UNMATCHED_EVERY = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a worker looks, in seconds. lease: how long its batches are its own without a sign of life."""

    lease: float = LEASE
    renew: float = RENEW_EVERY
    poll: float = 1.0
    watch: float = 0.5
    match: float = 0.3
    recover: float = 2.0
    silence: float = SILENCE
    drain: float = 30.0


class BatchesLeft(OutboundError):
    """Something cannot be sent by this software as it was accepted."""


class Worker:
    """Made and run inside the event loop: `await Worker(...).run()`."""

    def __init__(
        self,
        name: str,
        pace: Pace | None = None,
        idle: Idle | None = None,
        connectors: Collection[str] | None = None,
    ) -> None:
        """connectors: names of those that it serves; None = all."""
        self.name = name
        self._elsewhere = Elsewhere(connectors)
        self._pace = pace or Pace()
        self._idle = idle
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._stopping = asyncio.Event()
        self.vitals = Vitals()
        self.opened = False  # what follows is there from then on
        self.unmatched: Counter[int] = Counter()  # receipts that wait, of all workers, by connector
        self.receipts_behind = 0.0  # seconds since the oldest came that nobody has looked at

    # what is seen from outside, also from another thread

    @property
    def links(self) -> list[Link]:
        return self._links.all()

    @property
    def ledger(self) -> Ledger:
        return self._ledger

    @property
    def inbox(self) -> Inbox:
        return self._inbox

    @property
    def held(self) -> int:
        """Leased batches."""
        return len(self._batches)

    @property
    def broken(self) -> int:
        """Those of them that cannot be sent as they were accepted."""
        return len(self._batches.broken)

    @property
    def matched(self) -> int:
        return self._matcher.matched

    # from beginning to end

    def stop(self) -> None:
        """SIGTERM: what is in flight is waited for, the rest is left to others."""
        self._stopping.set()
        if self.opened:
            self._batches.stop()

    async def run(self) -> None:
        """Until stopped, idle (where asked to end then), or an error that another start may overcome."""
        try:
            await self._open()
        except OutboundError:
            await self._close_desks()
            raise
        try:
            await self._first_look()
            self._start_loops()
            self._spawn(self._end_on_request())
            await asyncio.wait({self._failure})
        finally:
            await self._close()
        if self._failure.done():
            self._failure.result()
        if self._idle is not None and not self._stopping.is_set() and self._batches.broken:
            raise BatchesLeft(f"{len(self._batches.broken)} batches cannot be sent: the log says why, line by line")

    # beginning

    async def _open(self) -> None:
        self._lease_desk, self._plan_desk, self._clerk_desk, self._event_desk = Desk(), Desk(), Desk(), Desk()
        # the first question: without a database no journal is left behind
        await self._lease_desk.rows(QL.ensure_days)
        await clock.check(self._lease_desk)
        self._journal = Journal(settings().home / "journals" / f"{uuid.uuid4().hex}.journal")
        rows = await self._lease_desk.rows(
            QE.begin_epoch,
            {
                "worker": self.name, "host": host(), "boot_id": boot_id(), "pid": os.getpid(),
                "journal": str(self._journal.path),
            },
        )  # fmt: skip
        self.epoch: int = rows[0][0]
        self._journal.name(self.epoch)
        self._channels = [Channel("dispatch"), Channel("dispatch"), Channel("dispatch")]
        intents, results, received = self._channels
        self._ledger = Ledger(
            self.epoch,
            Committer(self.epoch, intents, self._event_desk),
            Committer(self.epoch, results, self._event_desk),
            self._cleared,
            self._committed,
        )
        self._inbox = Inbox(self.epoch, received)
        self._sessions = SessionLog(self.epoch, self._event_desk)
        self._links = Links(
            self.epoch, self._clerk_desk, self._journal, self._ledger, self._sessions, self._inbox,
            lambda: self._batches.look(), self._spawn, self._elsewhere,
        )  # fmt: skip
        self._leases = Leases(self.epoch, self._lease_desk, self._pace.lease)
        self._batches = Batches(self._leases, self._links, self._plan_desk, self._pace.poll, self._spawn)
        self._recovery = Recovery(self.epoch, self._clerk_desk, self._pace.silence)
        self._matcher = Matcher(self._clerk_desk)
        self._completion = Completion(self._clerk_desk)
        self._windows = Windows(self._clerk_desk)
        self._units = Units(self._clerk_desk)
        self.opened = True
        log.info("worker started", worker=self.name, epoch=self.epoch, pid=os.getpid())

    async def _first_look(self) -> None:
        await self._recovery.run_once()
        await leftovers.sweep(self._clerk_desk, self._journal.path.parent)
        await self._windows.run_once()
        await self._units.run_once()
        await self._links.refresh()
        self.vitals.database_answered()
        self.vitals.connectors_known = True

    def _start_loops(self) -> None:
        pace = self._pace
        self._spawn(self._ledger.commit_intents())
        self._spawn(self._ledger.commit_results())
        self._spawn(self._inbox.run())
        self._spawn(self._sessions.run())
        self._spawn(self._listen())
        self._spawn(self._batches.run())
        self._every(pace.renew, self._renew)
        self._every(pace.watch, self._batches.watch)
        self._every(pace.match, self._match)
        self._every(pace.recover, self._recover)
        self._every(1.0, self._tend_links)
        self._every(1.0, self._windows.run_once)
        self._every(1.0, self._units.run_once)
        self._every(DAYS_EVERY, self._ensure_days)
        self._every(1.0, self._log_counters)
        self._every(UNMATCHED_EVERY, self._count_unmatched)
        self._spawn(self.vitals.run())
        if self._idle is not None:
            self._every(0.5, self._end_when_idle)

    # the ledger's calls

    def _cleared(self, block: Block, kept: list[int] | None) -> None:
        self._links[block.connector_id].cleared(block, kept)

    def _committed(self, ends: list[Ends]) -> None:
        touched = set()
        for end in ends:
            link = self._links[end.block.connector_id]
            link.committed(end)
            touched.add(link)
        for link in touched:
            link.pump()

    async def _renew(self) -> None:
        await self._batches.renew(self._inbox.unstored_since)
        self.vitals.database_answered()
        try:
            await clock.check(self._lease_desk)
        except WrongClock as error:
            self._fail(error)

    # the clerk's work

    async def _match(self) -> None:
        now = asyncio.get_running_loop().time()
        await self._matcher.run_once(now, self._links.listening())
        await self._completion.run_once()

    async def _recover(self) -> None:
        if await self._recovery.run_once():
            self._batches.look()

    async def _tend_links(self) -> None:
        await self._links.campaign_rates.refresh(self._batches)
        await self._links.refresh(self._batches.coming)
        self._links.count(1.0)

    async def _ensure_days(self) -> None:
        await self._clerk_desk.rows(QL.ensure_days)

    async def _log_counters(self) -> None:
        self._links.log_counters()

    async def _count_unmatched(self) -> None:
        self.unmatched = Counter(dict(await self._clerk_desk.rows(QS.unmatched)))
        ((self.receipts_behind,),) = await self._clerk_desk.rows(QS.behind)

    async def _listen(self) -> None:
        """NOTIFY wakes; the poll covers a wake-up that was lost with its connection."""
        while True:
            try:
                connection = await database.connect_async("dispatch", autocommit=True)
                async with connection:
                    await connection.execute("listen outbound_dispatch")
                    async for _ in connection.notifies():
                        self._batches.look()
            except (psycopg.OperationalError, OutboundError):
                await asyncio.sleep(self._pace.poll)

    async def _end_when_idle(self) -> None:
        if self._idle is None:
            return
        sight = Sight(
            busy=not self._ledger.empty or not self._inbox.empty,
            broken=frozenset(self._batches.broken),
            progress=(self._ledger.committed_rows, self._inbox.stored, self._matcher.matched),
            obstacles=self._links.obstacles(),
            stuck=self._links.stuck,
        )
        try:
            idle = await self._idle.look(self._clerk_desk, sight, asyncio.get_running_loop().time())
        except NothingCanBeSent as error:
            self._fail(error)
            return
        if idle:
            await self._completion.run_once(patient=False)
            self._batches.look()
            if not self._failure.done():
                self._failure.set_result(None)

    # the end

    async def _end_on_request(self) -> None:
        await self._stopping.wait()
        if not self._failure.done():
            self._failure.set_result(None)

    async def _close(self) -> None:
        """Nothing new; the answers in flight; what was not written is given back; batches, rate and epoch released."""
        failed = self._failure.exception() if self._failure.done() and not self._failure.cancelled() else None
        self._stopping_now()
        if isinstance(failed, EpochSettled):
            await self._append_late()
        elif failed is None or isinstance(failed, NothingCanBeSent | WrongClock):
            await self._drain()
        self._links.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sessions.flush()
        if self._idle is not None and failed is None:
            await self._match_the_last()
        if (failed is None or isinstance(failed, NothingCanBeSent | WrongClock)) and self._ledger.empty:
            await self._settle_epoch()
        else:
            self._journal.close()
        await self._close_desks()
        for channel in self._channels:
            await channel.close()
        log.info("worker ended", worker=self.name, epoch=self.epoch)

    async def _close_desks(self) -> None:
        for desk in (self._lease_desk, self._plan_desk, self._clerk_desk, self._event_desk):
            await desk.close()

    def _stopping_now(self) -> None:
        self._batches.stop()
        self._links.stop_intending()
        self._ledger.hurry()

    async def _drain(self) -> None:
        """Waits for the answers in flight, unbinds (what is unanswered then is in doubt), and for the last commit."""
        await self._links.unbind(self._pace.drain)
        for _ in range(int(self._pace.drain / 0.01)):
            if self._ledger.empty and self._inbox.empty:
                break
            await asyncio.sleep(0.01)

    async def _match_the_last(self) -> None:
        """Receipts that came while the sessions were ended: whoever asked for everything has them matched too."""
        try:
            for _ in range(2):  # receipts are looked at a round after they came
                await self._matcher.run_once(asyncio.get_running_loop().time(), listening={})
            await self._completion.run_once(patient=False)
        except (psycopg.OperationalError, OutboundError) as error:
            log.warning("the last receipts are matched by another worker", reason=reason(error))

    async def _settle_epoch(self) -> None:
        """Every intent has its committed end: nothing is left for recovery."""
        try:
            async with self._lease_desk.transaction() as connection:
                for statement in (QE.settle_epoch, QE.release_batches, QE.release_rate):
                    await connection.execute(statement.encode(), {"epoch": self.epoch})
        except (psycopg.OperationalError, OutboundError) as error:
            log.warning("recovery will settle this epoch", epoch=self.epoch, reason=reason(error))
            self._journal.close()
            return
        self._journal.remove()

    async def _append_late(self) -> None:
        """Taken for dead: what is in doubt in its name gets the answers that it has."""
        await self._links.unbind(self._pace.drain)
        late = list(_parts(self._ledger.unsaved()))
        async with self._event_desk.transaction() as connection:
            await connection.execute(
                QL.append_late.encode(),
                {
                    "accounts": [part.account_id for part in late],
                    "campaigns": [part.campaign_id for part in late],
                    "ordinals": [part.ordinal for part in late],
                    "segments": [part.segment for part in late],
                    "attempts": [part.attempt for part in late],
                    "states": ["accepted" if part.state == "accepted" else "not_sent" for part in late],
                    "ids": [part.message_id for part in late],
                },
            )
            if late:
                await reopen(connection, [(part.campaign_id, part.ordinal) for part in late])
        log.warning("appended late answers", epoch=self.epoch, answers=len(late))

    # tasks

    def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        async def loop() -> None:
            while True:
                try:
                    await work()
                except (psycopg.OperationalError, OutboundError) as error:
                    missing = isinstance(error, psycopg.OperationalError | database.NoDatabase)
                    event = "no database" if missing else "failed, and is tried again"
                    log.warning(event, during=work.__name__.strip("_"), reason=reason(error))
                await asyncio.sleep(seconds)

        self._spawn(loop())

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self._failure.done():
            self._failure.set_exception(error)


class _Late(NamedTuple):
    """The end of one attempt."""

    account_id: int
    campaign_id: int
    ordinal: int
    segment: int
    attempt: int
    state: str
    message_id: str | None


def _parts(ends: Iterable[Ends]) -> Iterable[_Late]:
    """Attempts whose end is certain, one by one."""
    for end in ends:
        if end.state not in ("accepted", "rejected", "not_sent"):
            continue
        load, batch, at = end.block.load, end.block.batch, end.at
        ids = [b""] * len(at) if end.message_ids is None else end.message_ids.tolist()
        columns = (load.ordinals[at].tolist(), load.segments[at].tolist(), load.attempts[at].tolist(), ids)
        for ordinal, segment, attempt, key in zip(*columns, strict=True):
            yield _Late(
                batch.account_id, batch.campaign_id, ordinal, segment, attempt, end.state, key.decode("ascii") or None
            )


async def run(name: str, idle: Idle | None, on_start: Callable[[Worker], None], pace: Pace | None = None) -> None:
    worker = Worker(name, pace, idle)
    on_start(worker)
    await worker.run()
