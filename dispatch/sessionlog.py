"""The session log: every bind, refusal and end of a session with its reason and counters (SLA S1's source)."""

import asyncio
import json
from collections import deque
from datetime import UTC, datetime

import psycopg

from dispatch.desk import Desk
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("dispatch/sessions")

_KEEP = 10_000  # events that wait for a database that is away
_PARAMETERS = ("at", "connector", "epoch", "line", "kind", "reason", "last", "counters")


class SessionLog:
    """Events are written behind the sender's back, in order; they never hold it up."""

    def __init__(self, epoch: int, desk: Desk) -> None:
        self._epoch = epoch
        self._desk = desk
        self._waiting: deque[tuple[object, ...]] = deque()
        self._reasons: dict[int, str] = {}
        self._wake = asyncio.Event()

    def add(
        self,
        connector_id: int,
        line: int,
        kind: str,
        reason: str | None = None,
        last_answered_at: datetime | None = None,
        counters: dict[str, int] | None = None,
    ) -> None:
        if len(self._waiting) < _KEEP:
            self._waiting.append(
                (
                    datetime.now(UTC),
                    connector_id,
                    self._epoch,
                    line,
                    kind,
                    reason,
                    last_answered_at,
                    json.dumps(counters or {}),
                )
            )
        if kind == "bind":
            self._reasons.pop(line, None)
        self._wake.set()

    def is_news(self, line: int, reason: str) -> bool:
        """Whether this line failed for another reason than the last time."""
        news = self._reasons.get(line) != reason
        self._reasons[line] = reason
        return news

    async def flush(self) -> None:
        """Writes what waits; an event leaves once it is written, so that whoever is cut off loses none."""
        try:
            while self._waiting:
                event = self._waiting[0]
                await self._desk.rows(Q.add_event, dict(zip(_PARAMETERS, event, strict=True)))
                if self._waiting and self._waiting[0] is event:
                    self._waiting.popleft()
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
