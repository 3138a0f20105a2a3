"""The session log: every bind, refusal and end of a session with its reason and counters (SLA S1's source)."""

import asyncio
import json
from datetime import UTC, datetime

import psycopg

from dispatch.desk import Desk
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("dispatch/sessions")

_KEEP = 10_000  # events that wait for a database that is away


class SessionLog:
    """Events are written behind the sender's back, in order; they never hold it up."""

    def __init__(self, epoch: int, desk: Desk) -> None:
        self._epoch = epoch
        self._desk = desk
        self._waiting: list[tuple[object, ...]] = []
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
        events, self._waiting = self._waiting, []
        try:
            for event in events:
                await self._desk.rows(
                    Q.add_event,
                    dict(
                        zip(
                            ("at", "connector", "epoch", "line", "kind", "reason", "last", "counters"),
                            event,
                            strict=True,
                        )
                    ),
                )
        except (psycopg.OperationalError, OutboundError):
            self._waiting = events + self._waiting

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self.flush()
            if self._waiting:
                self._wake.set()
            await asyncio.sleep(0.5)
