"""Makes Airflow's database ready, in one interpreter: three commands of its own would pay for its imports three times.

Run as `python -m local.airflow_prepare` with Airflow's configuration in the environment (`local.airflow`, or compose).
"""

import json
import os
import secrets
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from local.airflow import POOLS


def main() -> None:
    """What `airflow db migrate`, `airflow pools import` and `airflow dags reserialize` do, and what they need first."""
    make_database(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "", 1))
    make_password(Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]))

    from airflow.cli.cli_parser import get_parser

    parser = get_parser()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as pools:
        wanted = {"description": "", "include_deferred": False}
        json.dump({name: {"slots": slots, **wanted} for name, slots in POOLS.items()}, pools)
        pools.flush()
        for words in (["db", "migrate"], ["pools", "import", pools.name], ["dags", "reserialize"]):
            arguments = parser.parse_args(words)
            arguments.func(arguments)


def make_database(uri: str) -> None:
    """Airflow's own database, on the server of ours; made the first time."""
    parts = urlsplit(uri)
    name = parts.path.strip("/")
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        if connection.execute("select from pg_database where datname = %s", [name]).fetchone() is None:
            connection.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(name)))


def make_password(path: Path) -> None:
    """The password of Airflow's one user, `admin`: the environment's, else a random one; kept once written."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps({"admin": os.environ.get("AIRFLOW_ADMIN_PASSWORD") or secrets.token_urlsafe(12)}))


if __name__ == "__main__":
    main()
