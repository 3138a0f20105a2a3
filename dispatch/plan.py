"""Which parts of a batch are still to be sent, which messages are given up and why, and what must be waited for.

Pure: it is told what was tried and what is intended, and finds the same for every worker that asks.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

import numpy as np

from dispatch.parts import Batch, Load, Numbers
from dispatch.recipients import Recipients, wire
from dispatch.routes import NO_ROUTE, NOT_NOW
from smpp.wire import Wire


class Attempt(NamedTuple):
    """One that has its committed end. state: of dispatch.attempt."""

    ordinal: int
    segment: int
    attempt: int
    state: str
    transient: bool
    connector_id: int


class Open(NamedTuple):
    """An attempt that is intended and has no committed end: another worker's, or one in recovery."""

    ordinal: int
    segment: int
    attempt: int


class Ways(Protocol):
    """The connectors that messages can go over."""

    def route(self, msisdns: Numbers, networks: Numbers, /) -> Numbers:
        """The connector of each message, NO_ROUTE where no carrier of ours goes there, NOT_NOW where none of those that do
        can be used."""

    def can_use(self, connector_id: int, /) -> bool:
        """Whether messages may be given to this connector."""

    def wire(self, connector_id: int, /) -> Wire:
        """How segments go out at this connector."""


@dataclass(slots=True)
class Plan:
    """loads: what goes out, each over one connector. stops: reason -> ordinals. waits: something is open elsewhere, look
    again. blocked: messages whose connectors cannot be used now."""

    loads: list[tuple[int, Load]] = field(default_factory=list)
    stops: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    waits: bool = False
    blocked: int = 0

    @property
    def size(self) -> int:
        return sum(len(load) for _, load in self.loads)

    def add(self, other: "Plan") -> None:
        """The plan of other messages of the same batch."""
        self.loads += other.loads
        for reason, ordinals in other.stops.items():
            self.stops[reason] += ordinals
        self.waits = self.waits or other.waits
        self.blocked += other.blocked

    def hold(self, why: str, ordinals: set[int]) -> None:
        """These are not given up for this reason: they wait."""
        stopped = self.stops.pop(why)
        doomed = [ordinal for ordinal in stopped if ordinal not in ordinals]
        self.blocked += len(stopped) - len(doomed)
        if doomed:
            self.stops[why] = doomed


@dataclass(slots=True)
class _Tried:
    """A message of which something was intended before. next: segment -> number of its next attempt, for those of which
    no attempt may have been accepted or was rejected for good. running: something of it is open elsewhere. connector:
    whose it is, because a part of it may be there."""

    next: dict[int, int]
    refused: bool
    running: bool
    in_doubt: bool
    connector: int | None


def make(
    batch: Batch,
    recipients: Recipients,
    attempts: Sequence[Attempt],
    open_attempts: Sequence[Open],
    ways: Ways,
    now: datetime,
) -> Plan:
    """A message of which a part may be at a carrier stays with that one; one with a part open elsewhere waits for its
    end."""
    tried = _tried(recipients, attempts, open_attempts)
    plan = Plan(waits=bool(open_attempts))
    fresh = ~np.isin(recipients.ordinals, list(tried)) if tried else np.ones(len(recipients), bool)
    ended = end_of(batch, now)
    free = fresh | np.isin(recipients.ordinals, [ordinal for ordinal, one in tried.items() if one.connector is None])
    routes = np.full(len(recipients), NOT_NOW, np.int64)
    routes[free] = ways.route(recipients.msisdns[free], recipients.networks[free])
    if ended is not None:
        plan.stops[ended] += recipients.ordinals[fresh].tolist()
    else:
        plan.stops["no_route"] += recipients.ordinals[fresh & (routes == NO_ROUTE)].tolist()
        plan.blocked += int((fresh & (routes == NOT_NOW)).sum())
        for connector in np.unique(routes[fresh & (routes > NO_ROUTE)]).tolist():
            chosen = fresh & (routes == connector)
            plan.loads.append((connector, _whole(batch, recipients.of(chosen), ways.wire(connector))))
    for place in np.flatnonzero(~fresh).tolist():
        message = tried[int(recipients.ordinals[place])]
        if not message.next or message.running:
            continue
        connector = message.connector if message.connector is not None else int(routes[place])
        why = ended or ("part_rejected" if message.refused else None) or ("no_route" if connector == NO_ROUTE else None)
        if why is None and (connector == NOT_NOW or not ways.can_use(connector)):
            plan.blocked += 1
        elif why is None:
            only = np.zeros(len(recipients), bool)
            only[place] = True
            plan.loads.append((connector, _some(batch, recipients.of(only), message.next, ways.wire(connector))))
        elif not message.in_doubt:
            plan.stops[why].append(int(recipients.ordinals[place]))
    plan.stops = defaultdict(list, {why: ordinals for why, ordinals in plan.stops.items() if ordinals})
    plan.loads = _joined(plan.loads)
    return plan


