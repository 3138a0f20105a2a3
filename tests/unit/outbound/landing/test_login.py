"""What opens a landing zone comes from the environment, else from the account's Airflow connection."""

import json
from pathlib import Path

import pytest

from outbound.landing import login
from outbound.landing.login import Login, WrongLogin


@pytest.fixture(autouse=True)
def _nobody_asked() -> None:
    login.ask(lambda name: None)


def test_without_a_word_there_is_none() -> None:
    assert login.of("nile") == Login()


def test_the_environment_names_the_account_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_LANDING_NILE_FOODS_2_USER", "drops")
    monkeypatch.setenv("OUTBOUND_LANDING_NILE_FOODS_2_KEY_FILE", "/run/key")

    assert login.of("nile-foods.2") == Login(user="drops", key_file="/run/key")
    assert login.of("nile") == Login()


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("pass word\n")
    monkeypatch.setenv("OUTBOUND_LANDING_NILE_PASSWORD_FILE", str(tmp_path / "secret"))
    assert login.of("nile").password == "pass word"

    monkeypatch.setenv("OUTBOUND_LANDING_NILE_PASSWORD_FILE", str(tmp_path / "none"))
    with pytest.raises(WrongLogin, match=r"OUTBOUND_LANDING_NILE_PASSWORD_FILE: .* cannot be read"):
        login.of("nile")


SFTP = {
    "conn_type": "sftp",
    "login": "drops",
    "password": "p/w@1",
    "extra": {"key_file": "/run/key", "host_key": "SHA256:abc"},
}


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(SFTP),
        json.dumps(SFTP | {"extra": json.dumps(SFTP["extra"])}),
        "sftp://drops:p%2Fw%401@files.example:22/?key_file=%2Frun%2Fkey&host_key=SHA256%3Aabc",
        "sftp://drops:p%2Fw%401@files.example/?__extra__=%7B%22key_file%22%3A%22%2Frun%2Fkey%22%2C%22host_key%22%3A%22SHA256%3Aabc%22%7D",
    ],
)
def test_an_airflow_connection_is_read_in_all_of_its_forms(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OUTBOUND_LANDING_NILE", written)
    wanted = Login(user="drops", password="p/w@1", key_file="/run/key", host_key="SHA256:abc")
    assert login.of("nile") == wanted

    monkeypatch.setenv("OUTBOUND_LANDING_NILE_PASSWORD", "ours")
    assert login.of("nile").password == "ours"


def test_one_of_amazon_holds_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    written = "aws://AK:sec%2Fret@/?endpoint_url=http%3A%2F%2Fminio%3A9000&region_name=eu-west-1"
    monkeypatch.setenv("AIRFLOW_CONN_OUTBOUND_LANDING_NILE", written)
    wanted = Login(access_key_id="AK", secret_access_key="sec/ret", endpoint="http://minio:9000", region="eu-west-1")
    assert login.of("nile") == wanted


def test_who_runs_us_may_bring_a_connection() -> None:
    asked = []

    def lookup(name: str) -> dict[str, object]:
        asked.append(name)
        return SFTP

    login.ask(lookup)
    assert login.of("nile").user == "drops"
    assert asked == ["outbound_landing_nile"]


@pytest.mark.parametrize("written", ["{", '{"extra": "{"}', "sftp://[broken"])
def test_what_is_no_connection_is_refused_without_quoting_it(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OUTBOUND_LANDING_NILE", written)
    with pytest.raises(WrongLogin, match="Airflow connection outbound_landing_nile"):
        login.of("nile")


def test_secrets_are_not_shown() -> None:
    assert "hunter2" not in repr(Login(password="hunter2"))
