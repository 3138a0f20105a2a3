"""What a page reads: one transaction a request, as the role that may see what its visitor may see.

A customer's goes as `outbound_web` with the account named for the transaction: row-level security gives that account's rows
and no others. Staff's goes as `outbound_reporting`. Both are read only and see one moment.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, CursorResult, Engine, RowMapping

from outbound import database
from reports.portal.visitor import Visitor


@cache
def engine(role: str) -> Engine:
    """A pool of connections of a role, for this process."""
    return sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: database.connect(role),
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,
    )


class Reader:
    """Runs named queries (sql/queries/portal) for one visitor. Parameters are psycopg's, `%(name)s`.

    Its transaction begins with the first query, so that a page sees what an action before it has done.
    """

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self._open = ExitStack()
        self._connection: Connection | None = None

    def rows(self, query: str, values: Mapping[str, Any] | None = None) -> list[RowMapping]:
        return list(self._run(query, values).mappings())

    def first(self, query: str, values: Mapping[str, Any] | None = None) -> RowMapping | None:
        return self._run(query, values).mappings().first()

    def value(self, query: str, values: Mapping[str, Any] | None = None) -> Any:
        """The one value of the one row; None without a row."""
        row = self._run(query, values).first()
        return None if row is None else row[0]

    def stream(self, query: str, values: Mapping[str, Any] | None = None) -> Iterator[RowMapping]:
        """Rows one by one, however many, with a cursor of the server."""
        yield from self._run(query, values, stream_results=True, yield_per=2_000).mappings()

    def is_built(self, relation: str) -> bool:
        """Whether a mart exists: before the first build there is none."""
        return bool(self.value("select to_regclass(%(relation)s) is not null", {"relation": relation}))

    def close(self) -> None:
        self._open.close()

    def _run(self, query: str, values: Mapping[str, Any] | None, **options: Any) -> CursorResult[Any]:
        if self._connection is None:
            self._connection = self._begin()
        return self._connection.exec_driver_sql(query, dict(values or {}), execution_options=options)

    def _begin(self) -> Connection:
        account = self.visitor.account_id
        connection = self._open.enter_context(engine("reporting" if account is None else "web").connect())
        self._open.enter_context(connection.begin())
        connection.exec_driver_sql("set transaction isolation level repeatable read read only")
        if account is not None:
            connection.exec_driver_sql(
                "select set_config('outbound.account', %(account)s, true)", {"account": str(account)}
            )
        return connection
