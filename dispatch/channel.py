"""One transaction at a time on a connection of its own, driven by the event loop: libpq without blocking, no thread.

The statements go out as one string, which PostgreSQL runs as one transaction, and the rows to COPY right behind.
"""

import asyncio
from collections.abc import Sequence

import psycopg
from psycopg import pq

from dispatch.desk import reason
from outbound import database

# uvloop stops watching a socket without a word when its connection is reset: the end is then seen by looking again
_LOOK_AGAIN = 0.5  # seconds


class ConnectionLost(Exception):
    """The connection ended during the transaction: whether it was committed is unknown until it is looked up."""


class Channel:
    """Opens again when it is used after a loss. Not for concurrent use."""

    def __init__(self, role: str) -> None:
        self._role = role
        self._connection: psycopg.AsyncConnection | None = None
        self._pg: pq.abc.PGconn | None = None
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[list[list[str | None]]] | None = None
        self._copies: list[bytes] = []
        self._rows: list[list[str | None]] = []
        self._error: psycopg.Error | None = None
        self._writing = False
        self._socket = -1

    async def run(self, statements: str, copies: Sequence[bytes] = ()) -> list[list[str | None]]:
        """The first column of the rows of each statement that gives rows, as text. copies: one per COPY, in order.

        psycopg.Error: nothing was committed. ConnectionLost: look up whether it was.
        """
        pg = await self._open()
        self._copies = list(copies)
        self._rows = []
        self._error = None
        done = self._done = self._loop.create_future()
        try:
            pg.send_query(statements.encode())
            self._flush()
        except psycopg.OperationalError as error:
            self._lost(error)
        try:
            while not (await asyncio.wait({done}, timeout=_LOOK_AGAIN))[0]:
                self._read()
        except asyncio.CancelledError:
            done.cancel()
            raise
        return done.result()

    async def close(self) -> None:
        self._forget()

    async def _open(self) -> pq.abc.PGconn:
        if self._pg is not None and self._pg.status == pq.ConnStatus.OK:
            return self._pg
        self._forget()
        self._connection = await database.connect_async(self._role, autocommit=True)
        pg = self._pg = self._connection.pgconn
        pg.nonblocking = 1
        self._socket = pg.socket
        self._loop.add_reader(self._socket, self._read)
        return pg

    def _flush(self) -> None:
        if self._pg is None:
            return
        left = self._pg.flush()
        if bool(left) != self._writing:
            self._writing = bool(left)
            if left:
                self._loop.add_writer(self._socket, self._on_writable)
            else:
                self._loop.remove_writer(self._socket)

    def _on_writable(self) -> None:
        try:
            self._flush()
        except psycopg.OperationalError as error:
            self._lost(error)

    def _read(self) -> None:
        pg = self._pg
        if pg is None:
            return
        try:
            pg.consume_input()
            while self._done is not None and not pg.is_busy():
                result = pg.get_result()
                if result is None:
                    self._finish(pg, self._done)
                else:
                    self._take(pg, result)
        except psycopg.OperationalError as error:
            self._lost(error)

    def _take(self, pg: pq.abc.PGconn, result: pq.abc.PGresult) -> None:
        match result.status:
            case pq.ExecStatus.TUPLES_OK:
                values = (result.get_value(row, 0) for row in range(result.ntuples))
                self._rows.append([None if value is None else value.decode() for value in values])
            case pq.ExecStatus.COPY_IN:
                pg.put_copy_data(self._copies.pop(0))
                pg.put_copy_end()
                self._flush()
            case pq.ExecStatus.FATAL_ERROR:
                if self._error is None:
                    self._error = psycopg.errors.error_from_result(result)
            case _:
                pass

    def _finish(self, pg: pq.abc.PGconn, done: "asyncio.Future[list[list[str | None]]]") -> None:
        if pg.status != pq.ConnStatus.OK or (self._error is not None and _ends_the_connection(self._error)):
            self._lost(self._error or "the connection ended")
            return
        self._done = None
        if done.done():
            return
        if self._error is not None:
            done.set_exception(self._error)
        else:
            done.set_result(self._rows)

    def _lost(self, why: str | psycopg.Error) -> None:
        self._forget()
        done, self._done = self._done, None
        if done is not None and not done.done():
            done.set_exception(ConnectionLost(why if isinstance(why, str) else reason(why)))

    def _forget(self) -> None:
        if self._pg is not None:
            self._loop.remove_reader(self._socket)
            if self._writing:
                self._loop.remove_writer(self._socket)
            self._writing = False
            self._pg.finish()
        self._pg = self._connection = None


def _ends_the_connection(error: psycopg.Error) -> bool:
    """The server is shutting down, was told to end this connection, or lost it (classes 57P and 08)."""
    return (error.sqlstate or "").startswith(("57P", "08"))
