"""What carriers cost and what currencies are worth come from files: whole or not at all, once, and audited."""

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import yaml

from billing.buying import UnknownConnector, load_buy_rates, load_fx_rates
from outbound.setup.apply import apply
from recipients.listing import WrongList

OUTBOUND = Path(sys.executable).parent / "outbound"
CONNECTORS = [
    {"name": name, "host": "127.0.0.1", "system_id": "x", "password": "p", "routes": ["20"]}
    for name in ("cairo", "riyadh")
]
SETUP = {
    "legal_entity": {"name": "Example", "country": "EG", "timezone": "Africa/Cairo"},
    "networks": [
        {"prefix": "2010", "operator": "Vodafone", "country": "EG", "zone": "EG"},
        {"prefix": "2015", "operator": "WE", "country": "EG", "zone": "EG"},
    ],
    "connectors": CONNECTORS,
}
RATES = """\
From;To;Operator;Prefix;Per;Currency;Rate
2026-01-01;2026-04-24;;;;USD;0.006
2026-04-24;;;;;USD;0.007
2026-01-01;;Vodafone;;delivery;EGP;0.02
2026-01-01;;;201;submission;EGP;0.03
"""


@pytest.fixture
def file(database: str, tmp_path: Path) -> Path:
    (tmp_path / "setup.yaml").write_text(yaml.safe_dump(SETUP))
    apply(tmp_path / "setup.yaml")
    return tmp_path / "rates.csv"


def seen(database: str, query: str) -> list[tuple]:
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


def test_a_file_is_all_that_there_is_of_its_connector(file: Path, database: str) -> None:
    file.write_text(RATES)
    load_buy_rates(file, "riyadh")
    load_buy_rates(file, "cairo")
    assert load_buy_rates(file, "cairo") == (4, [])

    file.write_text(RATES.replace("0.007", "0.008").replace("2026-01-01;;;201;submission;EGP;0.03\n", ""))
    found = load_buy_rates(file, "cairo", dry_run=True)
    told = [(change.verb, change.kind.name, change.key[0]) for change in found.changes]
    assert told == [("changed", "buy rate of cairo", "*"), ("removed", "buy rate of cairo", "+201")]
    assert load_buy_rates(file, "cairo") == found

    rates = (
        "select connector.name, network, per, effective_to::text, currency, buy_rate.rate::text from network.buy_rate"
    )
    assert seen(
        database, f"{rates} join dispatch.connector using (connector_id) where name = 'cairo' order by 2, 4"
    ) == [
        ("cairo", "*", "submission", "2026-04-24", "USD", "0.006000"),
        ("cairo", "*", "submission", None, "USD", "0.008000"),
        ("cairo", "Vodafone", "delivery", None, "EGP", "0.020000"),
    ]
    assert len(seen(database, f"{rates} join dispatch.connector using (connector_id) where name = 'riyadh'")) == 4
    trail = seen(
        database,
        "select object, jsonb_array_length(detail -> 'changes') from account.audit where action = 'load buy rates' order by audit_id",
    )
    assert trail == [("riyadh", 4), ("cairo", 4), ("cairo", 0), ("cairo", 2)]


def test_every_mistake_is_told_with_its_line_and_nothing_is_loaded(file: Path, database: str) -> None:
    file.write_text(
        "from,to,operator,prefix,per,currency,rate\n"
        "2026-01-01,,,,,USD,0.006\n"
        "2026-02-01,,,,,USD,0.006\n"
        "2026-01-01,,Orange,,,USD,0.006\n"
        "2026-01-01,,,20100,,USD,0.006\n"
        "2026-13-01,,,2010,,USD,0.006\n"
        "2026-01-01,,WE,2010,,USD,0.006\n"
        "2026-01-01,,,2010,each,usd,-1\n"
        "2026-01-01,2025-01-01,WE,,,USD,\n"
        "2026-03-01,2025-01-01,WE,,,USD,1\n"
        "2026-01-01,USD,0.006\n"
    )  # fmt: skip
    with pytest.raises(WrongList) as caught:
        load_buy_rates(file, "cairo")
    lines = {line.partition(":")[0].strip(): line for line in str(caught.value).splitlines()[1:]}
    assert list(lines) == [f"line {n}" for n in (2, 4, 5, 6, 7, 8, 9, 10, 11)]
    assert "overlaps the rate of all networks from 2026-02-01" in lines["line 2"]
    assert "no network is of 'Orange'" in lines["line 4"]
    assert "no network's prefix begins with 20100" in lines["line 5"]
    assert "no day" in lines["line 6"]
    assert "give operator or prefix" in lines["line 7"]
    assert "three capital letters" in lines["line 8"]
    assert "rate is missing" in lines["line 9"]
    assert "to is the first day without it" in lines["line 10"]
    assert "has 3 fields, the header has 7" in lines["line 11"]
    assert seen(database, "select count(*) from network.buy_rate") == [(0,)]
    with pytest.raises(UnknownConnector, match="there is no connector main; there are: cairo, riyadh"):
        load_buy_rates(file, "main")


def test_exchange_rates_are_added_and_corrected_and_never_removed(file: Path, database: str) -> None:
    file.write_text("currency,into,from,rate\nUSD,EGP,2026-01-01,47.5\nUSD,EGP,2026-04-24,48\n")
    load_fx_rates(file)
    file.write_text("currency,into,from,rate\nUSD,EGP,2026-04-24,48.123456789\nUSD,EGP,2026-05-01,49\n")
    assert [change.verb for change in load_fx_rates(file).changes] == ["changed", "added"]
    assert load_fx_rates(file).changes == []
    assert [str(row[0]) for row in seen(database, "select rate from network.fx_rate order by effective_from")] == [
        "47.500000000", "48.123456789", "49.000000000",
    ]  # fmt: skip

    file.write_text(
        "currency,into,from,rate\nUSD,USD,2026-01-01,1\nUSD,EGP,2026-01-01,0\nSAR,EGP,2026-01-01,12\nSAR,EGP,2026-01-01,13\n"
    )
    with pytest.raises(WrongList) as caught:
        load_fx_rates(file)
    for said in (
        "line 2: USD into itself needs no rate",
        "line 3: rate should be greater than 0",
        "line 5: SAR into EGP from 2026-01-01 stands in line 4 already",
    ):
        assert said in str(caught.value)


def test_the_commands_say_what_they_changed(file: Path) -> None:
    file.write_text(RATES)
    ran = subprocess.run(
        [OUTBOUND, "buy-rates", "load", file, "--connector", "cairo", "--json"], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert (said["rows"], [one["change"] for one in said["changes"]]) == (4, ["added"] * 4)
    ran = subprocess.run([OUTBOUND, "buy-rates", "load", file, "--connector", "main"], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (1, "error: there is no connector main; there are: cairo, riyadh\n")
    file.write_text("currency,into,from,rate\nUSD,EGP,2026-01-01,47.5\n")
    ran = subprocess.run([OUTBOUND, "fx-rates", "load", file, "--dry-run"], capture_output=True, text=True)
    assert "dry run" in ran.stdout
