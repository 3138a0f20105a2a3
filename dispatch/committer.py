"""Commits groups of intents or of results: one transaction each, one at a time, until it counts.

A group has a number under a primary key, so that after a lost connection it is looked up before anything of it is
committed again or sent.
"""

import asyncio
from dataclasses import dataclass, field

import psycopg

from dispatch import copying
from dispatch.channel import Channel, ConnectionLost
from dispatch.desk import Desk, reason
from dispatch.parts import Block, Ends
from dispatch.rows import COPY_SUBMISSIONS, integers, intend, submissions
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load

log = logger("dispatch.ledger")
Q = load("dispatch/ledger")

_RETRY_SECONDS = 0.5

Lacking = list[list[int] | None]


class EpochSettled(OutboundError):
    """This worker was taken for dead, and what it had under way is settled. It must not go on under its old number."""


@dataclass(slots=True)
class Gathered:
    """What the next group commits: intents, ends and their rows for COPY as far as they are written."""

    epoch: int
    blocks: list[Block] = field(default_factory=list)
    ends: list[Ends] = field(default_factory=list)
    count: int = 0  # attempts in `ends`
    rows: list[bytes] = field(default_factory=list)
    _written: int = 0  # ends whose rows are there

    def append(self, end: Ends) -> None:
        self.ends.append(end)
        self.count += len(end)

    def write(self) -> None:
        """Writes the rows of the ends that have none yet."""
        ends, self._written = self.ends[self._written :], len(self.ends)
        for end in ends:
            self.rows += submissions(self.epoch, end)


@dataclass(frozen=True, slots=True)
class Group:
    """open_from: every attempt of intents with a lower serial has its end in this group or in a durable one."""

    serial: int
    open_from: int
    content: Gathered


class Committer:
    """On a connection of its own. Not for concurrent use."""

    def __init__(self, epoch: int, channel: Channel, desk: Desk) -> None:
        self._epoch = epoch
        self._channel = channel
        self._desk = desk

    async def commit(self, group: Group) -> Lacking:
        """However often the database goes away. For each block the places of parts that were not intended and may not be
        written; None where the lease is lost, and none of them may."""
        content = group.content
        opening = f"select dispatch.open_group({self._epoch}, {group.serial}, {group.open_from});"
        copy = COPY_SUBMISSIONS + ";" if content.ends else ""
        text = "".join([opening, copy, *(intend(self._epoch, block) for block in content.blocks)])
        content.write()
        copies = [copying.joined(content.rows)] if content.ends else []
        while True:
            try:
                answers = await self._channel.run(text, copies)
                return [None if row[0] is None else [place - 1 for place in integers(row[0])] for row in answers[1:]]
            except ConnectionLost as error:
                log.warning("connection lost around a commit", group=group.serial, reason=reason(error))
            except OutboundError as error:  # the database cannot be reached
                log.warning("no database", group=group.serial, reason=reason(error))
            except psycopg.errors.UniqueViolation:
                log.info("group was committed before", group=group.serial)
            except psycopg.Error as error:
                await self._overcome(error)
                continue
            found = await self._look_up(group)
            if found is not None:
                return found

    async def _look_up(self, group: Group) -> Lacking | None:
        """What the group's commit said, from what it left; None where it was not committed."""
        blocks = group.content.blocks
        while True:
            try:
                if not await self._desk.rows(Q.group_commit, {"epoch": self._epoch, "serial": group.serial}):
                    return None
                rows = await self._desk.rows(
                    Q.intended, {"epoch": self._epoch, "serials": [block.serial for block in blocks]}
                )
                break
            except (psycopg.OperationalError, OutboundError):
                await asyncio.sleep(_RETRY_SECONDS)
        intended: dict[int, set[tuple[int, int]]] = {}
        for serial, ordinal, segment in rows:
            intended.setdefault(serial, set()).add((ordinal, segment))
        return [_lacking(block, intended.get(block.serial, set())) for block in blocks]

    async def _overcome(self, error: psycopg.Error) -> None:
        """Waits, or mends, where the same transaction can succeed later; else raises."""
        state = error.sqlstate or ""
        if state == "OB001":
            raise EpochSettled(
                f"epoch {self._epoch} was taken for dead and settled by another worker; it ends, start it again"
            ) from error
        if state == "23514" and "partition" in str(error):
            log.error("cannot commit: is this machine's clock right?", sqlstate=state, reason=reason(error))
            try:
                await self._desk.rows(Q.ensure_days)
            except (psycopg.OperationalError, OutboundError) as lost:
                log.warning("no database", during="ensure_days", reason=reason(lost))
            await asyncio.sleep(_RETRY_SECONDS)
        elif state.startswith(("40", "53", "55", "57", "58")):  # contention, a full disk, a stopping server
            log.error("cannot commit, trying again", sqlstate=state, reason=reason(error))
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            raise error


def _lacking(block: Block, intended: set[tuple[int, int]]) -> list[int]:
    """The places of the block that were not committed. intended: (ordinal, segment)."""
    parts = zip(block.load.ordinals[block.at].tolist(), block.load.segments[block.at].tolist(), strict=True)
    return [place for place, part in enumerate(parts) if part not in intended]
