"""The platform's processes on this machine, started in the order in which they need each other."""

import fcntl
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local import airflow, portal
from local.ports import is_free
from local.supervisor import Process, Supervisor
from outbound import database
from outbound.errors import OutboundError
from outbound.settings import Settings

CARRIER_OPTIONS = ["--share", "handset_off=3", "--share", "undeliverable=2", "--share", "expired=2"]


class AlreadyRuns(OutboundError):
    """The platform of this home runs in another terminal: which process, and what to do."""


class PortInUse(OutboundError):
    """Another program has the port that a process of the platform needs: which port, and what to do."""


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Holds the home for one platform: a second one would take the first one's ports and share its files."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "platform.lock").open("a+") as note:
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note.seek(0)
            raise AlreadyRuns(
                f"the platform of {home} runs already (process {note.read().strip() or 'unknown'}): end it with Ctrl-C"
                " in its terminal, or set OUTBOUND_HOME to another folder"
            ) from None
        note.truncate(0)
        note.write(str(os.getpid()))
        note.flush()
        yield


class Platform:
    """Starts stages under a supervisor: `outbound up` and the demo are this and a way to end."""

    def __init__(self, configured: Settings, supervisor: Supervisor) -> None:
        self.settings = configured
        self.supervisor = supervisor
        self._airflow_env: dict[str, str] = {}

    @property
    def carrier(self) -> Path:
        """The simulator's folder: its witness and its figures."""
        return self.settings.home / "carrier"

    def start_carrier(self, port: int, options: list[str] | None = None) -> None:
        """The simulator, on a port of this machine; it knows what it accepted in earlier runs from its witness."""
        if not is_free(port):
            raise PortInUse(
                f"port {port} on 127.0.0.1, which the carrier simulator needs, is in use by another program: end that"
                " program, or choose another port with --carrier-port"
            )
        self.carrier.mkdir(parents=True, exist_ok=True)
        status = self.carrier / "status.json"
        status.unlink(missing_ok=True)
        self.supervisor.start(
            self._command(
                "carrier",
                ["--port", str(port), "--witness", str(self.carrier / "witness.jsonl"), "--status-file", str(status)]
                + (CARRIER_OPTIONS if options is None else options),
                order=2,
                ready=status.exists,
            )
        )

    def start_worker(self, name: str = "worker-1", env: dict[str, str] | None = None) -> None:
        """A dispatch worker; SIGTERM lets it finish what is in flight."""
        self.supervisor.start(self._command("dispatch", ["--worker", name], order=1, env=env, process=name))

    def start_portal(self) -> None:
        """Returns at once; `local.portal.answers` tells when it can be looked at."""
        where = portal.port(self.settings)
        self.supervisor.start(
            self._command("portal", ["--port", str(where)], order=1, ready=lambda: portal.answers(self.settings))
        )

    def start_airflow_preparation(self) -> None:
        self._airflow_env = airflow.environment(self.settings, database.url())
        self.supervisor.start(airflow.preparation(self.settings, self._airflow_env))

    def start_airflow(self, ending: threading.Event | None = None) -> None:
        """Airflow's four, once its database is ready; none where `ending` is set meanwhile.

        The api-server and the scheduler first: they take longest, and the others would only take time from them.
        """
        self.supervisor.wait_end("airflow-prepare", timeout=180, unless=ending)
        if ending is not None and ending.is_set():
            return
        first, second, *others = airflow.processes(self.settings, self._airflow_env)
        self.supervisor.start(first)
        self.supervisor.start(second)
        self.wait_ready(ending)
        if ending is not None and ending.is_set():
            return
        for process in others:
            self.supervisor.start(process)

    def wait_ready(self, ending: threading.Event | None = None) -> None:
        """Returns once Airflow answers, or `ending` is set."""
        if ending is None or not ending.is_set():
            self.supervisor.wait_ready("api-server", timeout=180, unless=ending)

    def _command(
        self,
        command: str,
        words: list[str],
        *,
        order: int,
        ready: Callable[[], bool] | None = None,
        env: dict[str, str] | None = None,
        process: str | None = None,
    ) -> Process:
        """An `outbound` command as a process of the platform."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        name = process or command
        return Process(
            name=name,
            argv=[str(Path(sys.executable).with_name("outbound")), command, *words],
            env={**kept, "OUTBOUND_HOME": str(self.settings.home), **(env or {})},
            log=self.settings.home / "logs" / f"{name}.log",
            ready=ready,
            order=order,
        )
