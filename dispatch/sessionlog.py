"""The session log: every bind, refusal and end of a session with its reason and counters (SLA S1's source).

A minute in which a session answered has a row: `counters`, or the end of the session, with last_answered_at in it.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import psycopg

from dispatch.desk import Desk
from dispatch.vitals import resources
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load
from smpp.session import Session

log = logger("dispatch.sessionlog")
Q = load("dispatch/sessions")

_KEEP = 10_000  # events that wait for a database that is away: some hours of a dozen sessions


class _Event(NamedTuple):
    at: datetime
    connector: int
    line: int
    kind: str
    reason: str | None
    last: datetime | None
    counters: str


class SessionLog:
    """Events are written behind the sender's back, in order; they never hold it up."""

    def __init__(self, epoch: int, desk: Desk) -> None:
        self._epoch = epoch
        self._desk = desk
        self._waiting: list[_Event] = []
        self._reasons: dict[int, str] = {}
        self._minutes: dict[int, datetime] = {}  # line -> the last minute that has a row
        self._forgotten = 0
        self._wake = asyncio.Event()

    def add(
        self,
        connector_id: int,
        line: int,
        kind: str,
        reason: str | None = None,
        last_answered_at: datetime | None = None,
        counters: Mapping[str, int | float] | None = None,
    ) -> None:
        if len(self._waiting) >= _KEEP:
            self._forgotten += 1
            return
        if self._forgotten:
            log.error("session events were forgotten while the database was away", events=self._forgotten)
            self._forgotten = 0
        self._waiting.append(
            _Event(datetime.now(UTC), connector_id, line, kind, reason, last_answered_at, json.dumps(counters or {}))
        )
        if last_answered_at is not None:
            self._minutes[line] = _minute(last_answered_at)
        if kind == "bind":
            self._reasons.pop(line, None)
        self._wake.set()

    def look(self, connector_id: int, line: int, session: Session) -> None:
        """Each second or so: notes the minute of the session's last answer once, with what the worker takes of the machine."""
        at = session.last_answered_at
        if at is not None and _minute(at) != self._minutes.get(line):
            self.add(connector_id, line, "counters", None, at, {**counts(session), **resources()})

    def is_news(self, line: int, reason: str) -> bool:
        """Whether this line failed for another reason than the last time."""
        news = self._reasons.get(line) != reason
        self._reasons[line] = reason
        return news

    async def flush(self) -> None:
        """Writes what waits; an event leaves once it is written, so that whoever is cut off loses none."""
        events = tuple(self._waiting)
        if not events:
            return
        columns: dict[str, object] = {
            name: list(column) for name, column in zip(_Event._fields, zip(*events, strict=True), strict=True)
        }
        try:
            await self._desk.rows(Q.add_events, columns | {"epoch": self._epoch})
            del self._waiting[: len(events)]
        except (psycopg.OperationalError, OutboundError):
            return

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.flush()
            if self._waiting:
                self._wake.set()
            await asyncio.sleep(0.5)


def counts(session: Session) -> dict[str, int]:
    """What passed since the session began."""
    counters = session.counters
    return {
        "sent": counters.sent,
        "answered": counters.answered,
        "refused": counters.refused,
        "received": counters.received,
        "malformed": counters.malformed,
        "overdue": counters.overdue,
    }


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