def end_of(batch: Batch, now: datetime) -> str | None:
    """Why nothing more of the batch is sent; None where it may be."""
    if batch.state == "cancelled":
        return "cancelled"
    return "expired" if batch.expires_at <= now else None


def _tried(recipients: Recipients, attempts: Iterable[Attempt], open_attempts: Iterable[Open]) -> dict[int, _Tried]:
    ended: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        ended[attempt.ordinal].append(attempt)
    running = {entry.ordinal for entry in open_attempts}
    tried: dict[int, _Tried] = {}
    if not ended and not running:
        return tried
    for ordinal, segments in zip(recipients.ordinals.tolist(), recipients.counts.tolist(), strict=True):
        if ordinal in ended or ordinal in running:
            tried[ordinal] = _judge(segments, ended.get(ordinal, ()), running=ordinal in running)
    return tried


def _judge(segments: int, ended: Iterable[Attempt], *, running: bool) -> _Tried:
    following = dict.fromkeys(range(1, segments + 1), 1)
    settled: set[int] = set()
    connector = None
    for attempt in ended:
        following[attempt.segment] = max(following[attempt.segment], attempt.attempt + 1)
        if not (attempt.state == "not_sent" or attempt.transient):
            settled.add(attempt.segment)
            connector = attempt.connector_id
    return _Tried(
        next={segment: number for segment, number in following.items() if segment not in settled},
        refused=any(attempt.state == "rejected" and not attempt.transient for attempt in ended),
        running=running,
        in_doubt=any(attempt.state == "in_doubt" for attempt in ended),
        connector=connector,
    )


def _whole(batch: Batch, recipients: Recipients, settings: Wire) -> Load:
    """Every part of these messages, for the first time."""
    wired = wire(batch.campaign_id, recipients, settings)
    counts = recipients.counts
    starts = np.cumsum(counts) - counts
    places = np.repeat(np.arange(len(recipients)), counts)
    return Load(
        batch=batch,
        ordinals=recipients.ordinals[places],
        segments=np.arange(len(places)) - starts[places] + 1,
        counts=counts[places],
        attempts=np.ones(len(places), np.int64),
        msisdns=recipients.msisdns[places],
        networks=recipients.networks[places],
        zones=recipients.zones[places],
        short_messages=wired.short_messages,
        esm_classes=wired.esm_classes,
        data_codings=wired.data_codings,
        tlvs=wired.tlvs,
    )


def _some(batch: Batch, recipient: Recipients, following: dict[int, int], settings: Wire) -> Load:
    """Some parts of one message. following: segment -> number of the attempt."""
    load = _of(_whole(batch, recipient, settings), [segment - 1 for segment in following])
    load.attempts[:] = list(following.values())
    return load


def _of(load: Load, places: list[int]) -> Load:
    at = np.array(places, np.int64)
    return Load(
        load.batch, load.ordinals[at], load.segments[at], load.counts[at], load.attempts[at], load.msisdns[at],
        load.networks[at], load.zones[at], [load.short_messages[place] for place in places], load.esm_classes[at],
        load.data_codings[at], None if load.tlvs is None else [load.tlvs[place] for place in places],
    )  # fmt: skip


def _joined(loads: list[tuple[int, Load]]) -> list[tuple[int, Load]]:
    """One load for each connector."""
    by_connector: dict[int, list[Load]] = defaultdict(list)
    for connector, load in loads:
        by_connector[connector].append(load)
    return [(connector, _join(several)) for connector, several in by_connector.items()]


def _join(loads: list[Load]) -> Load:
    if len(loads) == 1:
        return loads[0]
    whole = Load(
        batch=loads[0].batch,
        ordinals=np.concatenate([load.ordinals for load in loads]),
        segments=np.concatenate([load.segments for load in loads]),
        counts=np.concatenate([load.counts for load in loads]),
        attempts=np.concatenate([load.attempts for load in loads]),
        msisdns=np.concatenate([load.msisdns for load in loads]),
        networks=np.concatenate([load.networks for load in loads]),
        zones=np.concatenate([load.zones for load in loads]),
        short_messages=[body for load in loads for body in load.short_messages],
        esm_classes=np.concatenate([load.esm_classes for load in loads]),
        data_codings=np.concatenate([load.data_codings for load in loads]),
        tlvs=[tlv for load in loads for tlv in load.tlvs or [b""] * len(load)]
        if any(load.tlvs for load in loads)
        else None,
    )
    order = np.lexsort((whole.segments, whole.ordinals))
    return _of(whole, order.tolist())
