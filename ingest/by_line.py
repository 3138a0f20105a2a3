"""What the database keeps by a file's lines, beside the file's rows: both in order, neither ever whole in memory."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

from ingest.chunk import Chunk

_FETCHED = 10_000  # rows at once


class ByLine:
    """Rows that begin with a line, sorted by it."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, chunk: Chunk) -> dict[int, tuple[Any, ...]]:
        """Those of the chunk's lines, by line; chunks are asked for in the order of the file."""
        found: dict[int, tuple[Any, ...]] = {}
        last = int(chunk.lines[-1])
        while self._next is not None and self._next[0] <= last:
            found[self._next[0]] = self._next
            self._next = next(self._rows, None)
        return found


@contextmanager
def stream(connection: psycopg.Connection, name: str, query: Any, values: Mapping[str, Any]) -> Iterator[ByLine]:
    """The query's rows, fetched as they are asked for. name: of its cursor, another one for each at the same time."""
    with connection.transaction(), connection.cursor(name) as cursor:
        cursor.itersize = _FETCHED
        cursor.execute(query, values)
        yield ByLine(iter(cursor))
