"""Whether a contracted rate is kept in every second and used: real dispatch workers, PostgreSQL, and the simulated
carrier on this machine. The proof is the carrier's own record: the instant at which it took each segment.

    python benchmarks/rate.py [--rate N] [--seconds N] [--workers 1,3] [--latency 0,5,20] [--json FILE]

Prints two lines a case (name value unit reference ratio target ok|SHORT): the share of the contract that was used, from
two seconds after the first segment on; and the most segments that any second held. Writes the same as JSON. Answers that
are now quicker, now slower cost part of the rate: a machine that does something else beside it shows less.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.figures import status  # noqa: E402
from local import postgres  # noqa: E402
from local.carrier import process as carrier  # noqa: E402
from outbound import database  # noqa: E402

USED = 0.999
FIRST = 201_000_000_000
SETTLE_SECONDS = 2.0  # in which the first batches are read
READY_SECONDS = 60.0  # for the workers to bind and to share the rate out


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rate", type=int, default=500, help="segments a second")
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--workers", type=_numbers, default=[1, 3])
    options.add_argument("--latency", type=_numbers, default=[0, 5, 20], help="milliseconds to an answer")
    options.add_argument("--json", type=Path, default=Path(".outbound/benchmarks/rate.json"))
    chosen = options.parse_args()
    figures = []
    with tempfile.TemporaryDirectory(prefix="outbound-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = os.environ.get("DATABASE_URL") or postgres.ensure(home)
        try:
            for workers in chosen.workers:
                for latency in chosen.latency:
                    times = run(server, home, chosen.rate, chosen.seconds, workers, latency)
                    figures += judge(f"rate_{workers}_workers_{latency}_ms", times, chosen.rate, chosen.seconds)
        finally:
            postgres.stop(home)
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps(figures, indent=2) + "\n")
    return status(figure["verdict"] for figure in figures)


def _numbers(written: str) -> list[int]:
    return [int(number) for number in written.split(",")]


def judge(case: str, times: list[float], rate: int, seconds: int) -> list[dict[str, Any]]:
    """times: when the carrier took each segment, ascending."""
    begin = bisect_left(times, times[0] + SETTLE_SECONDS)
    during = bisect_left(times, times[0] + SETTLE_SECONDS + seconds) - begin
    most = max(bisect_left(times, at + 1.0) - place for place, at in enumerate(times))
    return [
        _figure(f"{case}_used", during / seconds, "segments/s", rate, USED, short=during / seconds < USED * rate),
        _figure(f"{case}_most", most, "segments_in_a_second", rate, 1.0, short=most > rate),
    ]


def _figure(name: str, value: float, unit: str, reference: int, target: float, *, short: bool) -> dict[str, Any]:
    ratio, verdict = value / reference, "SHORT" if short else "ok"
    print(f"{name} {value:.2f} {unit} {reference} {ratio:.4f} {target} {verdict}", flush=True)
    return {
        "name": name, "value": value, "unit": unit, "reference": reference, "ratio": ratio, "target": target,
        "verdict": verdict,
    }  # fmt: skip


def run(server: str, home: Path, rate: int, seconds: int, workers: int, latency: int) -> list[float]:
    """The carrier's times of a campaign that lasts a little longer than so many seconds."""
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"create database {name}")
    uri = server.rpartition("/")[0] + "/" + name
    try:
        database.migrate(uri)
        with (
            carrier.start(home / name, "--receipt-delay=0.1", f"--latency={latency / 1000}") as smsc,
            psycopg.connect(uri, autocommit=True) as connection,
        ):
            prepare(connection, smsc.port, rate)
            with running(uri, home, workers):
                until_shared(connection, workers, rate)
                accept(connection, rate * (seconds + 10))
                time.sleep(seconds)
                while smsc.status()["accepted"] < rate * (seconds + 3):
                    time.sleep(0.2)
            return sorted(record.at for record in smsc.witness.accepted())
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"drop database {name} with (force)")


@contextlib.contextmanager
def running(uri: str, home: Path, workers: int) -> Iterator[None]:
    environment = {**os.environ, "DATABASE_URL": uri, "OUTBOUND_HOME": str(home)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", "from outbound.cli import main; main()", "dispatch", "--worker", f"w{n}"],
            cwd=ROOT, env=environment, stderr=subprocess.DEVNULL,
        )
        for n in range(workers)
    ]  # fmt: skip
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def prepare(connection: psycopg.Connection, port: int, rate: int) -> None:
    connection.execute(
        """
        insert into account.legal_entity (name, country, timezone) values ('bench', 'EG', 'Africa/Cairo');
        insert into account.account (legal_entity_id, name, default_region, landing)
        select legal_entity_id, 'bench', 'EG', '-' from account.legal_entity;
        insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)
        select account_id, 'campaign', 'c.csv', 1, 1, sha256('c'), '-', 'command', now() from account.account;
        select dispatch.ensure_message_partition(1)
        """
    )
    connection.execute(
        """
        insert into dispatch.connector (name, host, port, system_id, password, rate, routes)
        values ('carrier', '127.0.0.1', %s, 'outbound', '{"value": "secret"}', %s, '["20"]')
        """,
        [port, rate],
    )


def until_shared(connection: psycopg.Connection, workers: int, rate: int) -> None:
    """Every worker is bound and has its share."""
    end = time.monotonic() + READY_SECONDS
    while True:
        row = connection.execute(
            "select count(*), coalesce(sum(rate), 0), min(rate) > 0 and max(effective_at) < clock_timestamp()"
            " from dispatch.rate_share"
        ).fetchone()
        if row == (workers, rate, True):
            break
        if time.monotonic() > end:
            raise SystemExit(f"the workers did not share the rate out within {READY_SECONDS:g} s: {row}")
        time.sleep(0.2)
    time.sleep(1.5)


def accept(connection: psycopg.Connection, messages: int) -> None:
    """One accepted campaign of messages of one segment, in batches of 1,000."""
    values = {"n": messages, "first": FIRST}
    with connection.transaction():
        connection.execute(
            """
            insert into intake.campaign (
                campaign_id, account_id, file_id, name, sender, rows, messages, segments, received_at, accepted_at, state)
            select 1, account_id, file_id, 'c', 'BENCH', %(n)s, %(n)s, %(n)s, now(), now(), 'accepted' from intake.file
            """,
            values,
        )
        connection.execute(
            """
            insert into dispatch.message (
                campaign_id, ordinal, account_id, line, msisdn, text, encoding, segments, network_id, zone)
            select 1, n, account_id, n + 1, %(first)s + n, 'Your balance is ' || n || ' points.', 'gsm', 1, 1, 'EG'
            from account.account, generate_series(1, %(n)s) as n
            """,
            values,
        )
        connection.execute(
            "insert into account.base_member (account_id, msisdn) select account_id, msisdn from dispatch.message"
        )
        connection.execute(
            """
            insert into dispatch.batch (account_id, campaign_id, first_ordinal, size, expires_at)
            select account_id, 1, n, least(1000, %(n)s - n + 1), now() + interval '24 hours'
            from account.account, generate_series(1, %(n)s, 1000) as n
            """,
            values,
        )
        connection.execute("analyze dispatch.message, account.base_member, dispatch.batch")
        connection.execute("notify outbound_dispatch")


if __name__ == "__main__":
    sys.exit(main())
