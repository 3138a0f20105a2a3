"""What is durable: intents before they are written, and results as they come.

Each of the two is committed in groups, one group at a time, and the next one takes all that has gathered meanwhile: the
slower the disk, the larger the groups. Intents and results need nothing of each other's transaction (an attempt has a
result only after its intent is durable), so they go over two connections, and the database works at both at once.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from dispatch.committer import Committer, Gathered, Group, Lacking
from dispatch.parts import Block, Ends
from dispatch.vitals import Histogram

LINGER = 0.02  # seconds that results may wait for more of them
_LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class _Lane:
    """What waits for one of the two connections, and what is under way there."""

    def __init__(self, epoch: int, committer: Committer) -> None:
        self.committer = committer
        self.gathered = Gathered(epoch)
        self.committing: Group | None = None
        self.delivering = False
        self.wake = asyncio.Event()

    @property
    def empty(self) -> bool:
        waits = self.gathered.blocks or self.gathered.ends
        return not waits and self.committing is None and not self.delivering


class Ledger:
    """cleared(block, lacking): the intents are committed, less the parts at these places, which may not be written;
    None: the lease is lost, and none of them may. committed(ends): these ends are durable. Each is called in the order of
    its commits."""

    def __init__(
        self,
        epoch: int,
        intents: Committer,
        results: Committer,
        cleared: Callable[[Block, list[int] | None], None],
        committed: Callable[[list[Ends]], None],
    ) -> None:
        self._epoch = epoch
        self._intents = _Lane(epoch, intents)
        self._results = _Lane(epoch, results)
        self._cleared = cleared
        self._committed = committed
        self._waiting_since = 0.0  # the oldest result that is in no group
        self._outstanding: dict[int, int] = {}  # serial of an intent -> parts without an end; in order
        self._open_from = 1  # every attempt of intents with a lower serial has its durable end
        self._next_intent = 1
        self._next_group = 1
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
        self._intents.gathered.blocks.append(block)
        self._intents.wake.set()

    def open_of(self, connector_id: int) -> int:
        """How many attempts of this connector are intended and not durable."""
        return self._open_of[connector_id]

    def append(self, ends: list[Ends]) -> None:
        """Ends of attempts whose intents are committed."""
        gathered = self._results.gathered
        if not gathered.ends:
            self._waiting_since = self._loop.time()
        for end in ends:
            gathered.append(end)
        self._loop.call_soon(gathered.write)  # after what the caller writes to the carrier now has gone out
        self._results.wake.set()

    @property
    def empty(self) -> bool:
        return not self.open and self._intents.empty and self._results.empty

    def unsaved(self) -> list[Ends]:
        """Ends that are not durable: of a worker that may not commit any more."""
        committing = self._results.committing
        return [*(committing.content.ends if committing else ()), *self._results.gathered.ends]

    def hurry(self) -> None:
        """From now on nothing lingers: the worker ends."""
        self._urgent = True
        self._results.wake.set()

    async def commit_intents(self) -> None:
        """Until it is cancelled, which must not be before all is empty. EpochSettled where the worker must end."""
        await self._run(self._intents, self._intend)

    async def commit_results(self) -> None:
        """As `commit_intents`."""
        await self._run(self._results, self._append)

    async def _run(self, lane: _Lane, begin: Callable[[], Group | None]) -> None:
        while True:
            await lane.wake.wait()
            lane.wake.clear()
            commit = self._begin(lane, begin())
            try:
                while lane.committing is not None and commit is not None:
                    lacking = await commit
                    group, lane.committing, lane.delivering = lane.committing, None, True
                    self._note(group, lacking)
                    # the database has the next group to work at while this one's consequences are carried out
                    commit = self._begin(lane, begin())
                    await asyncio.sleep(0)
                    self._deliver(group, lacking)
                    lane.delivering = False
            finally:
                if commit is not None:
                    commit.cancel()

    def _begin(self, lane: _Lane, group: Group | None) -> asyncio.Task[Lacking] | None:
        if group is None:
            return None
        lane.committing = group
        lane.gathered = Gathered(self._epoch)
        return self._loop.create_task(self._timed(lane.committer.commit(group)))

    async def _timed(self, commit: Coroutine[Any, Any, Lacking]) -> Lacking:
        began = self._loop.time()
        lacking = await commit
        self.latency.observe(self._loop.time() - began)
        return lacking

    def _intend(self) -> Group | None:
        gathered = self._intents.gathered
        return self._group(self._open_from, gathered) if gathered.blocks else None

    def _append(self) -> Group | None:
        gathered = self._results.gathered
        if not self._worth_it(gathered):
            return None
        for end in gathered.ends:
            self._outstanding[end.block.serial] -= len(end)
        self._forget_ended()
        return self._group(next(iter(self._outstanding), self._next_intent), gathered)

    def _group(self, open_from: int, gathered: Gathered) -> Group:
        self._next_group += 1
        return Group(self._next_group - 1, open_from, gathered)

    def _worth_it(self, gathered: Gathered) -> bool:
        if not gathered.ends:
            return False
        waited = self._loop.time() - self._waiting_since
        if self._urgent or waited >= LINGER or 4 * gathered.count >= self.open:
            return True
        if self._timer is None or self._timer.when() <= self._loop.time():
            self._timer = self._loop.call_later(max(LINGER - waited, 0) + 0.001, self._results.wake.set)
        return False

    def _forget_ended(self) -> None:
        while self._outstanding:
            serial, left = next(iter(self._outstanding.items()))
            if left:
                return
            del self._outstanding[serial]

    def _note(self, group: Group, lacking: Lacking) -> None:
        content = group.content
        self.commits += 1
        self.committed_rows += content.count
        self.open -= content.count
        self._open_from = max(self._open_from, group.open_from)
        for end in content.ends:
            self._open_of[end.block.connector_id] -= len(end)
        for block, places in zip(content.blocks, lacking, strict=True):
            missing = len(block) if places is None else len(places)
            self._outstanding[block.serial] -= missing
            self.open -= missing
            self._open_of[block.connector_id] -= missing
        self._forget_ended()

    def _deliver(self, group: Group, lacking: Lacking) -> None:
        if group.content.ends:
            self._committed(group.content.ends)
        for block, places in zip(group.content.blocks, lacking, strict=True):
            self._cleared(block, places)
