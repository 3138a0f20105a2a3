"""Makes Airflow's database ready, in one interpreter: three commands of its own would pay for its imports three times.

Run as `python -m local.airflow_prepare` with Airflow's configuration in the environment (`local.airflow`, or compose).
Does nothing where the same was done before: Airflow's release, the DAG files and the pools are what they were.
"""

import hashlib
import json
import os
import secrets
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from local.airflow import POOLS


class CannotPrepare(Exception):
    """Airflow's database cannot be made: which, why, and what to do."""


def main() -> None:
    """What `airflow db migrate`, `airflow pools import` and `airflow dags reserialize` do, and what they need first."""
    uri = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "", 1)
    make_database(uri)
    make_password(Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]))
    wanted = fingerprint(Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]))
    with psycopg.connect(uri, autocommit=True) as connection:
        # in the database itself, so that a new one is prepared anew
        connection.execute("create table if not exists outbound_prepared (fingerprint text primary key)")
        if connection.execute("select from outbound_prepared where fingerprint = %s", [wanted]).fetchone() is not None:
            return
        prepare()
        connection.execute("delete from outbound_prepared")
        connection.execute("insert into outbound_prepared values (%s)", [wanted])


def prepare() -> None:
    from airflow.cli.cli_parser import get_parser

    parser = get_parser()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as pools:
        wanted = {"description": "", "include_deferred": False}
        json.dump({name: {"slots": slots, **wanted} for name, slots in POOLS.items()}, pools)
        pools.flush()
        for words in (["db", "migrate"], ["pools", "import", pools.name], ["dags", "reserialize"]):
            arguments = parser.parse_args(words)
            arguments.func(arguments)


def fingerprint(dags: Path) -> str:
    """Of all that the preparation depends on."""
    said = hashlib.sha256(json.dumps([version("apache-airflow"), str(dags), POOLS]).encode())
    for path in sorted(dags.glob("*.py")):
        said.update(path.name.encode() + b"\0" + path.read_bytes())
    return said.hexdigest()


def make_database(uri: str) -> None:
    """Airflow's own database, on the server of ours; made the first time."""
    name = str(conninfo_to_dict(uri)["dbname"])
    try:
        psycopg.connect(uri, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error):
            raise CannotPrepare(f"no connection to Airflow's database {name}: {error}") from error
    else:
        return
    with psycopg.connect(make_conninfo(uri, dbname="postgres"), autocommit=True) as connection:
        try:
            connection.execute(psycopg.sql.SQL("create database {}").format(psycopg.sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            who = connection.info.user
            raise CannotPrepare(
                f"Airflow needs a database {name} beside ours, and {who} may not create it: have an administrator run"
                f" `create database {name} owner {who}`"
            ) from error


def make_password(path: Path) -> None:
    """The password of Airflow's one user, `admin`: the environment's, else a random one; kept once written."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps({"admin": os.environ.get("AIRFLOW_ADMIN_PASSWORD") or secrets.token_urlsafe(12)}))


if __name__ == "__main__":
    try:
        main()
    except CannotPrepare as error:
        sys.exit(f"error: {error}")
