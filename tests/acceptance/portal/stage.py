"""A small platform that has run: two customers with campaigns sent, opted out and refused, money and marts; and its portal.

All of it by the product's own commands, against the carrier simulator: what the pages show is what really happened.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

OUTBOUND = str(Path(sys.executable).with_name("outbound"))
PASSWORD = "a long enough password"

PEOPLE = {
    "nile": ["nadia@nile.example", "approver@nile.example", "admin@nile.example"],
    "delta": ["dina@delta.example"],
    "staff": ["finance@example.com", "manager@example.com", "operator@example.com"],
}
MARK = {"nile": "Nilometer", "delta": "Deltoid"}
"""A word that stands in every text, file name and sender of an account, and must never be seen by the other one."""

SETUP = """
legal_entity: {name: Example Telecom, country: EG, timezone: Africa/Cairo, tax_id: "100-200-300"}
networks:
  - {prefix: "2010", operator: Vodafone EG, country: EG, zone: EG}
  - {prefix: "2011", operator: Etisalat EG, country: EG, zone: EG}
connectors:
  - {name: main, host: 127.0.0.1, port: %(port)s, system_id: outbound, password: secret, routes: ["20"]}
staff:
  - {email: finance@example.com, name: Farida Finance, role: finance}
  - {email: manager@example.com, name: Mona Manager, role: manager}
  - {email: operator@example.com, name: Omar Operator, role: operator}
accounts:
  - name: nile
    scheme: prepaid
    currency: EGP
    vat_rate: "0.14"
    default_region: EG
    landing: zones/nile
    senders: [{address: NILOMETER, approved: 2026-01-01}]
    defaults: {sender: NILOMETER}
    rates: [{zone: EG, from: 2026-01-01, rate: "0.10"}]
    users:
      - {email: nadia@nile.example, name: Nadia Nilometer, role: customer}
      - {email: approver@nile.example, name: Amr Nilometer, role: customer_approver}
      - {email: admin@nile.example, name: Aya Nilometer, role: customer_admin}
  - name: delta
    scheme: postpaid
    currency: EGP
    vat_rate: "0.14"
    default_region: EG
    landing: zones/delta
    senders: [{address: DELTOID, approved: 2026-01-01}]
    defaults: {sender: DELTOID}
    credit_limit: "5000"
    rates: [{zone: EG, from: 2026-01-01, rate: "0.20"}]
    users: [{email: dina@delta.example, name: Dina Deltoid, role: customer}]
"""
MEMBERS = {"nile": range(201001000000, 201001000060), "delta": range(201101000000, 201101000060)}
OPTED_OUT = 2


@dataclass(frozen=True)
class Stage:
    """url: of the portal. home: OUTBOUND_HOME. database: its URI."""

    url: str
    home: Path
    database: str

    def row(self, query: str, *values: Any) -> tuple[Any, ...]:
        with psycopg.connect(self.database) as connection:
            return connection.execute(query.encode(), values).fetchone() or (None,)

    def value(self, query: str, *values: Any) -> Any:
        return self.row(query, *values)[0]

    def everybody_has_the_first_one_s_password(self) -> None:
        """One hash takes its time; the command that makes it is tried once."""
        with psycopg.connect(self.database) as connection:
            connection.execute(
                "insert into portal.login (person_id, password_hash) select person.person_id, login.password_hash"
                " from account.person, portal.login where person.person_id <> login.person_id"
            )

    def outbound(self, *command: str, given: str | None = None) -> str:
        """Runs a command as a person at a terminal would, and gives what it printed."""
        done = subprocess.run(
            [OUTBOUND, *command],
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"outbound {' '.join(command)}: {done.stderr}"
        return done.stdout

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"DATABASE_URL": self.database, "OUTBOUND_HOME": str(self.home)}


@contextmanager
def carrier(home: Path) -> Iterator[int]:
    command = [
        OUTBOUND,
        "carrier",
        "--port",
        "0",
        "--receipt-delay",
        "0.05",
        "--rule",
        "07=undeliverable",
        "--rule",
        "08=rejected",
    ]
    with subprocess.Popen(command, cwd=home, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["port"]
        finally:
            process.terminate()


@contextmanager
def portal(stage: Stage) -> Iterator[None]:
    """The portal as its command runs it."""
    port = stage.url.rpartition(":")[2]
    with (stage.home / "portal.log").open("w") as log:
        process = subprocess.Popen([OUTBOUND, "portal", "--port", port], env=stage.environment, stdout=log, stderr=log)
    try:
        _wait(f"{stage.url}/healthz", process)
        yield
    finally:
        process.terminate()
        process.wait(30)


def built(database: str, home: Path) -> Stage:
    """The platform after all that is to be seen has happened; its portal does not run yet."""
    stage = Stage(f"http://127.0.0.1:{_free_port()}", home, database)
    with carrier(home) as port:
        (home / "setup.yaml").write_text(SETUP % {"port": port})
        stage.outbound("apply", str(home / "setup.yaml"))
        stage.outbound("user", "password", PEOPLE["nile"][0], "--password-file", "-", given=f"{PASSWORD}\n")
        stage.everybody_has_the_first_one_s_password()
        stage.outbound("purchase", "--account", "nile", "--units", "500", "--id", "PO-Nilometer-1")
        for account, numbers in MEMBERS.items():
            members = _lines(numbers[::2], "2026-01-01", "ar") + _lines(numbers[1::2], "2026-01-01", "en")
            _ingest(stage, account, "base.csv", "msisdn,consent_date,language\n" + members, kind="base")
            _ingest(stage, account, "optout.csv", "msisdn\n" + _lines(numbers[:OPTED_OUT]), kind="optout")
            for n in (1, 2):
                text = f"{MARK[account]} offer {n}"
                _ingest(
                    stage, account, f"{MARK[account]}-{n}.csv", "msisdn,text\n" + _lines([*numbers, 201209999999], text)
                )
        stage.outbound("dispatch", "--until-idle")
    stage.outbound("build")
    return stage


def _ingest(stage: Stage, account: str, name: str, content: str, kind: str = "campaign") -> None:
    path = stage.home / name
    path.write_text(content)
    stage.outbound("ingest", str(path), "--account", account, "--kind", kind)


def _lines(numbers: Any, *more: str) -> str:
    return "".join(",".join([str(number), *more]) + "\n" for number in numbers)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, "the portal ended: see portal.log in its home"
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"{url} does not answer")
