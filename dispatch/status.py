"""What all dispatch workers are doing, from the database alone."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.rows import dict_row

from outbound import database
from outbound.queries import load

Q = load("dispatch/status")

LATELY = 10.0  # seconds that the speed is taken over
Row = dict[str, Any]


def overview() -> dict[str, list[Row]]:
    """Heading -> rows."""
    with database.connect("operator") as connection, connection.cursor(row_factory=dict_row) as cursor:
        by_connector: Counter[int] = Counter()
        by_campaign: Counter[int] = Counter()
        for row in cursor.execute(Q.recent, {"seconds": LATELY}).fetchall():
            by_connector[row["connector_id"]] += row["speed"]
            by_campaign[row["campaign_id"]] += row["speed"]
        connectors = cursor.execute(Q.connectors).fetchall()
        now = datetime.now(UTC)
        return {
            "stopped": cursor.execute(load("dispatch/stops").stops).fetchall(),
            "workers": cursor.execute(Q.workers).fetchall(),
            "connectors": [_with_rate(row, by_connector) for row in connectors],
            "campaigns": [_with_end(row, by_campaign, now) for row in cursor.execute(Q.campaigns).fetchall()],
            "backlog": cursor.execute(Q.backlog).fetchall(),
        }


def _with_rate(row: Row, speeds: Mapping[int, float]) -> Row:
    """With the segments a second that it takes now, before the contract's."""
    speed = round(speeds.get(row.pop("connector_id"), 0.0), 1)
    return {name: value for key, value in row.items() for name, value in _inserted(key, value, speed)}


def _inserted(key: str, value: object, speed: float) -> list[tuple[str, object]]:
    return [("rate", speed), (key, value)] if key == "contract" else [(key, value)]


def _with_end(row: Row, speeds: Mapping[int, float], now: datetime) -> Row:
    """With its speed, and when the rest is sent off if it stays like that: not before its last batch is due. None
    where nothing moves."""
    last_due = row.pop("last_due")
    speed = round(speeds.get(row["campaign"], 0.0), 1)
    return {**row, "speed": speed, "expected_end": expected_end(row["unsent"], speed, last_due, now)}


def expected_end(unsent: int, speed: float, last_due: datetime | None, now: datetime) -> datetime | None:
    """last_due: from when on the last of its batches may go."""
    if not unsent:
        return None
    due = None if last_due is None or last_due <= now else last_due
    if not speed:
        return due
    end = now + timedelta(seconds=unsent / speed)
    return end if due is None else max(end, due)
