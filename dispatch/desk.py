"""A worker's ordinary questions to the database: one connection, one statement at a time, opened again after a loss."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from outbound import database


def reason(error: Exception) -> str:
    """What went wrong, for a log: PostgreSQL's details quote rows, and what it says of wrong data (class 22) values."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        if (error.sqlstate or "").startswith("22"):
            return f"{type(error).__name__} ({error.sqlstate})"
        return error.diag.message_primary
    return str(error).strip() or type(error).__name__


class Desk:
    """Statements commit by themselves; what must stand together goes through `transaction`."""

    def __init__(self, role: str = "dispatch") -> None:
        self._role = role
        self._connection: psycopg.AsyncConnection | None = None
        self._busy = asyncio.Lock()

    async def rows(self, statement: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """The statement's rows, none where it gives none."""
        async with self._busy:
            cursor = await (await self._open()).execute(statement.encode(), parameters)
            return await cursor.fetchall() if cursor.description else []

    async def binary_rows(self, statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The same for many rows: the binary format is read faster."""
        async with self._busy:
            cursor = (await self._open()).cursor(binary=True)
            await cursor.execute(statement.encode(), parameters)
            return await cursor.fetchall()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[psycopg.AsyncConnection]:
        async with self._busy:
            connection = await self._open()
            async with connection.transaction():
                yield connection

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _open(self) -> psycopg.AsyncConnection:
        if self._connection is None or self._connection.closed or self._connection.broken:
            # never prepared: a plan made while the logs were empty would be kept until someone analyses them
            self._connection = await database.connect_async(self._role, autocommit=True, prepare_threshold=None)
        return self._connection
