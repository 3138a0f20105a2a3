"""A PostgreSQL server of the test's own, to be killed: one database a round, cloned from a migrated template."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from local import postgres
from outbound import database

TEMPLATE = "crash_template"


class Server:
    """The server of one home. uri: of no particular database."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.uri = postgres.ensure(home)
        self._statement(f"create database {TEMPLATE}")
        database.migrate(self.of(TEMPLATE))

    def of(self, name: str) -> str:
        return f"{self.uri.rpartition('/')[0]}/{name}"

    def clone(self, name: str) -> str:
        self._statement(f"create database {name} template {TEMPLATE} strategy file_copy")
        return self.of(name)

    def drop(self, name: str) -> None:
        self._statement(f"drop database if exists {name} with (force)")

    def kill(self) -> None:
        """kill -9 of the postmaster; its other processes notice and end."""
        status = self.home / "postgres" / "data" / "postmaster.pid"
        os.kill(int(status.read_text().splitlines()[0]), signal.SIGKILL)

    def start(self) -> None:
        """Up again, at the address that its clients know."""
        uri = postgres.ensure(self.home)
        assert uri == self.uri, "the server came back at another port"

    def _statement(self, statement: str) -> None:
        with psycopg.connect(self.of("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def server() -> Iterator[Server]:
    """Its home is where PostgreSQL's own user may enter; nothing of it is left at the end."""
    home = Path(tempfile.mkdtemp(prefix="outbound-crash-"))
    home.chmod(0o755)
    try:
        yield Server(home)
    finally:
        postgres.stop(home)
        shutil.rmtree(home, ignore_errors=True)
