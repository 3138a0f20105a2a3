"""One PostgreSQL server a run, a migrated template database, and a clone of it for each test that asks."""

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local import postgres
from outbound import database as operational

TEMPLATE = "outbound_template"


def pytest_configure(config: pytest.Config) -> None:
    """The run's home is made by the first process, and its workers are told where it is."""
    if "OUTBOUND_TEST_HOME" not in os.environ:
        home = Path(tempfile.mkdtemp(prefix="outbound-tests-"))
        home.chmod(0o755)  # the server's user has to enter it
        os.environ["OUTBOUND_TEST_HOME"] = str(home)
        os.environ["OUTBOUND_PG_FSYNC"] = "off"
        config.stash[_HOME] = home


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that made the home ends its server, also after a failure or Ctrl-C."""
    home = config.stash.get(_HOME, None)
    if home is not None:
        postgres.stop(home)
        shutil.rmtree(home, ignore_errors=True)
        os.environ.pop("OUTBOUND_TEST_HOME")


_HOME = pytest.StashKey[Path]()


@pytest.fixture(scope="session")
def server() -> str:
    """The URI of a server with a migrated template database: `TEST_DATABASE_URL`'s, or the run's own."""
    home = Path(os.environ["OUTBOUND_TEST_HOME"])
    with (home / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        uri = os.environ.get("TEST_DATABASE_URL") or postgres.ensure(home)
        marker = home / "template.ready"
        if not marker.exists():
            with psycopg.connect(uri, autocommit=True) as connection:
                connection.execute(f"drop database if exists {TEMPLATE}")
                connection.execute(f"create database {TEMPLATE}")
            operational.migrate(_named(uri, TEMPLATE))
            marker.touch()
    return uri


@pytest.fixture
def database(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URI of a fresh, migrated database; this process and its children use it, with a home of their own."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE} strategy file_copy")
    uri = _named(server, name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("DATABASE_URL", uri)
    monkeypatch.setenv("OUTBOUND_HOME", str(home))
    yield uri
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")


def _named(uri: str, name: str) -> str:
    return uri.rpartition("/")[0] + "/" + name
