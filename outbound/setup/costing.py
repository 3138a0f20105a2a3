"""The buy rates of a connector in the database: made what a set-up or a file says they are."""

import psycopg

from outbound import queries
from outbound.setup import tables
from outbound.setup.difference import Change, difference, existing, write
from outbound.setup.tables import Rows

Q = queries.load("setup/costs")


def change(connection: psycopg.Connection, connector: str, wanted: Rows) -> list[Change]:
    """Makes wanted all the rates that there are of a connector; each change names it. The connector is there."""
    row = connection.execute(Q.connector, {"name": connector}).fetchone()
    assert row is not None  # noqa: S101  of a connector that was just written or looked up
    (owner,) = row
    kind = tables.BUY_RATE._replace(name=f"buy rate of {connector}")
    changes = difference(kind, existing(connection, kind, owner), wanted)
    write(connection, changes, owner)
    return changes
