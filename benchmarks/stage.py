"""A database with one accepted campaign and one connector, as large as asked for, and the workers that send it."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psycopg

from outbound import database

ROOT = Path(__file__).resolve().parent.parent
BATCH = 5000


class Leased(NamedTuple):
    """Batches that an epoch holds; path: a line each, batch_id fence first_ordinal."""

    epoch: int
    path: Path


@dataclass
class Stage:
    """uri: of its own database. largest_resident: octets, of the largest worker that ran."""

    uri: str
    home: Path
    connection: psycopg.Connection
    messages: int
    largest_resident: int = field(default=0)

    @classmethod
    @contextmanager
    def made(
        cls, server: str, home: Path, messages: int, *, window: int = 2000, ledger_window: int = 8000
    ) -> Iterator["Stage"]:
        name = f"bench_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f"create database {name}".encode())
        uri = server.rpartition("/")[0] + "/" + name
        try:
            database.migrate(uri)
            with psycopg.connect(uri, autocommit=True) as connection:
                stage = cls(uri, home, connection, messages)
                stage._fill(window, ledger_window)
                yield stage
        finally:
            with psycopg.connect(server, autocommit=True) as admin:
                admin.execute(f"drop database {name} with (force)".encode())

    def _fill(self, window: int, ledger_window: int) -> None:
        values = {"n": self.messages, "batch": BATCH, "window": window, "ledger_window": ledger_window}
        _, *statements = (ROOT / "benchmarks" / "stage.sql").read_text().split("\n\n")
        for statement in statements:
            self.connection.execute(statement.encode(), values if "%(" in statement else None)

    def lease_everything(self) -> Leased:
        """For a submitter that is none of our workers."""
        (epoch,) = self.connection.execute(
            "insert into dispatch.epoch (worker, host, boot_id, pid, journal) values ('c', 'h', 'b', 1, '-')"
            " returning epoch_id"
        ).fetchone() or (0,)
        rows = self.connection.execute(
            "update dispatch.batch set state = 'leased', epoch_id = %s, fence = batch_id, leased_until = now() + interval '1 day'"
            " returning batch_id, fence, first_ordinal",
            [epoch],
        ).fetchall()
        path = self.home / "batches"
        ordered = sorted(rows, key=lambda row: row[2])
        path.write_text("".join(f"{batch} {fence} {first}\n" for batch, fence, first in ordered))
        return Leased(epoch, path)

    def measure(self, port: int, *, workers: int, receipts: bool) -> float:
        """Messages a second from the first intent to the last durable answer, or to the last matched receipt."""
        self.connection.execute("update dispatch.connector set port = %s, enabled = true", [port])
        environment = {**os.environ, "DATABASE_URL": self.uri, "OUTBOUND_HOME": str(self.home)}
        running = [
            subprocess.Popen(
                [sys.executable, "-c", "from outbound.cli import main; main()", "dispatch", "--worker", f"w{n}"],
                cwd=ROOT, env=environment, stderr=subprocess.DEVNULL,
            )
            for n in range(workers)
        ]  # fmt: skip
        table = "receipt_match" if receipts else "submission"
        try:
            while True:
                self._look(running)
                if self._is_sent() and self._count(table) >= self.messages:
                    break
                time.sleep(0.5)
        finally:
            for worker in running:
                worker.terminate()
            for worker in running:
                worker.wait()
        end = (
            "select max(matched_at) from dispatch.receipt_match"
            if receipts
            else "select max(committed_at) from dispatch.group_commit"
        )
        (seconds,) = self.connection.execute(
            f"select extract(epoch from ({end}) - min(committed_at)) from dispatch.group_commit".encode()
        ).fetchone() or (1,)
        return self.messages / float(seconds)

    def _is_sent(self) -> bool:
        """Asked before anything is counted, which reads the whole log."""
        row = self.connection.execute("select from dispatch.batch where state <> 'done' limit 1").fetchone()
        return row is None

    def _count(self, table: str) -> int:
        (count,) = self.connection.execute(f"select count(*) from dispatch.{table}".encode()).fetchone() or (0,)
        return int(count)

    def _look(self, running: "list[subprocess.Popen[bytes]]") -> None:
        for worker in running:
            pages = int(Path(f"/proc/{worker.pid}/statm").read_text().split()[1])
            self.largest_resident = max(self.largest_resident, pages * os.sysconf("SC_PAGE_SIZE"))
