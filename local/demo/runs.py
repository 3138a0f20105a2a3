"""Runs of the DAGs, started and watched over Airflow's own API, as an operator's program would."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime
from typing import Any, NamedTuple

from local import airflow
from outbound.errors import OutboundError
from outbound.settings import Settings

LOOK_SECONDS = 0.25


class RunFailed(OutboundError):
    """A DAG run failed or did not end: which, and where its log is."""


class Run(NamedTuple):
    run_id: str
    state: str
    started_at: datetime | None
    ended_at: datetime | None


class Runs:
    """Of one home's Airflow."""

    def __init__(self, configured: Settings) -> None:
        self._configured = configured
        self._token: str | None = None

    def start(self, dag: str, run_id: str, conf: dict[str, Any] | None = None) -> None:
        self._ask("POST", f"/dags/{dag}/dagRuns", {"dag_run_id": run_id, "logical_date": None, "conf": conf or {}})

    def find(self, dag: str, run_id: str) -> Run | None:
        found = self._ask("GET", f"/dags/{dag}/dagRuns/{urllib.parse.quote(run_id)}", missing_is_none=True)
        return _run(found) if found else None

    def latest(self, dag: str) -> list[Run]:
        """The newest first."""
        return [_run(one) for one in self._ask("GET", f"/dags/{dag}/dagRuns?order_by=-run_after&limit=20")["dag_runs"]]

    def wait(self, dag: str, run_id: str, timeout: float) -> Run:
        """The run, once it has succeeded. Raises RunFailed."""
        deadline = time.monotonic() + timeout
        while True:
            run = self.find(dag, run_id)
            if run is not None and run.state == "success":
                return run
            self.refuse_failure(dag, run)
            if time.monotonic() > deadline:
                state = run.state if run else "not started"
                raise RunFailed(f"{dag} {run_id} is {state} after {timeout:g} s: {self.where(dag, run_id)}")
            time.sleep(LOOK_SECONDS)

    def refuse_failure(self, dag: str, run: Run | None) -> None:
        if run is not None and run.state == "failed":
            raise RunFailed(f"{dag} {run.run_id} failed: {self.where(dag, run.run_id)}")

    def where(self, dag: str, run_id: str) -> str:
        return f"see {self._configured.airflow_home / 'logs' / f'dag_id={dag}' / f'run_id={run_id}'}"

    def _ask(self, method: str, path: str, body: Any = None, *, missing_is_none: bool = False) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{airflow.url(self._configured)}/api/v2{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._signed_in()}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404 and missing_is_none:
                    return None
                said = error.read().decode(errors="replace")[:300]
            raise RunFailed(f"Airflow answered {method} {path} with {error.code}: {said}") from None
        except OSError as error:
            log = self._configured.home / "logs" / "airflow-api-server.log"
            raise RunFailed(f"Airflow's API did not answer {method} {path}: {error}; see {log}") from error

    def _signed_in(self) -> str:
        if self._token is None:
            user, password = airflow.login(self._configured)
            request = urllib.request.Request(  # noqa: S310
                f"{airflow.url(self._configured)}/auth/token",
                data=json.dumps({"username": user, "password": password}).encode(),
                headers={"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                self._token = str(json.load(answer)["access_token"])
        return self._token


def _run(found: dict[str, Any]) -> Run:
    return Run(found["dag_run_id"], found["state"], _instant(found["start_date"]), _instant(found["end_date"]))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
