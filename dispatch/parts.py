"""What is sent: batches, their messages, and the parts (segments) of each with the attempt that is being made."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, eq=False)
class Batch:
    """A leased batch. deadline: the instant on the boot clock after which nothing of it may be written.

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
    deadline: float
    unsettled: int = 0
    untidy: bool = False
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

    def settle(self) -> None:
        """One of them has its committed end."""
        self.unsettled -= 1
        if self.unsettled == 0:
            self.idle.set()

    def set_aside(self) -> None:
        """One of them is not sent now: the batch is planned again once the others have ended."""
        self.untidy = True
        self.settle()

    def stop(self) -> None:
        """Nothing more of it is intended: paused, cancelled, expired, or the worker ends."""
        self.stopped = True

    def lose(self) -> None:
        """The lease is another worker's: nothing is written any more."""
        self.lost = True
        self.stopped = True


@dataclass(slots=True, eq=False)
class Message:
    """What the parts of one message share. refused: a part was rejected for good, so the others are not sent."""

    batch: Batch
    ordinal: int
    msisdn: int
    network_id: int
    zone: str
    segments: int
    reference_base: int
    data_coding: int
    esm_class: int
    refused: bool = False


@dataclass(slots=True, eq=False)
class Part:
    """One segment and its next (or running) attempt. place: in its line; sent_at: when the attempt was written."""

    message: Message
    segment: int
    short_message: bytes
    attempt: int
    serial: int = 0
    place: int = 0
    reference: int = 0
    sent_us: int = 0
    delays: int = 0
