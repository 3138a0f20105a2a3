"""How long a campaign file takes from its copy to the queue: validated against a base of as many members and a tenth as
many opt-outs, landed, indexed, attached, reserved; a real PostgreSQL on this machine. Beside it, in the same run, a raw
COPY of the very rows that landed, index included, and intake as one would write it first.

    python benchmarks/intake.py [--rows N,N] [--flat N,N] [--plain-rows N] [--json FILE]

Prints a line a figure (name value unit reference ratio target ok|SHORT) and writes the same as JSON. The gate's own
process is not timed: it looks at one row, however long the file; nor is the writing of the answer's files, which
follows.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psycopg

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import campaign_files, figures, plain_intake  # noqa: E402
from benchmarks.figures import Figure  # noqa: E402
from ingest import copying, message_rows  # noqa: E402
from local import postgres  # noqa: E402
from outbound import database  # noqa: E402

_BLOCK = 1 << 22
_RESIDENT = 1_000_000_000


class Taken(NamedTuple):
    """seconds from the file's copy to the queue; resident: octets of the process that validated it."""

    campaign_id: int
    seconds: float
    resident: int


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=_numbers, default=[1_000_000, 10_000_000])
    options.add_argument("--flat", type=_numbers, default=[5_000_000, 20_000_000], help="rows whose cost is compared")
    options.add_argument("--plain-rows", type=int, default=50_000, help="rows of the plain intake, which is slow")
    options.add_argument("--json", type=Path, default=Path(".outbound/benchmarks/intake.json"))
    chosen = options.parse_args()
    printed: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="outbound-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = os.environ.get("DATABASE_URL") or postgres.ensure(home)
        try:
            for figure in measure(server, home, chosen.rows, chosen.flat, chosen.plain_rows):
                print(figure, flush=True)
                printed.append(figure)
        finally:
            postgres.stop(home)
    figures.write(printed, chosen.json)
    return figures.status(figure.verdict for figure in printed)


def _numbers(written: str) -> list[int]:
    return [int(number) for number in written.split(",") if number]


def measure(server: str, home: Path, sizes: list[int], flat: list[int], plain_rows: int) -> Iterator[Figure]:
    members = max([*sizes, *flat, plain_rows])
    with Bench.made(server, home, members) as bench:
        plain = bench.plain(plain_rows)
        for rows in sizes:
            yield from bench.beside_copy(rows, plain, quoted=False, target=1.5 if rows >= 10_000_000 else 2.15)
            yield from bench.beside_copy(rows, plain, quoted=True, target=2.5)
        costs = [bench.take(rows, quoted=False).seconds / rows * 1e6 for rows in flat]
        if costs:
            yield Figure(f"us_a_row_{flat[-1]}_to_{flat[0]}", costs[-1], "us", costs[0], 1.1)


