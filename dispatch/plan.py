"""Which parts of a batch are still to be sent, which messages are given up and why, and what must be waited for.

Pure: it is told what was tried and what is intended, and finds the same for every worker that asks.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from dispatch.parts import Batch, Message, Part
from dispatch.references import concatenation, reference_base
from outbound.errors import OutboundError
from smpp import text


class Recipient(NamedTuple):
    """A message of the batch that is not given up yet, as it was accepted."""

    ordinal: int
    msisdn: int
    text: str
    encoding: str
    segments: int
    network_id: int
    zone: str


class Attempt(NamedTuple):
    """One that has its committed end. state: of dispatch.attempt."""

    ordinal: int
    segment: int
    attempt: int
    state: str
    transient: bool


class Open(NamedTuple):
    """An attempt that is intended and has no committed end: another worker's, or one in recovery."""

    ordinal: int
    segment: int
    attempt: int


class SegmentsDiffer(OutboundError):
    """A text makes other segments than it was accepted (and is charged) with: it is not sent."""


@dataclass(slots=True)
class Plan:
    """parts: by connector. stops: reason -> ordinals. waits: something is open elsewhere, look again."""

    parts: dict[int, list[Part]] = field(default_factory=lambda: defaultdict(list))
    stops: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    waits: bool = False

    @property
    def size(self) -> int:
        return sum(len(parts) for parts in self.parts.values())

    def add(self, other: "Plan") -> None:
        """The plan of other messages of the same batch."""
        for connector, parts in other.parts.items():
            self.parts[connector] += parts
        for reason, ordinals in other.stops.items():
            self.stops[reason] += ordinals
        self.waits = self.waits or other.waits


def make(
    batch: Batch,
    recipients: Iterable[Recipient],
    attempts: Iterable[Attempt],
    open_attempts: Iterable[Open],
    route: Callable[[int], int | None],
    now: datetime,
) -> Plan:
    """route: the connector of a number, None where no carrier of ours goes there."""
    tried: dict[int, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        tried[attempt.ordinal].append(attempt)
    under_way: dict[int, list[Open]] = defaultdict(list)
    for entry in open_attempts:
        under_way[entry.ordinal].append(entry)
    plan = Plan(waits=bool(under_way))
    ended = _end_of(batch, now)
    for recipient in recipients:
        known = tried.get(recipient.ordinal, ())
        running = under_way.get(recipient.ordinal, ())
        unsent = _unsent(recipient, known, running)
        if not unsent:
            continue
        refused = any(attempt.state == "rejected" and not attempt.transient for attempt in known)
        connector = route(recipient.msisdn)
        reason = ended or ("part_rejected" if refused else None) or ("no_route" if connector is None else None)
        if reason is None and connector is not None:
            plan.parts[connector] += _parts(batch, recipient, unsent)
        elif reason is not None and not running and not any(attempt.state == "in_doubt" for attempt in known):
            plan.stops[reason].append(recipient.ordinal)
    return plan


def _end_of(batch: Batch, now: datetime) -> str | None:
    if batch.state == "cancelled":
        return "cancelled"
    return "expired" if batch.expires_at <= now else None


def _unsent(recipient: Recipient, known: Iterable[Attempt], running: Iterable[Open]) -> dict[int, int]:
    """segment -> number of its next attempt, for those of which no attempt runs, may have been accepted, or was
    rejected for good."""
    following = dict.fromkeys(range(1, recipient.segments + 1), 1)
    settled: set[int] = set()
    for attempt in known:
        following[attempt.segment] = max(following[attempt.segment], attempt.attempt + 1)
        if not (attempt.state == "not_sent" or attempt.transient):
            settled.add(attempt.segment)
    settled.update(entry.segment for entry in running)
    return {segment: number for segment, number in following.items() if segment not in settled}


def _parts(batch: Batch, recipient: Recipient, unsent: dict[int, int]) -> list[Part]:
    segments = text.segment(recipient.text)
    if len(segments) != recipient.segments or segments.encoding.label != recipient.encoding:
        raise SegmentsDiffer(
            f"campaign {batch.campaign_id}, message {recipient.ordinal}: accepted as {recipient.segments} segments of "
            f"{recipient.encoding}, its text makes {len(segments)} of {segments.encoding.label}; nothing of its "
            "batch is sent. Was the software changed between acceptance and dispatch?"
        )
    short_messages = segments.short_messages(concatenation(batch.campaign_id, recipient.ordinal))
    message = Message(
        batch=batch,
        ordinal=recipient.ordinal,
        msisdn=recipient.msisdn,
        network_id=recipient.network_id,
        zone=recipient.zone,
        segments=recipient.segments,
        reference_base=reference_base(batch.campaign_id, recipient.ordinal),
        data_coding=segments.data_coding,
        esm_class=segments.esm_class,
    )
    return [Part(message, segment, short_messages[segment - 1], attempt) for segment, attempt in unsent.items()]
