"""A dispatch worker: leases batches, sends them over its lines, and ends so that nothing of it is left open.

One process, one event loop. Any number of workers run at once, on any number of machines; they meet in the database.
"""

import asyncio
import os
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from dispatch import backoff, planner
from dispatch.boot import boot_id, boottime, host
from dispatch.channel import Channel
from dispatch.completion import Completion
from dispatch.desk import Desk, reason
from dispatch.idle import Idle, NothingCanBeSent, Sight
from dispatch.inbox import Inbox
from dispatch.journal import Journal
from dispatch.leases import LEASE, RENEW_EVERY, Leases
from dispatch.ledger import EpochSettled, Ledger
from dispatch.link import Link
from dispatch.links import Links
from dispatch.matching import Matcher, reopen
from dispatch.parts import Batch, Block, Ends
from dispatch.recipients import SegmentsDiffer
from dispatch.recovery import SILENCE, Recovery
from dispatch.sessionlog import SessionLog
from dispatch.vitals import Vitals
from dispatch.windows import Windows
from outbound import database
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load
from outbound.settings import settings
from smpp import address
from smpp.address import InvalidSender

log = logger("dispatch.worker")
QE = load("dispatch/recovery")
QL = load("dispatch/ledger")
QS = load("dispatch/sessions")

