"""Connections that only Airflow can give."""

from types import SimpleNamespace

import airflow.sdk
import pytest
from airflow.exceptions import AirflowNotFoundException

from outbound.landing import airflow_connections, login
from outbound.landing.login import Login


def test_a_task_opens_a_zone_with_its_airflow_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(name: str) -> SimpleNamespace:
        if name != "outbound_landing_nile":
            raise AirflowNotFoundException(name)
        return SimpleNamespace(conn_type="sftp", login="drops", password="secret", extra='{"host_key": "SHA256:x"}')

    monkeypatch.setattr(airflow.sdk.Connection, "get", get)
    airflow_connections.provide({})

    try:
        nile, delta = login.of("nile"), login.of("delta")
    finally:
        login.ask(lambda name: None)
    assert nile == Login(user="drops", password="secret", host_key="SHA256:x")
    assert delta == Login()
