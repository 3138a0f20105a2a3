"""A small world for the protocol of dispatch: a database, a carrier and sessions as plain values; no clock, no network.

The database does what the functions of sql/migrations/0001/sending.sql and the queries of recovery do, in as few words as
possible; the carrier knows the truth. What is sent is one batch.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dispatch.plan import Attempt, Open
from dispatch.recovery import OpenAttempt
from dispatch.references import user_message_references

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CAMPAIGN = 7


class Fenced(Exception):
    """The epoch was settled by another worker: it commits nothing more in its own name (OB001)."""


class Try(NamedTuple):
    """An attempt at a segment of a message."""

    ordinal: int
    segment: int
    attempt: int


@dataclass
class Intent:
    epoch: int
    serial: int
    line: int
    first_place: int
    tries: list[Try]


@dataclass
class Epoch:
    journal: Path
    settled: bool = False


@dataclass
class Database:
    """Durable. ends: what was committed of each attempt, (state, transient). settled: what proof made of those in doubt."""

    counts: dict[int, int]  # ordinal -> segments
    ends: dict[Try, tuple[str, bool]] = field(default_factory=dict)
    settled: dict[Try, set[str]] = field(default_factory=dict)
    intents: list[Intent] = field(default_factory=list)
    epochs: dict[int, Epoch] = field(default_factory=dict)
    groups: dict[tuple[int, int], tuple[int, list[Try] | None]] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)
    opted_out: set[int] = field(default_factory=set)
    cancelled: bool = False
    lease: tuple[int, int] | None = None  # epoch, fence
    fences: int = 0

    def state(self, one: Try) -> str:
        state, _ = self.ends[one]
        if state != "in_doubt":
            return state
        proofs = self.settled.get(one, set())
        return next((proof for proof in ("accepted", "not_sent", "unknown") if proof in proofs), "in_doubt")

    def attempts(self) -> list[Attempt]:
        return [Attempt(*one, self.state(one), transient, 1) for one, (_, transient) in self.ends.items()]

    def open_attempts(self) -> list[Open]:
        return [Open(*one) for intent in self.intents for one in intent.tries if one not in self.ends]

    def settle(self, one: Try, state: str) -> None:
        self.settled.setdefault(one, set()).add(state)

    def commit(
        self,
        epoch: int,
        serial: int,
        open_from: int,
        ends: dict[Try, tuple[str, bool]],
        intent: Intent | None,
        fence: int,
    ) -> None:
        """A group: the ends that are known, and an intent, less those who opted out; none where the lease is lost."""
        if self.epochs[epoch].settled:
            raise Fenced
        assert (epoch, serial) not in self.groups, "a group is committed twice"
        for one, end in ends.items():
            assert one not in self.ends, "an attempt has two ends"
            self.ends[one] = end
        kept: list[Try] | None = []
        if intent is not None:
            if self.lease != (epoch, fence):
                kept = None
            elif not self.cancelled:
                kept = [one for one in intent.tries if one.ordinal not in self.opted_out]
                self.drop({one.ordinal for one in intent.tries} & self.opted_out)
                if kept:
                    self.intents.append(Intent(epoch, intent.serial, intent.line, intent.first_place, kept))
        self.groups[epoch, serial] = open_from, kept

    def drop(self, ordinals: set[int]) -> None:
        """Of messages without an attempt that is open or in doubt, what is left is given up."""
        unclear = {one.ordinal for one in self.open_attempts()}
        unclear |= {one.ordinal for one in self.ends if self.state(one) == "in_doubt"}
        self.dropped |= ordinals - unclear

    def left_by(self, epoch: int) -> list[OpenAttempt]:
        """The query open_attempts of sql/queries/dispatch/recovery.sql."""
        groups = [serial for of, serial in self.groups if of == epoch]
        open_from = self.groups[epoch, max(groups)][0] if groups else 0
        return [
            OpenAttempt(
                serial=intent.serial, account_id=1, campaign_id=CAMPAIGN, connector_id=1, message_id_form="as_is", answers={},
                line=intent.line, place=intent.first_place + n, **one._asdict(), segments=self.counts[one.ordinal],
                intended_at=NOW, network_id=1, zone="EG",
            )
            for intent in self.intents
            if intent.epoch == epoch and intent.serial >= open_from
            for n, one in enumerate(intent.tries)
            if one not in self.ends
        ]  # fmt: skip


@dataclass
class Session:
    """A connection. to_carrier: octets on their way, which arrive also when the worker is dead; answers: the way back."""

    line: int
    to_carrier: deque[tuple[int, Try]] = field(default_factory=deque)
    answers: deque[tuple[int, Try, int, bytes]] = field(default_factory=deque)
    stands: bool = True


@dataclass
class Carrier:
    """The truth. receipts: owed, of accepted attempts."""

    accepted: Counter[tuple[int, int]] = field(default_factory=Counter)
    verdicts: dict[Try, int] = field(default_factory=dict)
    receipts: list[Try] = field(default_factory=list)

    def read(self, session: Session, status: int) -> None:
        """Takes the next submission; what it says reaches nobody where the worker is gone."""
        place, one = session.to_carrier.popleft()
        assert one not in self.verdicts, "an attempt is written twice"
        self.verdicts[one] = status
        if status == 0:
            self.accepted[one.ordinal, one.segment] += 1
            self.receipts.append(one)
        if session.stands:
            session.answers.append((place, one, status, b"%d" % len(self.verdicts)))


def reference(counts: dict[int, int], one: Try) -> int:
    """user_message_reference of an attempt."""
    columns = (np.array([number]) for number in (one.ordinal, counts[one.ordinal], one.segment, one.attempt))
    return int(user_message_references(CAMPAIGN, *columns)[0])
