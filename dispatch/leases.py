"""Leases on batches: taken with a new fence, kept by a heartbeat, given back; whoever holds the fence may intend."""

from collections.abc import Collection, Iterable
from typing import Any

from dispatch.boot import boottime
from dispatch.desk import Desk
from dispatch.parts import Batch
from outbound.queries import load

Q = load("dispatch/batches")

LEASE = 30.0  # seconds
MARGIN = 5.0  # nothing is written in the last seconds of a lease
RENEW_EVERY = 3.0
MOST_OF_ONE = 20_000  # messages of one campaign with one worker
USER_TIMEOUT = 20.0  # TCP_USER_TIMEOUT: a dead connection ends before the lease does


class Leases:
    """Of one worker. seconds: how long a lease lasts without a heartbeat."""

    def __init__(self, epoch: int, desk: Desk, seconds: float = LEASE) -> None:
        self._epoch = epoch
        self._desk = desk
        self._seconds = seconds
        self._renewed_at: float | None = None

    async def take(
        self, most: int, *, hungry: bool, sending: bool, held: Collection[int] = (), broken: Collection[int] = (),
        passed: Collection[int] = (),
    ) -> list[Batch]:  # fmt: skip
        """Up to so many batches that may go now, by urgency and in turn: ready ones, and those whose lease ran out. hungry:
        else only the beginnings of campaigns; sending: else only what is to be given up. held: batches that this worker
        has; broken: those of them that it cannot send. passed: those that are left to other workers."""
        began = boottime()
        rows = await self._desk.rows(
            Q.lease_batches,
            {
                "limit": most, "epoch": self._epoch, "seconds": self._seconds, "hungry": hungry, "sending": sending,
                "most_of_one": MOST_OF_ONE, "held": list(held), "broken": list(broken), "passed": list(passed),
            },
        )  # fmt: skip
        deadline = self._deadline(began)
        return [Batch(*(*row, deadline, rate)) for *row, rate in rows]

    async def renew(self, batches: Iterable[Batch], unstored_since: float | None) -> None:
        """Moves the deadlines on; what another worker holds meanwhile is lost. unstored_since: when the oldest came of what
        carriers handed over and is not stored (`boottime`); None: all is stored."""
        held = {batch.batch_id: batch for batch in batches if not batch.lost}
        began = boottime()
        rows = await self._desk.rows(
            Q.renew_leases,
            {
                "epoch": self._epoch, "seconds": self._seconds, "stored": self._has_stored(unstored_since),
                "batches": list(held), "fences": [batch.fence for batch in held.values()],
            },
        )  # fmt: skip
        self._renewed_at = boottime()
        deadline = self._deadline(began)
        for (batch_id,) in rows:
            held.pop(batch_id).deadline = deadline
        for batch in held.values():
            batch.lose()

    def _has_stored(self, unstored_since: float | None) -> bool:
        """Whether all is stored that had come when the database wrote the last heartbeat."""
        return self._renewed_at is not None and (unstored_since is None or unstored_since > self._renewed_at)

    async def states(self, batches: Iterable[Batch]) -> dict[int, tuple[str, int | None]]:
        """batch -> its campaign's state and rate now. Of those that are there as it is asked: more may be leased meanwhile."""
        batches = list(batches)
        rows: list[tuple[Any, ...]] = await self._desk.rows(
            Q.campaign_states, {"campaigns": list({batch.campaign_id for batch in batches})}
        )
        states = {campaign: (state, rate) for campaign, state, rate in rows}
        return {batch.batch_id: states[batch.campaign_id] for batch in batches}

    async def settled_meanwhile(self) -> set[int]:
        """Batches of which something was settled since they were planned: they stay so until `begin_anew`, and are not done."""
        return {batch for (batch,) in await self._desk.rows(Q.settled_meanwhile, {"epoch": self._epoch})}

    async def begin_anew(self, batch: Batch) -> None:
        """Before the batch is planned anew: what is settled after this call may be missing in that plan."""
        await self._desk.rows(Q.begin_anew, _owned(batch))

    async def finish(self, batch: Batch) -> None:
        """Nothing of it is left to send."""
        await self._desk.rows(Q.finish_batch, _owned(batch))

    async def give_back(self, batch: Batch, seconds: float = 0.0) -> None:
        """Another worker, or this one later, goes on with it; not before so many seconds are over."""
        await self._desk.rows(Q.give_back_batch, {**_owned(batch), "seconds": seconds})

    async def report_broken(self, batch: Batch) -> None:
        """It cannot be sent as it was accepted: for whoever looks at the platform."""
        await self._desk.rows(Q.report_broken, _owned(batch))

    async def has_open_attempts(self, batch: Batch) -> bool:
        """Whether something of it is intended, by whichever worker, and has no end yet."""
        return bool(await self._desk.rows(Q.open_attempts, {"batch": batch.batch_id}))

    async def drop(self, batch: Batch, reason: str, ordinals: list[int] | None) -> bool:
        """These messages are given up as far as they are not sent; None: all of the batch. False where it is not expired or
        cancelled as the database knows it: nothing is given up."""
        rows = await self._desk.rows(Q.drop_unsent, {**_owned(batch), "ordinals": ordinals, "reason": reason})
        return bool(rows[0][0])

    def _deadline(self, began: float) -> float:
        """Counted from before the question: the database's clock starts later, never earlier."""
        return began + self._seconds - min(MARGIN, self._seconds / 4)


def _owned(batch: Batch) -> dict[str, int]:
    return {"batch": batch.batch_id, "fence": batch.fence}
