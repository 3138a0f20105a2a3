"""What a worker's clerk says when something fails that it does again and again."""

import asyncio
from typing import Any

import psycopg
import pytest

from dispatch import worker
from dispatch.connectors import WrongConnector
from outbound.database import NoDatabase


class Heard:
    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []

    def warning(self, event: str, **fields: Any) -> None:
        self.said.append((event, fields))


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (psycopg.OperationalError("gone"), "no database"),
        (NoDatabase("gone"), "no database"),
        (WrongConnector("gone"), "failed, and is tried again"),
    ],
)
def test_only_a_database_that_is_away_is_called_so(
    monkeypatch: pytest.MonkeyPatch, error: Exception, event: str
) -> None:
    heard = Heard()
    monkeypatch.setattr(worker, "log", heard)

    async def story() -> None:
        async def _look() -> None:
            raise error

        one = worker.Worker("w")
        one._every(60, _look)
        await asyncio.sleep(0.01)
        for task in one._tasks:
            task.cancel()

    asyncio.run(story())
    assert heard.said == [(event, {"during": "look", "reason": "gone"})]
