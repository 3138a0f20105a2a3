"""Lets tasks open landing zones with what Airflow keeps in its connections, wherever it keeps them.

DAG files name `provide` as what goes before each task; Airflow is imported when a connection is asked for.
"""

import threading
from collections.abc import Mapping
from typing import Any

from outbound.landing import login

_one_at_a_time = threading.Lock()  # threads of a task share its line to Airflow


def provide(_context: Mapping[str, Any]) -> None:
    """A task's `pre_execute`."""
    login.ask(connection)


def connection(name: str) -> login.Connection | None:
    """An Airflow connection with the keys of its JSON form; None where there is none."""
    from airflow.exceptions import AirflowNotFoundException
    from airflow.sdk import Connection

    try:
        with _one_at_a_time:
            found = Connection.get(name)
    except AirflowNotFoundException:
        return None
    return {"conn_type": found.conn_type, "login": found.login, "password": found.password, "extra": found.extra or {}}
