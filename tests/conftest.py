"""One PostgreSQL server a run, a migrated template database, and a clone of it for each test that asks."""

import fcntl
import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest

from local import postgres
from outbound import database as operational

TEMPLATE = "outbound_template"


MEMORY = Path("/dev/shm")
LONGEST = ["tests/acceptance/demo/", "tests/integration/dbt/", "tests/acceptance/turnaround/", "tests/exhaustive_money/",
           "tests/integration/billing/", "tests/acceptance/", "tests/integration/", "tests/"]  # fmt: skip
ENOUGH = 4 << 30  # bytes; a run takes less than one GiB


def pytest_configure(config: pytest.Config) -> None:
    """The run's home is made by the first process, and its workers are told where it is.

    It lies in memory where there is enough: a database has 760 files, and a thousand tests have one each. Temporary
    files of the tests lie there too and go with it; `--basetemp` keeps them somewhere else.
    """
    hypothesis.settings.register_profile("any machine", deadline=None)  # a busy one is not a failure
    hypothesis.settings.load_profile("any machine")
    if "OUTBOUND_TEST_HOME" not in os.environ:
        home = Path(tempfile.mkdtemp(prefix="outbound-tests-", dir=MEMORY if _has_room(MEMORY) else None))
        home.chmod(0o755)  # the server's user has to enter it
        temporary = home / "tmp"
        temporary.mkdir()
        temporary.chmod(0o755)
        os.environ["OUTBOUND_TEST_HOME"] = str(home)
        os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)
        os.environ["OUTBOUND_PG_FSYNC"] = "off"
        config.stash[_HOME] = home


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the files, the longest begin first: none is left alone with one at the end."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: next(n for n, start in enumerate(LONGEST) if item.nodeid.startswith(start)))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no search for garbage goes through it again, and few are made."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _has_room(folder: Path) -> bool:
    """Whether the tests' files fit there, and a copy of PostgreSQL's programs could run."""
    if not os.access(folder, os.W_OK):
        return False
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize > ENOUGH and not status.f_flag & os.ST_NOEXEC


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
