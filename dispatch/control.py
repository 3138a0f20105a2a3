"""Pause, resume and cancel a campaign: on record, within a second in every worker, with exact counts.

What a worker intended before it is written or given back, and answered; that is waited for, so that the counts stay.
"""

import time
from dataclasses import asdict, dataclass
from typing import Any

import psycopg

from outbound import audit, database
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("dispatch/control")

WAIT = 30.0  # seconds for what is in flight
_LOOK = 0.05


class NotPossible(OutboundError):
    """A campaign that this cannot be done to: its state, and what can be done."""


@dataclass(frozen=True, slots=True)
class Verb:
    """From which states to which one; already: where it has been done before, which changes nothing."""

    name: str
    event: str
    target: str
    sources: tuple[str, ...]


PAUSE = Verb("pause", "paused", "paused", ("accepted",))
RESUME = Verb("resume", "resumed", "accepted", ("paused",))
CANCEL = Verb("cancel", "cancelled", "cancelled", ("accepted", "paused"))


@dataclass(frozen=True, slots=True)
class Counts:
    """Segments of a campaign by where they stand; they add up to `segments`.

    in_flight: written or about to be, without an answer yet; 0 unless the time to wait was over before it came.
    """

    campaign: int
    state: str
    segments: int
    accepted: int
    rejected: int
    in_doubt: int
    unknown: int
    dropped: int
    unsent: int
    in_flight: int

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def change(verb: Verb, campaign_id: int, *, reason: str, cause: str = "operator", wait: float = WAIT) -> Counts:
    """Does it, and counts once nothing of the campaign is in flight, or after so many seconds. cause: operator or
    customer, for what the customer caused is left out of SLA figures. Raises NotPossible."""
    with database.connect("dispatch", autocommit=True) as connection:
        with connection.transaction():
            _change(connection, verb, campaign_id, reason, cause)
        end = time.monotonic() + wait
        if verb is not RESUME:
            _await_intents(connection, campaign_id, end)
            _settle(connection, campaign_id, end, drop=verb is CANCEL)
        return _count(connection, campaign_id)


def _change(connection: psycopg.Connection, verb: Verb, campaign_id: int, reason: str, cause: str) -> None:
    row = connection.execute(Q.lock, {"campaign": campaign_id}).fetchone()
    if row is None:
        raise NotPossible(f"there is no campaign {campaign_id}; `outbound status` lists those under way")
    account_id, state, waits_for_units = row
    takes_over = verb is PAUSE and waits_for_units  # a recharge does not let it go any more
    if state == verb.target and not takes_over:
        return
    if state not in verb.sources and not takes_over:
        raise NotPossible(f"cannot {verb.name} campaign {campaign_id}: it is {state}{_INSTEAD.get(state, '')}")
    where = {"campaign": campaign_id, "account": account_id, "state": verb.target}
    connection.execute(Q.change, where)
    if verb is RESUME:
        connection.execute(Q.renew_validity, where)
    connection.execute(
        Q.add_event, where | {"kind": verb.event, "cause": cause, "actor": audit.actor(), "reason": reason}
    )
    audit.record(connection, verb.name, account_id, f"campaign {campaign_id}", {"cause": cause, "reason": reason})
    connection.execute(Q.wake_dispatch)


_INSTEAD = {
    "validated": ", and nothing of it is queued",
    "held": ", and nothing of it is queued: `outbound status` says what holds it",
    "rejected": ", and nothing of it was sent",
    "completed": ", and nothing of it is left to send",
    "cancelled": " for good",
    "accepted": "",
}


def _await_intents(connection: psycopg.Connection, campaign_id: int, end: float) -> None:
    """No intent of the campaign can come any more once this returns before `end`."""
    for (batch_id,) in connection.execute(Q.leased, {"campaign": campaign_id}).fetchall():
        milliseconds = max(int((end - time.monotonic()) * 1000), 1)
        with connection.transaction():
            connection.execute(f"set local lock_timeout = {milliseconds}".encode())
            try:
                connection.execute(Q.await_intent, {"batch": batch_id})
            except psycopg.errors.LockNotAvailable:
                raise NotPossible(
                    f"it is on record, but a worker is in the middle of a commit of batch {batch_id} and does not end it:"
                    " look after its connection, and repeat the command for exact counts"
                ) from None


def _settle(connection: psycopg.Connection, campaign_id: int, end: float, *, drop: bool) -> None:
    """Until nothing is in flight; drop: and everything unsent is given up, by this process where no worker holds it."""
    while True:
        if drop:
            _drop(connection, campaign_id)
        in_flight, held = _under_way(connection, campaign_id)
        if not in_flight and not (drop and held):
            return
        if time.monotonic() >= end:
            return
        time.sleep(_LOOK)


def _drop(connection: psycopg.Connection, campaign_id: int) -> None:
    after: int | None = 0
    while after is not None:
        row = connection.execute(Q.drop_next, {"campaign": campaign_id, "after": after}).fetchone()
        after = row[0] if row else None


def _under_way(connection: psycopg.Connection, campaign_id: int) -> tuple[int, int]:
    row = connection.execute(Q.under_way, {"campaign": campaign_id}).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def _count(connection: psycopg.Connection, campaign_id: int) -> Counts:
    """Both questions see the same state of things."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        in_flight, _ = _under_way(connection, campaign_id)
        row = connection.execute(Q.counts, {"campaign": campaign_id}).fetchone()
    if row is None:
        raise NotPossible(f"there is no campaign {campaign_id}")
    state, segments, accepted, rejected, in_doubt, unknown, dropped, unsent = row
    return Counts(
        campaign_id, state, segments, accepted, rejected, in_doubt, unknown, dropped, unsent - in_flight, in_flight
    )
