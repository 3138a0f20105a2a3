"""How many submissions a second one dispatch worker makes durable: a real worker process, PostgreSQL with synchronous
commit, and a sink that accepts everything, all on this machine. Each message has a text of its own.

    python benchmarks/dispatch.py [--messages N] [--runs N] [--json FILE]

Prints a line a figure (name value unit reference ratio target ok|SHORT), medians of the runs, and writes JSON.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from local import postgres  # noqa: E402
from outbound import database  # noqa: E402

ISSUE = 5_000.0  # durable submissions a second that one worker makes at least
FIRST = 201_000_000_000


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--messages", type=int, default=100_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--json", type=Path, default=Path(".outbound/benchmarks/dispatch.json"))
    chosen = options.parse_args()
    figures = []
    with tempfile.TemporaryDirectory(prefix="outbound-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        uri = os.environ.get("DATABASE_URL") or postgres.ensure(home)
        try:
            for name, receipts in (("dispatch_submissions", False), ("dispatch_submissions_with_receipts", True)):
                rates = [run(uri, home, chosen.messages, receipts=receipts) for _ in range(chosen.runs)]
                figures.append(figure(name, statistics.median(rates)))
        finally:
            postgres.stop(home)
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


def figure(name: str, value: float) -> dict[str, Any]:
    ratio = value / ISSUE
    verdict = "ok" if ratio >= 1 else "SHORT"
    print(f"{name} {value:.0f} messages/s {ISSUE:.0f} {ratio:.2f} 1.00 {verdict}", flush=True)
    return {
        "name": name, "value": value, "unit": "messages/s", "reference": ISSUE, "ratio": ratio, "target": 1.0,
        "verdict": verdict,
    }  # fmt: skip


def run(server: str, home: Path, messages: int, *, receipts: bool) -> float:
    """Messages a second from the first intent to the last durable answer (or stored receipt)."""
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"create database {name}")
    uri = server.rpartition("/")[0] + "/" + name
    environment = {**os.environ, "DATABASE_URL": uri, "OUTBOUND_HOME": str(home)}
    sink = subprocess.Popen(
        [sys.executable, str(ROOT / "benchmarks" / "sink.py"), *(["--receipts"] if receipts else [])],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        database.migrate(uri)
        port = int(sink.stdout.readline()) if sink.stdout else 0
        with psycopg.connect(uri, autocommit=True) as connection:
            prepare(connection, port, messages)
            worker = subprocess.Popen(
                [sys.executable, "-c", "from outbound.cli import main; main()", "dispatch"],
                cwd=ROOT, env=environment, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                return measure(connection, messages, receipts=receipts)
            finally:
                worker.terminate()
                worker.wait()
    finally:
        sink.kill()
        sink.communicate()
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"drop database {name} with (force)")


def prepare(connection: psycopg.Connection, port: int, messages: int) -> None:
    """One accepted campaign, and a connector to the sink."""
    connection.execute(
        """
        insert into account.legal_entity (name, country, timezone) values ('bench', 'EG', 'Africa/Cairo');
        insert into account.account (legal_entity_id, name, default_region, landing)
        select legal_entity_id, 'bench', 'EG', '-' from account.legal_entity;
        insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)
        select account_id, 'campaign', 'c.csv', 1, 1, sha256('c'), '-', 'command', now() from account.account;
        select dispatch.ensure_message_partition(1);
        """
    )
    connection.execute(
        """
        insert into intake.campaign (
            campaign_id, account_id, file_id, name, sender, rows, messages, segments, received_at, accepted_at, state)
        select 1, account_id, file_id, 'c', 'BENCH', %(n)s, %(n)s, %(n)s, now(), now(), 'accepted' from intake.file
        """,
        {"n": messages},
    )
    connection.execute(
        """
        insert into dispatch.message (
            campaign_id, ordinal, account_id, line, msisdn, msisdn_hash, text, encoding, segments, network_id, zone)
        select 1, n, account_id, n + 1, %(first)s + n, '', 'Dear customer, your balance is ' || n || ' points.',
            'gsm', 1, 1, 'EG'
        from account.account, generate_series(1, %(n)s) as n
        """,
        {"first": FIRST, "n": messages},
    )
    connection.execute(
        "insert into account.base_member (account_id, msisdn) select account_id, msisdn from dispatch.message"
    )
    connection.execute(
        """
        insert into dispatch.connector (name, host, port, system_id, password, "window", routes)
        values ('sink', '127.0.0.1', %s, 'bench', '{"value": "bench"}', 2000, '["20"]')
        """,
        [port],
    )
    connection.execute(
        """
        insert into dispatch.batch (account_id, campaign_id, first_ordinal, size, expires_at)
        select account_id, 1, n, least(5000, %(n)s - n + 1), now() + interval '24 hours'
        from account.account, generate_series(1, %(n)s, 5000) as n
        """,
        {"n": messages},
    )
    connection.execute("vacuum analyze dispatch.message, account.base_member")
    connection.execute("checkpoint")


def measure(connection: psycopg.Connection, messages: int, *, receipts: bool) -> float:
    """From the first intent to the commit of the last result, by the database's clock."""
    table = "receipt" if receipts else "submission"
    while True:
        (done,) = connection.execute(f"select count(*) from dispatch.{table}").fetchone() or (0,)
        if done >= messages:
            break
        time.sleep(0.1)
    (seconds,) = connection.execute(
        """
        select extract(epoch from greatest(max(committed_at), (select max(received_at) from dispatch.receipt))
            - min(committed_at))
        from dispatch.group_commit
        """
    ).fetchone() or (1,)
    return messages / float(seconds)


if __name__ == "__main__":
    sys.exit(main())
