"""The embedded server: on demand, kept, restarted after a crash, ended without a trace."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from local import postgres


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("OUTBOUND_PG_FSYNC", "off")
    with tempfile.TemporaryDirectory(prefix="outbound-home-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        yield place / "home"
        postgres.stop(place / "home")


def server_pid(uri: str) -> int:
    with psycopg.connect(uri) as connection:
        (line,) = connection.execute("select pg_read_file('postmaster.pid')").fetchone() or ("",)
    return int(line.splitlines()[0])


def test_a_fresh_home_gets_a_server_that_stays_for_the_next_command(home: Path) -> None:
    first = postgres.ensure(home)
    assert postgres.ensure(home) == first
    assert postgres.running(home)
    assert postgres.stop(home)
    assert not postgres.running(home)
    assert not postgres.stop(home)


def test_after_kill_9_it_starts_again_and_has_kept_what_was_committed(home: Path) -> None:
    uri = postgres.ensure(home)
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("create table kept (n integer)")
        connection.execute("insert into kept values (7)")
    os.kill(server_pid(uri), signal.SIGKILL)
    while postgres.running(home):  # kill does not wait for the end
        time.sleep(0.001)

    again = postgres.ensure(home)

    with psycopg.connect(again) as connection:
        assert connection.execute("select n from kept").fetchone() == (7,)


def test_processes_that_ask_at_once_share_one_server(home: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from local import postgres; print(postgres.ensure(Path(sys.argv[1])))"
    )
    askers = [
        subprocess.Popen([sys.executable, "-c", program, str(home)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = {asker.communicate()[0].strip() for asker in askers}

    assert answers == {postgres.ensure(home)}


def test_no_other_user_of_the_machine_gets_in_without_the_password(home: Path) -> None:
    uri = postgres.ensure(home)
    assert (home / "postgres.password").stat().st_mode & 0o077 == 0
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(uri, password="wrong")


def test_data_of_another_major_version_is_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.ensure(home)
    postgres.stop(home)
    monkeypatch.setenv("OUTBOUND_PG_MAJOR", "16")
    with pytest.raises(postgres.PostgresFailed, match="OUTBOUND_PG_MAJOR=18"):
        postgres.ensure(home)