PARK_SECONDS = 5.0  # a batch whose carriers are away lets others go first
MAX_BATCHES = 64
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

    def __init__(self, name: str, pace: Pace | None = None, idle: Idle | None = None) -> None:
        self.name = name
        self._pace = pace or Pace()
        self._idle = idle
        self._batches: dict[int, Batch] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._broken: set[int] = set()
        self.vitals = Vitals()
        self.opened = False  # what follows is there from then on
        self.unmatched: Counter[int] = Counter()  # receipts that wait, of all workers, by connector

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
    def matched(self) -> int:
        return self._matcher.matched

    # from beginning to end

    def stop(self) -> None:
        """SIGTERM: what is in flight is waited for, the rest is left to others."""
        self._stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Until stopped, idle (where asked to end then), or an error that another start may overcome."""
        await self._open()
        try:
            await self._first_look()
            self._start_loops()
            self._spawn(self._end_on_request())
            await asyncio.wait({self._failure})
        finally:
            await self._close()
        if self._failure.done():
            self._failure.result()
        if self._idle is not None and not self._stopping.is_set() and self._broken:
            raise BatchesLeft(f"{len(self._broken)} batches cannot be sent: the log says why, line by line")

    # beginning

    async def _open(self) -> None:
        self._lease_desk, self._plan_desk, self._clerk_desk, self._event_desk = Desk(), Desk(), Desk(), Desk()
        # the first question: without a database no journal is left behind
        await self._lease_desk.rows(QL.ensure_days)
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
        self._channel = Channel("dispatch")
        self._ledger = Ledger(self.epoch, self._channel, self._event_desk, self._cleared, self._committed)
        self._inbox_channel = Channel("dispatch")
        self._inbox = Inbox(self.epoch, self._inbox_channel)
        self._sessions = SessionLog(self.epoch, self._event_desk)
        self._links = Links(
            self.epoch, self._clerk_desk, self._journal, self._ledger, self._sessions, self._inbox, self._wake.set,
            self._spawn,
        )  # fmt: skip
        self._leases = Leases(self.epoch, self._lease_desk, self._pace.lease)
        self._recovery = Recovery(self.epoch, self._clerk_desk, self._pace.silence)
        self._matcher = Matcher(self._clerk_desk)
        self._completion = Completion(self._clerk_desk)
        self._windows = Windows(self._clerk_desk)
        self.opened = True
        log.info("worker started", worker=self.name, epoch=self.epoch, pid=os.getpid())

    async def _first_look(self) -> None:
        await self._recovery.run_once()
        await self._windows.run_once()
        await self._links.refresh()
        self.vitals.database_answered()
        self.vitals.connectors_known = True

    def _start_loops(self) -> None:
        pace = self._pace
        self._spawn(self._ledger.run())
        self._spawn(self._inbox.run())
        self._spawn(self._sessions.run())
        self._spawn(self._listen())
        self._spawn(self._lease())
        self._every(pace.renew, self._renew)
        self._every(pace.watch, self._watch)
        self._every(pace.match, self._match)
        self._every(pace.recover, self._recover)
        self._every(1.0, self._tend_links)
        self._every(1.0, self._windows.run_once)
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

    # batches

    async def _lease(self) -> None:
        """Takes batches as long as the lines have little to do."""
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                if len(self._batches) < MAX_BATCHES:
                    for batch in await self._leases.take(
                        2, hungry=self._links.are_hungry(self._coming), sending=self._links.may_send
                    ):
                        self._batches[batch.batch_id] = batch
                        self._spawn(self._carry(batch))
                        self._wake.set()
            except (psycopg.OperationalError, OutboundError) as error:
                log.warning("cannot lease", reason=reason(error))
            await self._pause(backoff.about(self._pace.poll))

    @property
    def _coming(self) -> int:
        """Messages of batches that are leased and not with the links yet."""
        return sum(batch.size for batch in self._batches.values() if not batch.unsettled)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
        await asyncio.sleep(0.005)  # one look for many wake-ups

    async def _carry(self, batch: Batch) -> None:
        """One batch from its lease to its end."""
        try:
            while not self._stopping.is_set() and not batch.lost:
                try:
                    if await self._send_once(batch):
                        return
                except (psycopg.OperationalError, OutboundError) as error:
                    if isinstance(error, SegmentsDiffer | InvalidSender):
                        raise
                    log.warning("batch waits for the database", batch=batch.batch_id, reason=reason(error))
                    await asyncio.sleep(self._pace.poll)
        except (SegmentsDiffer, InvalidSender) as error:
            log.error("batch cannot be sent", batch=batch.batch_id, reason=reason(error))  # noqa: TRY400 - an expected one
            self._broken.add(batch.batch_id)
            return  # it keeps its lease: no other worker could send it either
        finally:
            if batch.batch_id not in self._broken and self._batches.get(batch.batch_id) is batch:
                del self._batches[batch.batch_id]
            self._wake.set()

    async def _send_once(self, batch: Batch) -> bool:
        """Plans what is left, sends it, waits for the ends; whether this worker is done with the batch."""
        if batch.state in ("paused", "closed"):
            await self._leases.give_back(batch)
            return True
        if boottime() >= batch.deadline or (
            not self._links.can_send and batch.state != "cancelled" and batch.expires_at > datetime.now(UTC)
        ):
            await asyncio.sleep(self._pace.poll)
            return False
        batch.stopped = False
        address.sender(batch.sender)
        plan = await planner.read(self._plan_desk, batch, self._links)
        for why, ordinals in plan.stops.items():
            await self._leases.drop(batch, why, ordinals)
        sendable = [
            (self._links[connector], parts) for connector, parts in plan.loads if self._links[connector].may_send
        ]
        postponed = plan.blocked > 0 or len(sendable) < len(plan.loads)
        if not sendable:
            if plan.waits:
                await asyncio.sleep(self._pace.poll)
                return False
            if postponed:  # another worker may be able to, or this one later
                await self._leases.give_back(batch, backoff.about(PARK_SECONDS))
            else:
                await self._leases.finish(batch)
            return True
        batch.expect(sum(len(parts) for _, parts in sendable))
        for link, parts in sendable:
            link.send(parts)
        self._wake.set()
        await batch.idle.wait()
        if batch.untidy or postponed or plan.waits or plan.stops:
            await asyncio.sleep(0.05)
            return False
        await self._leases.finish(batch)
        return True

    async def _renew(self) -> None:
        await self._leases.renew(self._batches.values())
        self.vitals.database_answered()
        for batch in list(self._batches.values()):
            if batch.lost:
                log.warning("lost a lease", batch=batch.batch_id)
                self._wake.set()
                self._links.discard(batch)

    async def _watch(self) -> None:
        """Pause and cancel count within a second, and the end of the validity, also of what waits for a carrier."""
        if not self._batches:
            return
        for batch_id, state in (await self._leases.states(self._batches.values())).items():
            batch = self._batches.get(batch_id)
            if batch is not None and batch.state != state:
                batch.state = state
                batch.stop()
                self._links.discard(batch)
        now = datetime.now(UTC)
        for batch in list(self._batches.values()):
            if batch.expires_at <= now and batch.unsettled and not batch.stopped:
                batch.stop()
                self._links.discard(batch)

    # the clerk's work

    async def _match(self) -> None:
        now = asyncio.get_running_loop().time()
        await self._matcher.run_once(now, self._links.listening())
        await self._completion.run_once()

    async def _recover(self) -> None:
        if await self._recovery.run_once():
            self._wake.set()

    async def _tend_links(self) -> None:
        await self._links.campaign_rates.refresh(self._batches.values())
        await self._links.refresh(self._coming)
        self._links.count(1.0)

    async def _ensure_days(self) -> None:
        await self._clerk_desk.rows(QL.ensure_days)

    async def _log_counters(self) -> None:
        self._links.log_counters()

    async def _count_unmatched(self) -> None:
        self.unmatched = Counter(dict(await self._clerk_desk.rows(QS.unmatched)))

    async def _listen(self) -> None:
        """NOTIFY wakes; the poll covers a wake-up that was lost with its connection."""
        while True:
            try:
                connection = await database.connect_async("dispatch", autocommit=True)
                async with connection:
                    await connection.execute("listen outbound_dispatch")
                    async for _ in connection.notifies():
                        self._wake.set()
            except (psycopg.OperationalError, OutboundError):
                await asyncio.sleep(self._pace.poll)

    async def _end_when_idle(self) -> None:
        if self._idle is None:
            return
        sight = Sight(
            busy=not self._ledger.empty or not self._inbox.empty,
            broken=frozenset(self._broken),
            progress=(self._ledger.committed_rows, self._inbox.stored, self._matcher.matched),
            obstacles=self._links.obstacles(),
            stuck=self._links.stuck,
        )
        try:
            idle = await self._idle.look(self._clerk_desk, sight, asyncio.get_running_loop().time())
        except NothingCanBeSent as error:
            if not self._failure.done():
                self._failure.set_exception(error)
            return
        if idle:
            await self._completion.run_once(patient=False)
            self._wake.set()
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
        elif failed is None or isinstance(failed, NothingCanBeSent):
            await self._drain()
        self._links.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._sessions.flush()
        if self._idle is not None and failed is None:
            await self._match_the_last()
        if (failed is None or isinstance(failed, NothingCanBeSent)) and self._ledger.empty:
            await self._settle_epoch()
        else:
            self._journal.close()
        for desk in (self._lease_desk, self._plan_desk, self._clerk_desk, self._event_desk):
            await desk.close()
        await self._channel.close()
        await self._inbox_channel.close()
        log.info("worker ended", worker=self.name, epoch=self.epoch)

    def _stopping_now(self) -> None:
        for batch in self._batches.values():
            batch.stop()
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
                    log.warning("no database", during=work.__name__.strip("_"), reason=reason(error))
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
        if error is not None and not self._failure.done():
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
