"""Days of accepted messages of several accounts, as dispatch workers would have logged them, for benchmarks of what reads the log."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import psycopg

from outbound import queries

STATEMENTS = queries.parse((Path(__file__).resolve().parent / "dbt.sql").read_text())


@dataclass(frozen=True)
class History:
    """segments: accepted, a day, over all accounts, which are called account-1 and so on: the even ones are prepaid."""

    connection: psycopg.Connection
    accounts: int
    segments: int

    def begin(self, first: date, last: date) -> None:
        """The accounts with their rates, and room in the log for these days."""
        self.connection.execute(STATEMENTS["accounts"], {"accounts": self.accounts})
        self.connection.execute(
            "select dispatch.ensure_days(%s, %s)", [first - timedelta(days=30), last + timedelta(days=3)]
        )

    def add(self, day: date, n: int) -> None:
        """One campaign of each account on a day, n days after the first of all; its receipts come that day and the next."""
        values = {"accounts": self.accounts, "segments": self.segments, "day": day, "n": n}
        for name in ("campaigns", "partition", "messages", "submissions", "receipts"):
            self.connection.execute(STATEMENTS[name], values)
