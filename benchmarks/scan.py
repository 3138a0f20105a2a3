"""How long a look into every landing zone takes: local folders with thousands of files that nothing says are complete, and
PostgreSQL on this machine.

    python benchmarks/scan.py [--accounts N] [--files N] [--json FILE]

Prints a line a figure (name value unit reference ratio target ok|SHORT) and writes the same as JSON: the first look, which
notes every file; one at which nothing has changed; one at which each account has one new file. reference: seconds that a
look may take.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.figures import status  # noqa: E402
from ingest.scan import scan  # noqa: E402
from local import postgres  # noqa: E402
from outbound import database  # noqa: E402

LONGEST = 10.0  # seconds


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--accounts", type=int, default=100)
    options.add_argument("--files", type=int, default=10_000, help="of each account")
    options.add_argument("--json", type=Path, default=Path(".outbound/benchmarks/scan.json"))
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="outbound-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = os.environ.get("DATABASE_URL") or postgres.ensure(home)
        try:
            figures = run(server, home, chosen.accounts, chosen.files)
        finally:
            postgres.stop(home)
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps(figures, indent=2) + "\n")
    return status(figure["verdict"] for figure in figures)


def run(server: str, home: Path, accounts: int, files: int) -> list[dict[str, Any]]:
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
    uri = server.rpartition("/")[0] + "/" + name
    try:
        database.migrate(uri)
        os.environ |= {"DATABASE_URL": uri, "OUTBOUND_HOME": str(home)}
        zones = [home / "zones" / f"a{n:03}" for n in range(accounts)]
        with psycopg.connect(uri, autocommit=True) as connection:
            open_accounts(connection, accounts)
        for zone in zones:
            fill(zone / "campaigns", files)
        figures = [timed("scan_first"), timed("scan_unchanged")]
        for zone in zones:
            (zone / "campaigns" / "one-more.csv.part").write_bytes(b"")
        return [*figures, timed("scan_one_new_file_an_account")]
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"drop database {name} with (force)".encode())


def open_accounts(connection: psycopg.Connection, count: int) -> None:
    connection.execute(
        "insert into account.legal_entity (name, country, timezone) values ('bench', 'EG', 'Africa/Cairo')"
    )
    connection.execute(
        "insert into account.account (legal_entity_id, name, default_region, landing)"
        " select legal_entity_id, made.name, 'EG', 'zones/' || made.name"
        " from account.legal_entity, lateral (select 'a' || to_char(n, 'fm000') from generate_series(0, %s) as n) as made (name)",
        [count - 1],
    )


def fill(folder: Path, files: int) -> None:
    folder.mkdir(parents=True)
    for n in range(files):
        (folder / f"campaign-of-november-{n:05}.csv").write_bytes(b"")


def timed(name: str) -> dict[str, Any]:
    begin = time.perf_counter()
    scan()
    value = time.perf_counter() - begin
    ratio, verdict = value / LONGEST, "ok" if value <= LONGEST else "SHORT"
    print(f"{name} {value:.2f} s {LONGEST:g} {ratio:.4f} 1 {verdict}", flush=True)
    return {
        "name": name, "value": value, "unit": "s", "reference": LONGEST, "ratio": ratio, "target": 1, "verdict": verdict,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
