"""What runs, what waits, what is held and what releases it, by the tables alone: any machine can ask."""

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from outbound import daily_window, database
from outbound.queries import load

Q = load("reports/status")

RELEASED_BY = {
    "BASE_MISMATCH": "a base load (bases/), or an operator's approval",
    "NO_BALANCE": "a recharge (`outbound purchase`); a payment under a credit limit, the next month under a monthly cap",
    "DAILY_LIMIT": "the next day, if it fits then, or an operator's approval",
    "DUPLICATE_CONTENT": "the same file with a new batch_ref in its manifest",
    "DUPLICATE_NAME": "the same file with a new batch_ref in its manifest",
    "MAYBE_TRUNCATED": "the whole file, dropped by rename or with X.done; or an operator's approval",
    "MANIFEST_MISSING": "the file again, with its manifest put there before it",
    "MANIFEST_MISMATCH": "the file and the manifest that belongs to it",
    "LATE_MANIFEST": "an operator's approval; or `outbound campaign cancel`, and manifest and file with a new batch_ref",
    "NOT_APPROVED": "another person of the account, in the portal or by `outbound approve`",
    "GATE_FAILED": "an operator's approval, after a look at its result",
}
OTHERWISE = "an operator's approval"
RELEASES_FILE = "the whole file, dropped by rename or with X.done; or, of a base or opt-outs, `outbound reprocess FILE`"

Rows = list[dict[str, Any]]


def status() -> dict[str, Any]:
    """Everything at one moment: database, workers, connectors, build, files, campaigns, held, held_files, in_doubt, unmatched, money."""
    with database.connect("reporting") as connection, connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("set transaction isolation level repeatable read read only")
        return {
            "database": _database(connection),
            "workers": _rows(cursor, Q.workers),
            "connectors": _rows(cursor, Q.connectors),
            "build": next(iter(_rows(cursor, Q.build)), None),
            "files": _rows(cursor, Q.files),
            "campaigns": [_with_hours(row) for row in _rows(cursor, Q.campaigns)],
            "held": [row | {"released_by": RELEASED_BY.get(row["code"], OTHERWISE)} for row in _rows(cursor, Q.held)],
            "held_files": [row | {"released_by": RELEASES_FILE} for row in _rows(cursor, Q.held_files)],
            "in_doubt": _rows(cursor, Q.doubts),
            "unmatched_receipts": _rows(cursor, Q.unmatched),
            "money": _money(cursor),
        }


def _money(cursor: psycopg.Cursor[dict[str, Any]]) -> Rows:
    """`{"what", "whose", "waiting", "since", "next"}`: only what there is some of; since is null where nobody knows."""
    waiting = _rows(cursor, Q.money)
    (mart,) = _rows(cursor, Q.can_be_rated)
    return waiting + (_rows(cursor, Q.unrated) if mart["is_built"] else [])


def _with_hours(row: dict[str, Any]) -> dict[str, Any]:
    """hours: of a day in which the campaign goes, on the clocks of its account; null is all day."""
    terms = [row.pop(name) for name in ("window_opens", "window_closes", "quiet_hours", "timezone")]
    window = daily_window.of_campaign(*terms)
    return row | {"hours": " ".join(window.written()) if window else None}


def _database(connection: psycopg.Connection) -> str:
    """Where it is, without user and password."""
    parts = conninfo_to_dict(connection.info.dsn)
    version = connection.info.server_version // 10_000
    return f"PostgreSQL {version}, {parts.get('dbname', '')} at {connection.info.host}:{connection.info.port}"


def _rows(cursor: psycopg.Cursor[dict[str, Any]], query: str) -> Rows:
    return cursor.execute(query).fetchall()
