"""What is sent: batches, and the parts (segments) of their messages by columns, with the attempt that each is at."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from dispatch.references import user_message_references

Numbers = npt.NDArray[np.int64]
Small = npt.NDArray[np.int16]
Octets = npt.NDArray[np.uint8]


@dataclass(slots=True, eq=False)
class Batch:
    """A leased batch. priority: lower goes first. rate: of its campaign, segments a second, None = no limit. deadline: the
    instant on the boot clock after which nothing of it may be written. is_stale: something was settled since it was planned.

    Its worker counts here: `unsettled` are the parts that were planned and have no committed end yet.
    """

    batch_id: int
    account_id: int
    campaign_id: int
    first_ordinal: int
    size: int
    fence: int
    expires_at: datetime
    sender: str
    state: str
    priority: int
    deadline: float
    rate: int | None = None
    unsettled: int = 0
    untidy: bool = False
    is_stale: bool = False
    stopped: bool = False
    lost: bool = False
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def expect(self, parts: int) -> None:
        """So many parts were handed to the lines."""
        self.unsettled = parts
        self.untidy = False
        if parts:
            self.idle.clear()
        else:
            self.idle.set()

    def settle(self, parts: int) -> None:
        """So many of them have their committed end."""
        self.unsettled -= parts
        if self.unsettled == 0:
            self.idle.set()

    def set_aside(self, parts: int) -> None:
        """So many of them are not sent now: the batch is planned again once the others have ended."""
        if parts:
            self.untidy = True
            self.settle(parts)

    def stop(self) -> None:
        """Nothing more of it is intended: paused, cancelled, expired, or the worker ends."""
        self.stopped = True

    def lose(self) -> None:
        """The lease is another worker's: nothing is written any more."""
        self.lost = True
        self.stopped = True


@dataclass(slots=True, eq=False)
class Load:
    """The parts of a batch that go over one connector: columns of n, in the order of ordinal and segment.

    counts: the segments of the part's message. attempts: the number of the attempt that is next, or under way. delays:
    how often the carrier asked for patience. refused: a part of the message was rejected for good, so the others are
    not sent. zones: ASCII. tlvs: optional parameters of each, encoded; None where there are none.
    """

    batch: Batch
    ordinals: Numbers
    segments: Numbers
    counts: Numbers
    attempts: Numbers
    msisdns: Numbers
    networks: Numbers
    zones: npt.NDArray[np.bytes_]
    short_messages: list[bytes]
    esm_classes: Octets
    data_codings: Octets
    tlvs: list[bytes] | None = None
    references: Numbers = field(init=False)
    delays: Numbers = field(init=False)
    refused: npt.NDArray[np.bool_] = field(init=False)
    any_refused: bool = False

    def __post_init__(self) -> None:
        self.references = np.zeros(len(self.ordinals), np.int64)
        self.delays = np.zeros(len(self.ordinals), np.int64)
        self.refused = np.zeros(len(self.ordinals), bool)

    def __len__(self) -> int:
        return len(self.ordinals)

    def refer(self, at: Numbers) -> None:
        """The parts at these places get the references of their next attempts."""
        self.references[at] = user_message_references(
            self.batch.campaign_id, self.ordinals[at], self.counts[at], self.segments[at], self.attempts[at]
        )

    def refuse(self, at: Numbers) -> None:
        """These parts were rejected for good: what their messages have left is not sent."""
        several = at[self.counts[at] > 1]
        if len(several):
            self.refused |= np.isin(self.ordinals, self.ordinals[several])
            self.any_refused = True


@dataclass(slots=True, eq=False)
class Block:
    """An intent: parts of one load that are to be written on one line, in order from first_place on.

    at: where they stand in the load; after its commit, of those that it let through. written: how many of these went out;
    the others follow in order, before the instant fresh_until on the boot clock. sent_us, open: of each of them; open
    until its end is known.
    """

    serial: int
    load: Load
    connector_id: int
    line: int
    first_place: int
    at: Numbers
    written: int = 0
    fresh_until: float = 0.0
    sent_us: Numbers = field(init=False)
    open: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self._open()

    def __len__(self) -> int:
        return len(self.at)

    @property
    def batch(self) -> Batch:
        return self.load.batch

    @property
    def unwritten(self) -> int:
        return len(self.at) - self.written

    def keep(self, places: Numbers) -> Numbers:
        """Only these are written; where in the load the others stand. Places count on without those."""
        lacking = np.delete(self.at, places)
        self.at = self.at[places]
        self._open()
        return lacking

    def _open(self) -> None:
        self.sent_us = np.zeros(len(self.at), np.int64)
        self.open = np.ones(len(self.at), bool)


@dataclass(slots=True, eq=False)
class Ends:
    """How attempts of one block ended, all in one way. which: places in the block. state: of dispatch.attempt_state.

    statuses, message_ids, answered_us: of the answers, None where none came; a message id may be empty.
    """

    block: Block
    which: Numbers
    state: str
    transient: bool = False
    statuses: Numbers | None = None
    message_ids: npt.NDArray[np.bytes_] | None = None
    sent_us: Numbers | None = None
    answered_us: int | None = None

    def __len__(self) -> int:
        return len(self.which)

    @property
    def at(self) -> Numbers:
        """Where the parts stand in their load."""
        return self.block.at[self.which]
