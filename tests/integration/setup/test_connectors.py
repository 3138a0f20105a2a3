"""`outbound connector`: one access shown and changed, checked and audited as by a set-up file."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from click.testing import CliRunner, Result

from outbound.setup.apply import apply
from outbound.setup.connector_cli import command

MAIN = {
    "name": "main", "host": "smsc.example", "system_id": "x", "password": "topsecret", "rate": 500,
    "routes": ["20", {"operator": "V", "cost": "0.010", "weight": 3}], "tls": {"ca_file": "ca.pem"},
    "options": {"enquire_link": 15},
}  # fmt: skip
SETUP = {
    "legal_entity": {"name": "Example", "country": "EG", "timezone": "Africa/Cairo"},
    "networks": [{"prefix": "2010", "operator": "V", "country": "EG", "zone": "EG"}],
    "connectors": [MAIN],
}


@pytest.fixture
def file(tmp_path: Path, database: str) -> Path:
    path = tmp_path / "setup.yaml"
    path.write_text(yaml.safe_dump(SETUP))
    apply(path)
    return path


def says(*words: str) -> Result:
    return CliRunner().invoke(command, list(words))


def sees(database: str, query: str) -> Any:
    with psycopg.connect(database) as connection:
        row = connection.execute(query).fetchone()
        return row and row[0]


def test_what_is_set_up_is_shown_without_its_password(file: Path) -> None:
    assert (
        "main  smsc.example:2775  True     transceiver  1         100     500   20 {cost: 0.010" in says("list").output
    )
    shown = says("show", "main").output
    assert "window             100" in shown
    assert "topsecret" not in shown + says("list", "--json").output + says("show", "main", "--json").output


def test_a_change_is_made_audited_and_kept_apart_from_what_is_not_named(file: Path, database: str) -> None:
    result = says(
        "set", "main", "rate=800", 'routes=["20", {prefix: "2010", cost: "0.5"}]', "in_doubt_policy=at_least_once"
    )
    assert result.output.startswith("changed  connector main: rate 500 -> 800, routes ")
    assert sees(database, "select rate from dispatch.connector") == 800
    assert sees(database, "select routes from dispatch.connector") == ["20", {"prefix": "2010", "cost": "0.5"}]
    assert sees(database, "select password from dispatch.connector") == {"value": "topsecret"}
    assert sees(database, "select tls from dispatch.connector") == {"ca_file": str(file.parent / "ca.pem")}
    assert sees(database, "select settings from dispatch.connector") == {"enquire_link": 15}
    action, fields = sees(
        database,
        "select array[to_jsonb(action), detail -> 'fields'] from account.audit where object = 'main'",
    )
    assert (action, fields["rate"]) == ("connector set", [500, 800])
    assert says("set", "main", "rate=800").output == "nothing changed\n"
    assert [change.key for _, change in apply(file)] == [("main",)]


def test_it_is_switched_off_and_on(file: Path, database: str) -> None:
    assert says("disable", "main").output.startswith("changed  connector main: enabled True -> False")
    assert sees(database, "select enabled from dispatch.connector") is False
    says("enable", "main")
    assert sees(database, "select enabled from dispatch.connector") is True


def test_a_password_takes_the_place_of_another_and_is_not_told(file: Path, database: str) -> None:
    result = says("set", "main", "password_env=CARRIER")
    assert result.output.startswith("changed  connector main: password changed")
    assert sees(database, "select password from dispatch.connector") == {"env": "CARRIER"}
    assert says("set", "main", "password=12345678").exit_code == 0
    assert sees(database, "select detail::text from account.audit order by audit_id desc limit 1").count("hidden") == 2
    assert sees(database, "select password from dispatch.connector") == {"value": "12345678"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("other", "rate=1"), "there is no connector other; there are: main"),
        (("main", "rate"), "'rate' sets nothing: write key=value"),
        (("main", "rat=1"), "rat: there is no such key: did you mean rate?"),
        (("main", "name=x"), "name: there is no such key"),
        (("main", "rate=0"), "main.rate: should be greater than or equal to 1; nothing was changed"),
        (("main", "window=x", "rate=0"), "main.window: should be a valid integer"),
        (("main", "routes=[]"), "main: routes is empty"),
        (("main", "routes=[20"), "routes: '[20' cannot be read"),
        (("main", "in_doubt_after=5"), "main: in_doubt_after means something only where"),
        (("main", "password=a", "password_env=b"), "main: give exactly one of password"),
    ],
)
def test_a_wrong_change_is_told_and_nothing_is_changed(
    file: Path, database: str, words: tuple[str, ...], said: str
) -> None:
    result = says("set", *words)
    assert result.exit_code == 1
    assert said in str(result.exception)
    assert sees(database, "select rate from dispatch.connector") == 500
    assert sees(database, "select count(*) from account.audit where action = 'connector set'") == 0
