"""The one row that a statement is sure to give."""

from typing import Any

import psycopg


def one(connection: psycopg.Connection, query: Any, values: dict[str, Any] | None = None) -> tuple[Any, ...]:
    row = connection.execute(query, values).fetchone()
    if row is None:
        raise LookupError("the statement gave no row")
    return tuple(row)
