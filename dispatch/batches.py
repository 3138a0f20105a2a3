"""The batches that a worker holds: leased while its links have little to do, planned, sent, and given back or finished."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg

from dispatch import backoff, planner
from dispatch.boot import boottime
from dispatch.desk import Desk, reason
from dispatch.leases import Leases
from dispatch.links import Links
from dispatch.parts import Batch
from dispatch.plan import Plan, end_of
from dispatch.recipients import SegmentsDiffer
from outbound.errors import OutboundError
from outbound.logs import logger
from smpp import address
from smpp.address import InvalidSender

log = logger("dispatch.batches")

PARK_SECONDS = 5.0  # a batch whose carriers are away lets others go first
MAX_BATCHES = 64
AT_ONCE = 2  # batches of one question


class Batches:
    """poll: seconds between two looks for batches where nothing tells of any. spawn(coroutine): runs it, and tells the worker
    if it fails. broken: those of them that cannot be sent as they were accepted."""

    def __init__(
        self, leases: Leases, links: Links, desk: Desk, poll: float, spawn: Callable[[Coroutine[Any, Any, None]], Any]
    ) -> None:
        self.broken: set[int] = set()
        self._held: dict[int, Batch] = {}
        self._leases = leases
        self._links = links
        self._desk = desk
        self._poll = poll
        self._spawn = spawn
        self._wake = asyncio.Event()
        self._news = True  # there may be batches that were not there at the last look
        self._in_vain = False
        self._reading = 0
        self._look_at = 0.0
        self._stopping = False

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Batch]:
        """As they are now: more may be leased meanwhile."""
        return iter(list(self._held.values()))

    @property
    def coming(self) -> int:
        """Messages of batches that are being read, and will soon be with the links."""
        return self._reading

    def look(self) -> None:
        """There may be something to lease now."""
        self._news = True
        self._wake.set()

    def stop(self) -> None:
        """No more of them, and of these nothing more is sent."""
        self._stopping = True
        for batch in self:
            batch.stop()
        self._wake.set()

    async def run(self) -> None:
        """Takes batches as long as the links have little to do."""
        loop = asyncio.get_running_loop()
        while not self._stopping:
            self._wake.clear()
            hungry = self._links.are_hungry(self.coming)
            if len(self._held) - len(self.broken) < MAX_BATCHES and self._is_worth_asking(hungry, loop.time()):
                self._news, self._look_at = False, loop.time() + backoff.about(self._poll)
                try:
                    await self._take(hungry=hungry)
                except (psycopg.OperationalError, OutboundError) as error:
                    log.warning("cannot lease", reason=reason(error))
            await self._pause(max(0.0, self._look_at - loop.time()))

    def _is_worth_asking(self, hungry: bool, now: float) -> bool:
        return self._news or now >= self._look_at or (hungry and not self._in_vain)

    async def _take(self, *, hungry: bool) -> None:
        passed = self._links.elsewhere.passed(self._links.ways(), asyncio.get_running_loop().time())
        taken = await self._leases.take(
            AT_ONCE, hungry=hungry, sending=self._links.may_send, held=self._held, broken=self.broken, passed=passed
        )
        self._in_vain = not taken
        for batch in taken:
            self._held[batch.batch_id] = batch
            self.broken.discard(batch.batch_id)
            self._spawn(self._carry(batch))
            self._wake.set()

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
            while not self._stopping and not batch.lost:
                try:
                    if await self._send_once(batch):
                        return
                except (psycopg.OperationalError, OutboundError) as error:
                    log.warning("batch waits for the database", batch=batch.batch_id, reason=reason(error))
                    await asyncio.sleep(self._poll)
        finally:
            if self._held.get(batch.batch_id) is batch:
                del self._held[batch.batch_id]
                if not self._stopping:
                    self.broken.discard(batch.batch_id)
            self._in_vain = False  # there is room for another one
            self._wake.set()

    async def _send_once(self, batch: Batch) -> bool:
        """Plans what is left, sends it, waits for the ends; whether this worker is done with the batch."""
        if batch.state in ("paused", "closed"):
            await self._leases.give_back(batch)
            return True
        if boottime() >= batch.deadline or (
            not self._links.can_send and batch.state != "cancelled" and batch.expires_at > datetime.now(UTC)
        ):
            await asyncio.sleep(self._poll)
            return False
        batch.stopped = False
        why = end_of(batch, datetime.now(UTC))
        if why is not None:
            return await self._give_up(batch, why)
        plan = await self._plan(batch)
        if plan is None:
            await asyncio.sleep(self._poll)
            return False
        for cause, ordinals in plan.stops.items():
            if not await self._leases.drop(batch, cause, ordinals):
                return await self._take_anew(batch)
        sendable = [
            (self._links[connector], parts) for connector, parts in plan.loads if self._links[connector].may_send
        ]
        postponed = plan.blocked > 0 or len(sendable) < len(plan.loads)
        if not sendable:
            if plan.waits:
                await asyncio.sleep(self._poll)
                return False
            if postponed:
                await self._leave(batch)
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

    async def _give_up(self, batch: Batch, why: str) -> bool:
        """Nothing more of it is sent, so nothing of it has to be fit to be sent. Whether it is done."""
        is_open = await self._leases.has_open_attempts(batch)  # first: what ends meanwhile is looked at again
        if not await self._leases.drop(batch, why, None):
            return await self._take_anew(batch)
        if is_open:
            await asyncio.sleep(self._poll)
            return False
        await self._leases.finish(batch)
        return True

    async def _take_anew(self, batch: Batch) -> bool:
        """Its validity is not over by the database's clock, or another one than at the lease: the next lease has it."""
        await self._leases.give_back(batch, self._poll)
        return True

    async def _leave(self, batch: Batch) -> None:
        """What is left of it another worker may be able to send now, or this one later."""
        if self._links.elsewhere.possible:
            self._links.elsewhere.pass_on(batch.batch_id, asyncio.get_running_loop().time())
            await self._leases.give_back(batch)
        else:
            await self._leases.give_back(batch, backoff.about(PARK_SECONDS))

    async def _plan(self, batch: Batch) -> Plan | None:
        """None where it cannot be sent: it keeps its lease until it is cancelled or expires, for no other worker could send it
        either."""
        if batch.batch_id in self.broken:
            return None
        if batch.is_stale:
            await self._leases.begin_anew(batch)
        try:
            address.sender(batch.sender)
            return await self._read(batch)
        except (SegmentsDiffer, InvalidSender) as error:
            await self._leases.report_broken(batch)
            self.broken.add(batch.batch_id)
            log.error("batch cannot be sent", batch=batch.batch_id, reason=reason(error))  # noqa: TRY400 - an expected one
            return None

    async def _read(self, batch: Batch) -> Plan:
        self._reading += batch.size
        try:
            return await planner.read(self._desk, batch, self._links)
        finally:
            self._reading -= batch.size

    async def renew(self, unstored_since: float | None) -> None:
        """A sign of life; what another worker holds meanwhile is not sent any more. unstored_since: as `Leases.renew` says."""
        await self._leases.renew(self, unstored_since)
        for batch in self:
            if batch.lost:
                log.warning("lost a lease", batch=batch.batch_id)
                self.look()
                self._links.discard(batch)

    async def watch(self) -> None:
        """Pause, cancel and another rate count within a second, and the end of the validity, also of what waits for a carrier.
        So does what was settled: it may have to be sent again, or to be given up, while other parts wait for long."""
        if not self._held:
            return
        settled = await self._leases.settled_meanwhile()
        for batch_id, (state, rate) in (await self._leases.states(self)).items():
            batch = self._held.get(batch_id)
            if batch is None:
                continue
            batch.rate = rate
            if batch.state != state:
                batch.state = state
                batch.stop()
                self._links.discard(batch)
        now = datetime.now(UTC)
        for batch in self:
            batch.is_stale = batch.batch_id in settled
            if (batch.is_stale or batch.expires_at <= now) and batch.unsettled and not batch.stopped:
                batch.stop()
                self._links.discard(batch)
