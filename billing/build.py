"""One dbt build: facts to charges, ledger, drafts and SLA figures, for an instant in the past or the future."""

import gc
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from outbound import clock, database, queries
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.settings import settings

log = logger(__name__)
Q = queries.load("billing/builds")

PATIENCE = 10.0


class BuildFailed(OutboundError):
    """A model or a test of the marts failed: which ones, and what each said."""


def build(as_of: datetime | None = None, *, patience: float = PATIENCE, afresh: bool = False) -> dict[str, Any]:
    """Builds the marts and gives `{"build", "as_of", "seconds", "models", "tests", "errors", "disagreements"}`.

    as_of: events after it are left out and expiries up to it have happened; default now. Only drafts depend on it.
    patience: seconds to wait for transactions that are open, so that what was committed before the call is in the
    build; facts behind a longer one come with a later build. One build runs at a time. Raises BuildFailed.
    afresh: everything from nothing, instead of what is new; it comes to the same figures.
    """
    with turn() as connection:
        return build_in_turn(connection, as_of, patience, afresh)


@contextmanager
def turn() -> Iterator[psycopg.Connection]:
    """A connection that keeps every other build waiting: what is read through it belongs to one and the same build."""
    with database.connect("billing", autocommit=True) as connection:
        connection.execute(Q.take_turn)
        yield connection


def build_in_turn(
    connection: psycopg.Connection, as_of: datetime | None = None, patience: float = PATIENCE, afresh: bool = False
) -> dict[str, Any]:
    """`build`, for whoever has the turn."""
    started = time.monotonic()
    _wait_for_open_transactions(connection, patience)
    instant = as_of or clock.now()
    build_id, is_restored = _one(connection, Q.start, {"as_of": instant})
    _analyze()
    try:
        done = dbt(
            "build", "--exclude-resource-type", "unit_test", *(["--full-refresh"] if is_restored or afresh else [])
        )
        figures = done | _findings(connection) | {"seconds": round(time.monotonic() - started, 1)}
    except BaseException as error:
        failure = Jsonb({"error": str(error)})
        connection.execute(Q.finish, {"build": build_id, "outcome": "failed", "figures": failure})
        raise
    connection.execute(Q.finish, {"build": build_id, "outcome": "ok", "figures": Jsonb(figures)})
    log.info("built", build=build_id, as_of=instant.isoformat(), **figures)
    return {"build": build_id, "as_of": instant.isoformat()} | figures


def dbt(command: str, *arguments: str) -> dict[str, int]:
    """Runs a dbt command on this project in this process: `{"models": 40, "tests": 50}`. Raises BuildFailed."""
    result = run_dbt(command, *arguments)
    kinds = Counter(
        "tests" if one.node.resource_type in ("test", "unit_test") else "models" for one in _outcomes(result)
    )
    return {"models": kinds["models"], "tests": kinds["tests"]}


def run_dbt(command: str, *arguments: str, callbacks: Iterable[Callable[[Any], None]] = ()) -> Any:
    """The same with dbt's own result. Arguments outdo what is set here; callbacks are told of every event. Raises BuildFailed."""
    from dbt.cli.main import dbtRunner

    configured = settings()
    state = str(configured.home / "dbt")
    project = str(configured.dbt_project)
    with _connection_variables(), _collecting_seldom():
        result = dbtRunner(callbacks=list(callbacks)).invoke(
            [
                *command.split(),
                *("--project-dir", project, "--profiles-dir", project, "--target-path", state, "--log-path", state),
                *("--no-version-check", "--no-use-colors", "--no-write-json"),
                *("--log-level", "none", "--log-level-file", "none"),  # the results say what failed
                *arguments,
            ]
        )
    failed = [one for one in _outcomes(result) if one.status in ("error", "fail", "runtime error", "warn")]
    if failed or not result.success:
        raise BuildFailed(_complaint(failed, result.exception, str(configured.home / "dbt" / "run")))
    return result


def _outcomes(result: Any) -> list[Any]:
    """What became of each node, of a command that runs some."""
    found = getattr(result.result, "results", None)
    return [one for one in found or [] if hasattr(one, "status")]


def _complaint(failed: list[Any], exception: BaseException | None, where: str) -> str:
    said = [f"{one.node.name}: {' '.join((one.message or one.status).split())}" for one in failed]
    if not said:
        said = [" ".join(str(exception or "dbt ended without a result").split())]
    return (
        f"the marts could not be built: {'; '.join(said)}."
        f" What follows from these still has its figures of before; the SQL is in {where}"
    )


def _wait_for_open_transactions(connection: psycopg.Connection, patience: float) -> None:
    """Until every transaction that was open at the call has ended, or patience has."""
    (seen,) = _one(connection, Q.newest_transaction)
    deadline = time.monotonic() + patience
    while not _one(connection, Q.is_settled, {"seen": seen})[0]:
        if time.monotonic() > deadline:
            log.warning("facts of transactions that are still open come with a later build")
            return
        time.sleep(0.02)


def _analyze() -> None:
    """The models join large tables: planned without statistics, all rows of one with all of another can look cheap."""
    with database.connect(autocommit=True) as owner:
        for (table,) in owner.execute(Q.without_statistics, {}).fetchall():
            with suppress(psycopg.errors.UndefinedTable):  # a partition that retention has dropped meanwhile
                owner.execute(f"analyze {table}".encode())


def _findings(connection: psycopg.Connection) -> dict[str, int]:
    errors, disagreements = _one(connection, Q.findings)
    return {"errors": errors, "disagreements": disagreements}


def _one(connection: psycopg.Connection, query: str, parameters: dict[str, Any] | None = None) -> tuple[Any, ...]:
    row = connection.execute(query, parameters).fetchone()
    assert row is not None  # noqa: S101  every one of these queries gives a row
    return row


@contextmanager
def _connection_variables() -> Iterator[None]:
    """What dbt/profiles.yml reads, for as long as dbt runs; the password is in no file and no log."""
    parts = conninfo_to_dict(database.url())
    variables = {
        "OUTBOUND_DBT_HOST": str(parts.get("host") or "localhost"),
        "OUTBOUND_DBT_PORT": str(parts.get("port") or 5432),
        "OUTBOUND_DBT_USER": str(parts.get("user") or ""),
        "OUTBOUND_DBT_NAME": str(parts.get("dbname") or ""),
        "OUTBOUND_DBT_SSLMODE": str(parts.get("sslmode") or "prefer"),
        "DBT_ENV_SECRET_PASSWORD": str(parts.get("password") or os.environ.get("PGPASSWORD", "")),
    }
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """dbt makes hundreds of thousands of objects and keeps most of them: to look for garbage as often as usual is a sixth of its time."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
