"""Reads a leased batch and plans it: what of it is to be sent on which connector."""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

import numpy as np

from dispatch import plan, served
from dispatch import recipients as columns
from dispatch.desk import Desk
from dispatch.parts import Batch
from dispatch.plan import Attempt, Open, Plan, Ways
from outbound.queries import load

Q = load("dispatch/batches")

E = TypeVar("E", Attempt, Open)
SLICE = 1000  # messages that are planned without a pause: the sessions' answers wait meanwhile


async def read(desk: Desk, batch: Batch, ways: Ways) -> Plan:
    """The plan of the batch as the database knows it now. Its lease was taken before: nobody else intends any of it.

    What is open is read first: an attempt that ends meanwhile is then known twice, never not at all.
    """
    where = {
        "batch": batch.batch_id,
        "campaign": batch.campaign_id,
        "first": batch.first_ordinal,
        "end": batch.first_ordinal + batch.size,
    }
    attempts: list[Attempt] = []
    open_attempts: list[Open] = []
    if not (await desk.rows(Q.is_untouched, where))[0][0]:
        open_attempts = [Open(*row) for row in await desk.rows(Q.open_attempts, where)]
        attempts = [Attempt(*row) for row in await desk.rows(Q.attempts, where)]
    recipients = columns.from_rows(await desk.binary_rows(Q.recipients, where))
    waiting = await _waiting_for_proof(desk, batch, attempts)
    if waiting:
        recipients = recipients.of(~np.isin(recipients.ordinals, list(waiting)))
    whole = Plan()
    for start in range(0, len(recipients), SLICE):
        some = recipients.part(start, start + SLICE)
        span = int(some.ordinals[0]), int(some.ordinals[-1])
        whole.add(
            plan.make(batch, some, _within(attempts, *span), _within(open_attempts, *span), ways, datetime.now(UTC))
        )
        await asyncio.sleep(0)
    whole.waits = bool(open_attempts)
    if whole.stops.get("no_route"):
        unserved = recipients.of(np.isin(recipients.ordinals, whole.stops["no_route"]))
        whole.hold("no_route", await served.lost_their_route(desk, batch.campaign_id, unserved))
    return whole


async def _waiting_for_proof(desk: Desk, batch: Batch, attempts: Sequence[Attempt]) -> set[int]:
    """Messages with a part in doubt whose recipient opted out or left the base: the rest of them may not be sent, and
    is not given up before the doubt is settled. The batch is planned again then."""
    doubtful = sorted({attempt.ordinal for attempt in attempts if attempt.state == "in_doubt"})
    if not doubtful:
        return set()
    rows = await desk.rows(Q.strangers, {"campaign": batch.campaign_id, "ordinals": doubtful})
    return {ordinal for (ordinal,) in rows}


def _within(entries: list[E], first: int, last: int) -> list[E]:
    """Those of these ordinals; entries come in the order of theirs."""
    start = bisect_left(entries, first, key=lambda entry: entry.ordinal)
    return entries[start : bisect_left(entries, last + 1, key=lambda entry: entry.ordinal)]
