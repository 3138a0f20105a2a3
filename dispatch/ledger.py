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
class Group:
    serial: int
    open_from: int
    blocks: list[Block]
    ends: list[Ends]
    rows: int = field(init=False)

    def __post_init__(self) -> None:
        self.rows = sum(map(len, self.ends))


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
        self._blocks: list[Block] = []
        self._committing: Group | None = None
        self._ends: list[Ends] = []
        self._waiting = 0  # attempts in them
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
        self._blocks.append(block)
        self._wake.set()

    def open_of(self, connector_id: int) -> int:
        """How many attempts of this connector are intended and not durable."""
        return self._open_of[connector_id]

    def append(self, ends: list[Ends]) -> None:
        """Ends of attempts whose intents are committed."""
        if not self._ends:
            self._waiting_since = self._loop.time()
        self._ends += ends
        self._waiting += sum(map(len, ends))
        self._wake.set()

    @property
    def empty(self) -> bool:
        return not self.open and not self._ends and not self._blocks

    def unsaved(self) -> list[Ends]:
        """Ends that are not durable: of a worker that may not commit any more."""
        return [*(self._committing.ends if self._committing else ()), *self._ends]

    def hurry(self) -> None:
        """From now on nothing lingers: the worker ends."""
        self._urgent = True
        self._wake.set()

    async def run(self) -> None:
        """Commits until it is cancelled, which must not be before it is empty. EpochSettled where it must end."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while (group := self._gather()) is not None:
                self._committing = group
                lacking = await self._commit(group)
                self._committing = None
                self._deliver(group, lacking)

    def _gather(self) -> Group | None:
        """All that waits, if it is worth a commit now."""
        if not self._blocks and not self._worth_it():
            return None
        blocks, self._blocks = self._blocks, []
        ends, self._ends = self._ends, []
        self._waiting = 0
        for end in ends:
            self._outstanding[end.block.serial] -= len(end)
        self._forget_ended()
        open_from = next(iter(self._outstanding), self._next_intent)
        serial, self._next_group = self._next_group, self._next_group + 1
        return Group(serial, open_from, blocks, ends)

    def _worth_it(self) -> bool:
        if not self._ends:
            return False
        waited = self._loop.time() - self._waiting_since
        if self._urgent or waited >= LINGER or 4 * self._waiting >= self.open:
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
        statements = [f"select dispatch.open_group({self._epoch}, {group.serial}, {group.open_from});"]
        copies = []
        if group.ends:
            statements.append(COPY_SUBMISSIONS + ";")
            copies.append(submissions(self._epoch, group.ends))
        statements += [intend(self._epoch, block) for block in group.blocks]
        text = "".join(statements)
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
                    Q.intended, {"epoch": self._epoch, "serials": [block.serial for block in group.blocks]}
                )
                break
            except (psycopg.OperationalError, OutboundError):
                await asyncio.sleep(_RETRY_SECONDS)
        intended: dict[int, set[tuple[int, int]]] = {}
        for serial, ordinal, segment in rows:
            intended.setdefault(serial, set()).add((ordinal, segment))
        return [_lacking(block, intended.get(block.serial, set())) for block in group.blocks]

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

    def _deliver(self, group: Group, lacking: list[list[int] | None]) -> None:
        self.commits += 1
        self.committed_rows += group.rows
        self.open -= group.rows
        for end in group.ends:
            self._open_of[end.block.connector_id] -= len(end)
        for block, places in zip(group.blocks, lacking, strict=True):
            missing = len(block) if places is None else len(places)
            self._outstanding[block.serial] -= missing
            self.open -= missing
            self._open_of[block.connector_id] -= missing
        self._forget_ended()
        if group.ends:
            self._committed(group.ends)
        for block, places in zip(group.blocks, lacking, strict=True):
            self._cleared(block, places)


def _lacking(block: Block, intended: set[tuple[int, int]]) -> list[int]:
    """The places of the block that were not committed. intended: (ordinal, segment)."""
    parts = zip(block.load.ordinals[block.at].tolist(), block.load.segments[block.at].tolist(), strict=True)
    return [place for place, part in enumerate(parts) if part not in intended]
