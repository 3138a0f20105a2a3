"""docker-compose.yml describes the same platform as `outbound up` does on one machine."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from local import airflow
from outbound.landing.address import Folder, parse
from outbound.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]


@pytest.fixture
def on_one_machine(tmp_path: Path) -> tuple[list[Any], dict[str, str]]:
    configured = Settings(home=tmp_path, database_url="postgresql://outbound:secret@db/outbound")
    environment = airflow.environment(configured, configured.database_url or "")
    return airflow.processes(configured, environment), environment


def test_it_has_the_same_processes_with_the_same_commands(on_one_machine):
    processes, _ = on_one_machine
    for process in processes:
        words = SERVICES[process.name]["command"]
        assert words[: len(process.argv)] == ["airflow", *process.argv[1:]]
    for own in ("dispatch", "portal"):
        assert SERVICES[own]["command"][:2] == ["outbound", own]
    assert set(SERVICES) == {process.name for process in processes} | {
        "postgres", "prepare", "dispatch", "portal", "sftp",
    }  # fmt: skip


def test_airflow_is_configured_by_the_same_settings(on_one_machine):
    _, environment = on_one_machine
    differs = {"AIRFLOW__API__HOST", "AIRFLOW__API__PORT", "AIRFLOW__API__WORKERS", "AIRFLOW__LOGGING__LOGGING_LEVEL"}
    tuned = {name for name in environment if name.startswith(("AIRFLOW__SCHEDULER__", "AIRFLOW__DAG_PROCESSOR__"))}
    wanted = {name for name in environment if name.startswith("AIRFLOW__")} - differs - tuned

    assert wanted <= set(SERVICES["scheduler"]["environment"])


def test_a_customers_sftp_home_is_the_accounts_landing_zone(monkeypatch):
    monkeypatch.setenv("OUTBOUND_HOME", "/var/lib/outbound")
    homes = dict(volume.split(":") for volume in SERVICES["sftp"]["volumes"])
    zones = dict(volume.split(":") for volume in SERVICES["scheduler"]["volumes"])

    assert homes["zones"] == "/home"
    where = parse("zones/nile")
    assert isinstance(where, Folder)
    assert zones["zones"] == str(where.path.parent)
    (user,) = SERVICES["sftp"]["command"]
    assert user.endswith(":10001:10001:campaigns,bases,optouts,results,archive}")


def test_no_secret_is_written_in_it():
    for name in ("POSTGRES_PASSWORD", "AIRFLOW_FERNET_KEY", "AIRFLOW_SECRET_KEY", "AIRFLOW_JWT_SECRET"):
        assert f"${{{name}:?" in (ROOT / "docker-compose.yml").read_text()
