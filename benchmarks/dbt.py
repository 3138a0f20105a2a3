"""What a day's build costs on a month's first day and on its thirtieth, closing that month, and the naive full rebuild
beside them; the prepaid fold alone. A real PostgreSQL on this machine.

    python benchmarks/dbt.py [--segments N,N] [--days N] [--accounts N] [--events N] [--json FILE]

segments: accepted, over all days; a history of each size is made, with its campaigns, messages and receipts. Some days
before the month's first are built as well, for a day's receipts and what is overdue come up to three days later. Of the
month the first days and the last are built day by day, what lies between in one build. Prints a line a figure (name value
unit reference ratio target ok|SHORT) and writes the same as JSON.
"""

import argparse
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path = [str(ROOT), *(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT / "benchmarks")]

import psycopg  # noqa: E402

from benchmarks import figures  # noqa: E402
from benchmarks.figures import Figure  # noqa: E402
from benchmarks.history import STATEMENTS, History  # noqa: E402
from billing import closing  # noqa: E402
from billing.build import build  # noqa: E402
from local import postgres  # noqa: E402
from outbound import clock, database  # noqa: E402

FIRST = date(2026, 3, 1)
BEFORE = 4  # days
ALONE = 3  # days at either end of the month that have a build of their own
SETTLING = 3  # days before the last ones that do as well: what is overdue comes from them
LEAST_FOLD, STEADY = 60_000.0, 1.2
WITHIN_REBUILD = 1.0  # a day, and the close of a month, take no longer than everything anew


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--segments", default="10000000,50000000")
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--accounts", type=int, default=20)
    options.add_argument("--events", type=int, default=300_000, help="of the fold alone")
    options.add_argument("--json", type=Path, default=Path(".outbound/benchmarks/dbt.json"))
    chosen = options.parse_args()
    printed: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="outbound-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = os.environ.get("DATABASE_URL") or postgres.ensure(home)
        try:
            for size in (int(number) for number in chosen.segments.split(",")):
                with a_database(server, home) as connection:
                    for figure in measure(connection, size, chosen):
                        print(figure, flush=True)
                        printed.append(figure)
        finally:
            postgres.stop(home)
    figures.write(printed, chosen.json)
    return figures.status(figure.verdict for figure in printed)


@contextmanager
def a_database(server: str, home: Path) -> Iterator[psycopg.Connection]:
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"create database {name}")
        uri = server.rpartition("/")[0] + "/" + name
        os.environ |= {"DATABASE_URL": uri, "OUTBOUND_HOME": str(home)}
        database.migrate(uri)
        with psycopg.connect(uri, autocommit=True) as connection:
            yield connection
        admin.execute(f"drop database {name} with (force)")


def measure(connection: psycopg.Connection, segments: int, chosen: argparse.Namespace) -> Iterator[Figure]:
    """The builds of a month, day by day; then everything anew; then the month's close."""
    history = History(connection, chosen.accounts, segments // (BEFORE + chosen.days))
    last = FIRST + timedelta(days=chosen.days - 1)
    history.begin(FIRST, last)
    began = time.monotonic()
    connection.execute(STATEMENTS["fold"], {"events": chosen.events})
    speed = chosen.events / (time.monotonic() - began)
    yield Figure("fold_events_a_second", speed, "events/s", LEAST_FOLD, 1.0, most=False)

    seconds = []
    for n in range(-BEFORE, chosen.days):
        day = FIRST + timedelta(days=n)
        history.add(day, n + BEFORE)
        if n < ALONE or n >= chosen.days - ALONE - SETTLING - 1:
            as_of = clock.day_start(day + timedelta(days=1), "Africa/Cairo") - timedelta(microseconds=1)
            seconds.append(timed(as_of))
    early, late = sorted(seconds[BEFORE : BEFORE + ALONE])[1], sorted(seconds[-ALONE:])[1]
    size = f"{segments // 1_000_000}M" if segments >= 1_000_000 else str(segments)
    yield Figure(f"day_{chosen.days}_of_{size}", late, "s", early, STEADY)

    after = clock.day_start(last + timedelta(days=1), "Africa/Cairo")
    naive = timed(after, afresh=True)
    yield Figure(f"day_{chosen.days}_beside_full_rebuild_of_{size}", late, "s", naive, WITHIN_REBUILD)

    began = time.monotonic()
    closed = closing.close(f"{FIRST:%Y-%m}", with_earlier=True)
    assert {row["account"] for row in closed} == {f"account-{n}" for n in range(1, chosen.accounts + 1)}, closed
    yield Figure(f"close_beside_full_rebuild_of_{size}", time.monotonic() - began, "s", naive, WITHIN_REBUILD)


def timed(as_of: datetime, *, afresh: bool = False) -> float:
    """A build with its tests, in seconds."""
    began = time.monotonic()
    build(as_of, patience=0, afresh=afresh)
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
