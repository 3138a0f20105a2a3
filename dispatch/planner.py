"""Reads a leased batch and plans it: what of it is to be sent on which connector."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import TypeVar

from dispatch import plan
from dispatch.desk import Desk
from dispatch.parts import Batch
from dispatch.plan import Attempt, Open, Plan, Recipient
from outbound.queries import load

Q = load("dispatch/batches")

E = TypeVar("E", Attempt, Open)
SLICE = 500  # messages that are planned without a pause: the sessions' answers wait meanwhile


async def read(desk: Desk, batch: Batch, route: Callable[[int], int | None]) -> Plan:
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
    waiting = await _waiting_for_proof(desk, batch, attempts)
    rows = await desk.binary_rows(Q.recipients, where)
    recipients = [found for found in map(Recipient._make, rows) if found.ordinal not in waiting]
    whole = Plan()
    attempts_in, open_in = _by_slice(attempts), _by_slice(open_attempts)
    for number, recipients_in in groupby(recipients, key=lambda recipient: recipient.ordinal // SLICE):
        part = plan.make(
            batch, list(recipients_in), attempts_in.get(number, ()), open_in.get(number, ()), route, datetime.now(UTC)
        )
        whole.add(part)
        await asyncio.sleep(0)
    whole.waits = bool(open_attempts)
    return whole


async def _waiting_for_proof(desk: Desk, batch: Batch, attempts: Sequence[Attempt]) -> set[int]:
    """Messages with a part in doubt whose recipient opted out or left the base: the rest of them may not be sent, and
    is not given up before the doubt is settled. The batch is planned again then."""
    doubtful = sorted({attempt.ordinal for attempt in attempts if attempt.state == "in_doubt"})
    if not doubtful:
        return set()
    rows = await desk.rows(Q.strangers, {"campaign": batch.campaign_id, "ordinals": doubtful})
    return {ordinal for (ordinal,) in rows}


def _by_slice(entries: Sequence[E]) -> dict[int, list[E]]:
    slices: dict[int, list[E]] = {}
    for entry in entries:
        slices.setdefault(entry.ordinal // SLICE, []).append(entry)
    return slices
