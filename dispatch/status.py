"""What all dispatch workers are doing, from the database alone."""

from typing import Any

from psycopg.rows import dict_row

from outbound import database
from outbound.queries import load

Q = load("dispatch/status")


def overview() -> dict[str, list[dict[str, Any]]]:
    """Heading -> rows."""
    with database.connect("operator") as connection, connection.cursor(row_factory=dict_row) as cursor:
        return {
            "stopped": cursor.execute(load("dispatch/stops").stops.encode()).fetchall(),
            "workers": cursor.execute(Q.workers.encode()).fetchall(),
            "connectors": cursor.execute(Q.connectors.encode()).fetchall(),
            "campaigns": cursor.execute(Q.campaigns.encode()).fetchall(),
            "unmatched receipts": cursor.execute(Q.receipts.encode()).fetchall(),
        }
