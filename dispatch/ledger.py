"""What is durable: intents before they are written and results as they come, committed together in groups.

One group is one transaction, one at a time, and the next one takes all that has gathered meanwhile: the slower the
disk, the larger the groups. A group has a number under a primary key, so that after a lost connection it is looked up
before anything of it is committed again or sent.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

from dispatch import copying
from dispatch.channel import Channel, ConnectionLost
from dispatch.desk import Desk, reason
from dispatch.parts import Block, Ends
from dispatch.rows import COPY_SUBMISSIONS, integers, intend, submissions
from dispatch.vitals import Histogram
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load

log = logger("dispatch.ledger")
Q = load("dispatch/ledger")

LINGER = 0.02  # seconds that results may wait for more of them
_RETRY_SECONDS = 0.5
_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class EpochSettled(OutboundError):
    """This worker was taken for dead, and what it had under way is settled. It must not go on under its old number."""


@dataclass(slots=True)
class Gathered:
    """What the next group commits: intents and their statements, ends and their rows for COPY."""

    blocks: list[Block] = field(default_factory=list)
    intents: list[str] = field(default_factory=list)
    ends: list[Ends] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    count: int = 0  # attempts in `ends`


@dataclass(frozen=True, slots=True)
class Group:
    """open_from: the serial of the oldest intent with an attempt that has no end in this group or before."""

    serial: int
    open_from: int
    content: Gathered


class Ledger:
    """cleared(block, lacking): the intents are committed, less the parts at these places, which may not be written;
    None: the lease is lost, and none of them may. committed(ends): these ends are durable. Both are called in the order of the commits."""

    def __init__(
        self,
        epoch: int,
        channel: Channel,
        desk: Desk,
        cleared: Callable[[Block, list[int] | None], None],
        committed: Callable[[list[Ends]], None],
    ) -> None:
        self._epoch = epoch
        self._channel = channel
        self._desk = desk
        self._cleared = cleared
        self._committed = committed
        self._gathered = Gathered()
        self._committing: Group | None = None
        self._delivering = False
        self._waiting_since = 0.0
        self._outstanding: dict[int, int] = {}  # serial of an intent -> parts without an end; in order
        self._next_intent = 1
        self._next_group = 1
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._urgent = False
        self.open = 0  # intended and not durable
        self._open_of: Counter[int] = Counter()  # the same by connector
        self.commits = 0
        self.committed_rows = 0
        self.latency = Histogram(_LATENCIES)

    def next_serial(self) -> int:
        self._next_intent += 1
        return self._next_intent - 1

    def intend(self, block: Block) -> None:
        """Before anything of the block is written: `cleared` says when it may be."""
        self._outstanding[block.serial] = len(block)
        self.open += len(block)
        self._open_of[block.connector_id] += len(block)
        self._gathered.blocks.append(block)
        self._gathered.intents.append(intend(self._epoch, block))
        self._wake.set()

    def open_of(self, connector_id: int) -> int:
        """How many attempts of this connector are intended and not durable."""
        return self._open_of[connector_id]

    def append(self, ends: list[Ends]) -> None:
        """Ends of attempts whose intents are committed."""
        gathered = self._gathered
        if not gathered.ends:
            self._waiting_since = self._loop.time()
        gathered.ends += ends
        for end in ends:
            gathered.rows += submissions(self._epoch, end)
            gathered.count += len(end)
        self._wake.set()

    @property
    def empty(self) -> bool:
        waiting = self._gathered.ends or self._gathered.blocks or self._delivering
        return not self.open and not waiting

    def unsaved(self) -> list[Ends]:
        """Ends that are not durable: of a worker that may not commit any more."""
        return [*(self._committing.content.ends if self._committing else ()), *self._gathered.ends]

    def hurry(self) -> None:
        """From now on nothing lingers: the worker ends."""
        self._urgent = True
        self._wake.set()

    async def run(self) -> None:
        """Commits until it is cancelled, which must not be before it is empty. EpochSettled where it must end."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            begun = self._begin()
            try:
                while begun is not None:
                    group, commit = begun
                    lacking = await commit
                    self._committing = None
                    self._delivering = True
                    self._note(group, lacking)
                    # the database has the next group to work at while this one's consequences are carried out
                    begun = self._begin()
                    await asyncio.sleep(0)
                    self._deliver(group, lacking)
                    self._delivering = False
            finally:
                if begun is not None:
                    begun[1].cancel()

    def _begin(self) -> "tuple[Group, asyncio.Task[list[list[int] | None]]] | None":
        """Commits all that waits, if it is worth a commit now."""
        gathered = self._gathered
        if not gathered.blocks and not self._worth_it():
            return None
        self._gathered = Gathered()
        for end in gathered.ends:
            self._outstanding[end.block.serial] -= len(end)
        self._forget_ended()
        open_from = next(iter(self._outstanding), self._next_intent)
        serial, self._next_group = self._next_group, self._next_group + 1
        self._committing = group = Group(serial, open_from, gathered)
        return group, self._loop.create_task(self._commit(group))

    def _worth_it(self) -> bool:
        if not self._gathered.ends:
            return False
        waited = self._loop.time() - self._waiting_since
        if self._urgent or waited >= LINGER or 4 * self._gathered.count >= self.open:
            return True
        if self._timer is None or self._timer.when() <= self._loop.time():
            self._timer = self._loop.call_later(max(LINGER - waited, 0) + 0.001, self._wake.set)
        return False

    def _forget_ended(self) -> None:
        while self._outstanding:
            serial, left = next(iter(self._outstanding.items()))
            if left:
                return
            del self._outstanding[serial]

    async def _commit(self, group: Group) -> list[list[int] | None]:
        """Until it is committed, however often the database goes away."""
        content = group.content
        opening = f"select dispatch.open_group({self._epoch}, {group.serial}, {group.open_from});"
        copy = COPY_SUBMISSIONS + ";" if content.ends else ""
        text = "".join([opening, copy, *content.intents])
        copies = [copying.joined(content.rows)] if content.ends else []
        while True:
            began = self._loop.time()
            try:
                answers = await self._channel.run(text, copies)
                self.latency.observe(self._loop.time() - began)
                return [None if row[0] is None else [place - 1 for place in integers(row[0])] for row in answers[1:]]
            except ConnectionLost as error:
                log.warning("connection lost around a commit", group=group.serial, reason=reason(error))
            except OutboundError as error:  # the database cannot be reached
                log.warning("no database", group=group.serial, reason=reason(error))
            except psycopg.errors.UniqueViolation:
                log.info("group was committed before", group=group.serial)
            except psycopg.Error as error:
                await self._overcome(error)
                continue
            found = await self._look_up(group)
            if found is not None:
                return found

    async def _look_up(self, group: Group) -> list[list[int] | None] | None:
        """What the group's commit said, from what it left; None where it was not committed."""
        while True:
            try:
                if not await self._desk.rows(Q.group_commit, {"epoch": self._epoch, "serial": group.serial}):
                    return None
                rows = await self._desk.rows(
                    Q.intended, {"epoch": self._epoch, "serials": [block.serial for block in group.content.blocks]}
                )
                break
            except (psycopg.OperationalError, OutboundError):
                await asyncio.sleep(_RETRY_SECONDS)
        intended: dict[int, set[tuple[int, int]]] = {}
        for serial, ordinal, segment in rows:
            intended.setdefault(serial, set()).add((ordinal, segment))
        return [_lacking(block, intended.get(block.serial, set())) for block in group.content.blocks]

    async def _overcome(self, error: psycopg.Error) -> None:
        """Waits, or mends, where the same transaction can succeed later; else raises."""
        state = error.sqlstate or ""
        if state == "OB001":
            raise EpochSettled(
                f"epoch {self._epoch} was taken for dead and settled by another worker; it ends, start it again"
            ) from error
        if state == "23514" and "partition" in str(error):
            try:
                await self._desk.rows(Q.ensure_days)
            except (psycopg.OperationalError, OutboundError):
                await asyncio.sleep(_RETRY_SECONDS)
        elif state.startswith(("40", "53", "55", "57", "58")):  # contention, a full disk, a stopping server
            log.error("cannot commit, trying again", sqlstate=state, reason=reason(error))
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            raise error

    def _note(self, group: Group, lacking: list[list[int] | None]) -> None:
        content = group.content
        self.commits += 1
        self.committed_rows += content.count
        self.open -= content.count
        for end in content.ends:
            self._open_of[end.block.connector_id] -= len(end)
        for block, places in zip(content.blocks, lacking, strict=True):
            missing = len(block) if places is None else len(places)
            self._outstanding[block.serial] -= missing
            self.open -= missing
            self._open_of[block.connector_id] -= missing
        self._forget_ended()

    def _deliver(self, group: Group, lacking: list[list[int] | None]) -> None:
        if group.content.ends:
            self._committed(group.content.ends)
        for block, places in zip(group.content.blocks, lacking, strict=True):
            self._cleared(block, places)


def _lacking(block: Block, intended: set[tuple[int, int]]) -> list[int]:
    """The places of the block that were not committed. intended: (ordinal, segment)."""
    parts = zip(block.load.ordinals[block.at].tolist(), block.load.segments[block.at].tolist(), strict=True)
    return [place for place, part in enumerate(parts) if part not in intended]