class Bench:
    def __init__(self, uri: str, home: Path, connection: psycopg.Connection, base: "np.ndarray") -> None:
        self._uri = uri
        self._home = home
        self._connection = connection
        self._base = base

    @classmethod
    @contextmanager
    def made(cls, server: str, home: Path, members: int) -> Iterator["Bench"]:
        name = f"bench_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"create database {name}".encode())
        uri = server.rpartition("/")[0] + "/" + name
        try:
            database.migrate(uri)
            with psycopg.connect(uri, autocommit=True) as connection:
                bench = cls(uri, home, connection, campaign_files.members(members))
                bench._fill()
                yield bench
        finally:
            with psycopg.connect(server, autocommit=True) as admin:
                admin.execute(f"drop database {name} with (force)".encode())

    def _fill(self) -> None:
        self._connection.execute((ROOT / "benchmarks" / "intake.sql").read_text().encode())
        self._connection.execute(
            "update account.account set defaults = defaults || jsonb_build_object('template', %s::text)",
            [campaign_files.TEMPLATE],
        )
        self._copy_base()
        self._connection.execute(
            "insert into account.opt_out (account_id, msisdn, source)"
            " select account_id, msisdn, 'file' from account.base_member where msisdn % 10 = 0"
        )
        self._connection.execute("vacuum analyze account.base_member, account.opt_out")
        self._run("from ingest import housekeeping; housekeeping.run()")  # which makes the snapshot of the base

    def _copy_base(self) -> None:
        def blocks() -> Iterator[bytes | memoryview]:
            yield copying.HEADER
            for part in np.array_split(self._base, -(-len(self._base) // 500_000)):
                yield copying.rows([np.full(len(part), 1, ">i8"), part.astype(">i8")])
            yield copying.TRAILER

        with self._connection.cursor() as cursor:
            database.copy_in_binary(cursor, "account.base_member", ("account_id", "msisdn"), blocks())

    def plain(self, rows: int) -> float:
        """Microseconds a row."""
        path = self._home / "plain.csv"
        campaign_files.write(path, rows, self._base, quoted=False)
        count, seconds = plain_intake.run(path, self._uri)
        return seconds / count * 1e6

    def beside_copy(self, rows: int, plain: float, *, quoted: bool, target: float) -> Iterator[Figure]:
        how = "quoted" if quoted else "unquoted"
        taken = self.take(rows, quoted=quoted)
        copied = self._raw_copy(taken.campaign_id)
        yield Figure(f"intake_{rows}_{how}", taken.seconds, "s", copied, target)
        if rows >= 10_000_000 and not quoted:
            yield Figure(f"resident_{rows}_{how}", taken.resident / 1e6, "MB", _RESIDENT / 1e6, 1.0)
            yield Figure(f"plain_to_intake_{rows}_{how}", plain, "us", taken.seconds / rows * 1e6, 30, most=False)

    def take(self, rows: int, *, quoted: bool) -> Taken:
        path = self._home / f"c{rows}{'q' if quoted else ''}.csv"
        campaign_files.write(path, rows, self._base, quoted=quoted)
        file_id = self._claim(path)
        path.unlink()
        campaign_id, validating, resident = self._run(_VALIDATE.format(file_id=file_id))
        self._run(f"from ingest.gate import judge; judge({int(campaign_id)})")
        (accepting,) = self._run(_ACCEPT.format(campaign_id=int(campaign_id)))
        return Taken(int(campaign_id), validating + accepting, int(resident))

    def _claim(self, path: Path) -> int:
        (file_id,) = self._run(_CLAIM.format(path=str(path)))
        return int(file_id)

    def _run(self, program: str) -> list[float]:
        """Of a process of its own: the figures that it prints."""
        environment = {**os.environ, "DATABASE_URL": self._uri, "OUTBOUND_HOME": str(self._home)}
        found = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return [float(figure) for figure in found.stdout.split()]

    def _raw_copy(self, campaign_id: int) -> float:
        """Seconds that the rows of a campaign take from a file into a new table of the same kind, with its index."""
        path = self._home / "rows"
        names = ", ".join(message_rows.MESSAGE)
        with self._connection.cursor() as cursor, path.open("wb") as file:
            rows = f"(select {names} from dispatch.message where campaign_id = {campaign_id} order by ordinal)"
            with cursor.copy(f"copy {rows} to stdout with (format binary)".encode()) as out:
                file.writelines(bytes(block) for block in out)
        self._connection.execute("checkpoint")
        begin = time.perf_counter()
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute("create table raw (like dispatch.message including defaults including constraints)")
            with path.open("rb") as file:
                database.copy_in_binary(
                    cursor, "raw", message_rows.MESSAGE, iter(lambda: file.read(_BLOCK), b""), freeze=True
                )
            cursor.execute("alter table raw add primary key (campaign_id, ordinal)")
        seconds = time.perf_counter() - begin
        path.unlink()
        self._connection.execute("drop table raw")
        return seconds


_CLAIM = """
from pathlib import Path
from ingest import accounts, claim
from outbound import database
with database.connect("ingest", autocommit=True) as connection:
    print(claim.claim(connection, accounts.named(connection, "bench"), Path({path!r}), "campaign", "command"))
"""
_VALIDATE = """
import re, time
from ingest import pipeline
begin = time.perf_counter()
campaign_id = pipeline.validate({file_id})
seconds = time.perf_counter() - begin
# not getrusage, whose figure begins with that of the process before exec
(kilobytes,) = re.findall(r"VmHWM:\\s+([0-9]+) kB", open("/proc/self/status").read())
print(campaign_id, seconds, int(kilobytes) * 1024)
"""
_ACCEPT = """
import time
from ingest import acceptance
begin = time.perf_counter()
assert acceptance.decide({campaign_id}) == "accepted"
print(time.perf_counter() - begin)
"""


if __name__ == "__main__":
    sys.exit(main())
