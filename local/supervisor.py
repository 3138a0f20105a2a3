"""Runs the platform's processes on one machine: starts, watches, restarts and ends them, and leaves none behind.

Each process leads a session of its own and carries a mark in its environment. Whatever it starts inherits both, so that
what outlives its parent is found by the one where it has left the other: a new session keeps the mark, a process that
writes its title over its environment keeps the session. A child is told to end should this process be killed.
"""

import os
import shutil
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from outbound import logs
from outbound.errors import OutboundError

log = logs.logger("local.supervisor")

MARK = "OUTBOUND_SUPERVISED"
LOOK_SECONDS = 0.1
FIRST_BACKOFF, LONGEST_BACKOFF = 0.5, 30.0


class ProcessFailed(OutboundError):
    """A process ended before it was ready, or did not become ready in time: which one, and the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """What to run. ready: asked until it is true. order: processes of a lower order are ended first.

    grace: seconds between SIGTERM and SIGKILL. insist: seconds between SIGTERM and a second one, for a program that
    takes the first as "when it suits you". restart: whether it is started again should it end.
    """

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    ready: Callable[[], bool] | None = None
    order: int = 0
    grace: float = 15.0
    insist: float | None = None
    restart: bool = True


@dataclass
class _Running:
    what: Process
    mark: str
    popen: subprocess.Popen[bytes]
    backoff: float = FIRST_BACKOFF
    start_again_at: float | None = None


class Supervisor:
    """`with Supervisor() as running: running.start(...)`; leaving the block ends everything, whatever the reason."""

    def __init__(self) -> None:
        self._processes: dict[str, _Running] = {}
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        # the kernel's word to a child comes when the thread that started it ends: one thread starts all and ends last
        self._spawner = ThreadPoolExecutor(1, "spawner")

    def __enter__(self) -> "Supervisor":
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, what: Process) -> None:
        """Starts a process; it may become ready later: `wait_ready`."""
        with self._lock:
            mark = uuid.uuid4().hex
            self._processes[what.name] = _Running(what, mark, self._spawn(what, mark))
        log.info("started", process=what.name)

    def wait_ready(self, name: str, timeout: float = 60.0, unless: threading.Event | None = None) -> None:
        """Returns once the process says it is ready, or `unless` is set. ProcessFailed: it ended, or took too long."""
        process = self._processes[name]
        ready = process.what.ready or (lambda: True)

        def arrived() -> bool:
            if process.popen.poll() is not None and not process.what.restart:
                raise ProcessFailed(f"{name} ended with {process.popen.returncode}:\n{_tail(process.what.log)}")
            return ready()

        _wait(arrived, f"{name} was not ready", process.what.log, timeout, unless)

    def wait_end(self, name: str, timeout: float = 60.0, unless: threading.Event | None = None) -> None:
        """Returns once a process that runs once has ended well, or `unless` is set. ProcessFailed otherwise."""
        process = self._processes[name]
        _wait(lambda: process.popen.poll() is not None, f"{name} has not ended", process.what.log, timeout, unless)
        if process.popen.returncode:
            raise ProcessFailed(f"{name} ended with {process.popen.returncode}:\n{_tail(process.what.log)}")

    def pid(self, name: str) -> int:
        return self._processes[name].popen.pid

    def kill(self, name: str) -> int:
        """SIGKILL to the process alone, as a crash would be; it is started again. Returns the killed pid."""
        process = self._processes[name]
        pid = process.popen.pid
        process.popen.send_signal(signal.SIGKILL)
        return pid

    def restarts_stop(self) -> None:
        """From here on what ends stays ended."""
        self._ending.set()

    def stop(self) -> None:
        """Ends everything in order; what does not end in its grace is killed, and so is what it left behind."""
        self._ending.set()
        with self._lock:
            for order in sorted({process.what.order for process in self._processes.values()}):
                _end([process for process in self._processes.values() if process.what.order == order])
            self._processes.clear()
        self._spawner.shutdown()
        if self._watcher.is_alive() and threading.current_thread() is not self._watcher:
            self._watcher.join(5)

    def _watch(self) -> None:
        while not self._ending.wait(LOOK_SECONDS):
            with self._lock:
                for process in self._processes.values():
                    self._look_at(process)

    def _look_at(self, process: _Running) -> None:
        if process.popen.poll() is None or not process.what.restart or self._ending.is_set():
            return
        now = time.monotonic()
        if process.start_again_at is None:
            log.warning("ended", process=process.what.name, status=process.popen.returncode, again_in=process.backoff)
            process.start_again_at = now + process.backoff
            process.backoff = min(process.backoff * 2, LONGEST_BACKOFF)
        elif now >= process.start_again_at:
            _kill_left(process)
            process.popen = self._spawn(process.what, process.mark)
            process.start_again_at = None

    def _spawn(self, what: Process, mark: str) -> subprocess.Popen[bytes]:
        return self._spawner.submit(_spawn, what, mark).result()


def _spawn(what: Process, mark: str) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C reaches only this process; `setpriv` has the kernel end it with this."""
    setpriv = shutil.which("setpriv")
    argv = [*([setpriv, "--pdeathsig", "TERM"] if setpriv else []), *what.argv]
    what.log.parent.mkdir(parents=True, exist_ok=True)
    with what.log.open("ab") as output:
        return subprocess.Popen(
            argv, env={**what.env, MARK: mark}, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip


def _end(processes: Sequence[_Running]) -> None:
    for process in processes:
        if process.popen.poll() is None:
            process.popen.terminate()
    since = time.monotonic()
    for process in sorted(processes, key=lambda one: one.what.insist or one.what.grace):
        if process.what.insist is not None and not _ended(process, since + process.what.insist):
            process.popen.terminate()
        if not _ended(process, since + process.what.grace):
            log.warning("killed", process=process.what.name, grace=process.what.grace)
        _kill_left(process)
        process.popen.wait()


def _ended(process: _Running, deadline: float) -> bool:
    try:
        process.popen.wait(max(deadline - time.monotonic(), 0))
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill_left(process: _Running) -> None:
    """SIGKILL to everything of its session, and to everything that inherited the mark, until nothing is left."""
    wanted = f"{MARK}={process.mark}".encode()
    while left := [pid for pid in _pids() if _lives_in(process.popen.pid, pid) or wanted in _environment(pid)]:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _environment(pid: int) -> list[bytes]:
    """Empty for a process that has ended, or is another user's."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _lives_in(session: int, pid: int) -> bool:
    try:
        state, _, _, of_session = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:4]
    except OSError:
        return False
    return int(of_session) == session and state != "Z"


def _wait(
    arrived: Callable[[], bool], otherwise: str, log_file: Path, timeout: float, unless: threading.Event | None
) -> None:
    deadline = time.monotonic() + timeout
    while not arrived() and not (unless is not None and unless.is_set()):
        if time.monotonic() > deadline:
            raise ProcessFailed(f"{otherwise} after {timeout:g} s:\n{_tail(log_file)}")
        time.sleep(LOOK_SECONDS)


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-15:]) if path.exists() else "(no log)"
