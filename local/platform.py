"""The platform's processes on this machine, started in the order in which they need each other."""

import os
import sys
import threading
from pathlib import Path

from local import airflow
from local.supervisor import Process, Supervisor
from outbound import database
from outbound.settings import Settings

CARRIER_OPTIONS = ["--share", "handset_off=3", "--share", "undeliverable=2", "--share", "expired=2"]


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
        self.carrier.mkdir(parents=True, exist_ok=True)
        status = self.carrier / "status.json"
        status.unlink(missing_ok=True)
        self.supervisor.start(
            self._command(
                "carrier",
                ["--port", str(port), "--witness", str(self.carrier / "witness.jsonl"), "--status-file", str(status)]
                + (CARRIER_OPTIONS if options is None else options),
                order=2,
                ready_file=status,
            )
        )

    def start_worker(self, name: str = "worker-1", env: dict[str, str] | None = None) -> None:
        """A dispatch worker; SIGTERM lets it finish what is in flight."""
        self.supervisor.start(self._command("dispatch", ["--worker", name], order=1, env=env, process=name))

    def start_airflow_preparation(self) -> None:
        self._airflow_env = airflow.environment(self.settings, database.url())
        self.supervisor.start(airflow.preparation(self.settings, self._airflow_env))

    def start_airflow(self, ending: threading.Event | None = None) -> None:
        """Airflow's four, once its database is ready; none where `ending` is set meanwhile."""
        self.supervisor.wait_end("airflow-prepare", timeout=180, unless=ending)
        if ending is not None and ending.is_set():
            return
        for process in airflow.processes(self.settings, self._airflow_env):
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
        ready_file: Path | None = None,
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
            ready=ready_file.exists if ready_file else None,
            order=order,
        )
