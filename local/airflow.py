"""Airflow on one machine: its configuration for a home, its own database, and its four processes.

`airflow standalone` leaves processes behind when it is stopped, so the four run under our own supervisor:
the scheduler ends first, the api-server after it.
"""

import base64
import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from local.ports import kept_port, usable_port
from local.supervisor import Process
from outbound.settings import Settings

POOLS = {"ingest": 4, "dispatch": 16, "dbt": 1, "reports": 2}


def environment(configured: Settings, database_url: str) -> dict[str, str]:
    """The variables of every Airflow process of a home. Makes its folder and its keys the first time."""
    home = configured.airflow_home
    home.mkdir(parents=True, exist_ok=True)
    own = secret(home / "secrets.json")
    port = usable_port(home / "port")
    backend = own_database(database_url)
    api = f"http://127.0.0.1:{port}"
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {
        "OUTBOUND_HOME": str(configured.home),
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": str(configured.root / "local" / "airflow_config"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(configured.root / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__FERNET_KEY": own["fernet_key"],
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{api}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": backend.replace("postgresql://", "postgresql+psycopg2://", 1),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": backend.replace("postgresql://", "postgresql+psycopg://", 1),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": api,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": own["secret_key"],
        "AIRFLOW__API_AUTH__JWT_SECRET": own["jwt_secret"],
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "300",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def secret(path: Path) -> dict[str, str]:
    """The keys of this home, made once; mode 600."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(
            json.dumps(
                {
                    "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                    "secret_key": secrets.token_urlsafe(32),
                    "jwt_secret": secrets.token_urlsafe(64),
                }
            )
        )
    found: dict[str, str] = json.loads(path.read_text())
    return found


def login(configured: Settings) -> tuple[str, str]:
    """The user and password of Airflow's page."""
    passwords = json.loads((configured.airflow_home / "passwords.json").read_text())
    return "admin", passwords["admin"]


def url(configured: Settings) -> str:
    return f"http://127.0.0.1:{kept_port(configured.airflow_home / 'port')}"


def preparation(configured: Settings, env: dict[str, str]) -> Process:
    """Makes and migrates Airflow's database, its pools and its password, loads the DAGs; it ends when done."""
    return Process(
        name="airflow-prepare",
        argv=[sys.executable, "-m", "local.airflow_prepare"],
        env=env,
        log=configured.home / "logs" / "airflow-prepare.log",
        restart=False,
    )


def processes(configured: Settings, env: dict[str, str]) -> list[Process]:
    """The four, in the order of starting. Logs of tasks are files of this machine: nobody has to serve them.

    The triggerer waits ten seconds for its triggers when it is told to end, unless it is told twice; they go on at the
    next start either way.
    """
    command = str(Path(sys.executable).with_name("airflow"))

    def process(words: list[str], order: int, **more: Any) -> Process:
        log = configured.home / "logs" / f"airflow-{words[0]}.log"
        return Process(name=words[0], argv=[command, *words], env=env, log=log, order=order, **more)

    return [
        process(["api-server"], 3, ready=lambda: _answers(url(configured) + "/execution/health")),
        process(["scheduler", "--skip-serve-logs"], 0),
        process(["triggerer", "--skip-serve-logs"], 1, insist=1.0),
        process(["dag-processor"], 1),
    ]


def _answers(address: str) -> bool:
    """Also warms the execution API: without it the first task pays for its imports."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def own_database(database_url: str) -> str:
    """The address of Airflow's database, beside ours on the same server; whatever form ours is written in."""
    parts = {name: str(value) for name, value in conninfo_to_dict(database_url).items()}
    host, port = parts.pop("host", "localhost"), parts.pop("port", "5432")
    name = parts.pop("dbname", None) or parts.get("user", "")
    user, password = parts.pop("user", ""), parts.pop("password", None)
    who = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "") + ("@" if user else "")
    if host.startswith("/"):  # a folder of sockets
        parts, place = {**parts, "host": host, "port": port}, ""
    else:
        place = f"{host}:{port}"
    return f"postgresql://{who}{place}/{name}_airflow" + (f"?{urlencode(parts)}" if parts else "")
