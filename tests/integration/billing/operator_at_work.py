"""An operator at the command line: accounts by a set-up file, a past by a history file, every answer as text."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from outbound.cli import commands
from outbound.errors import OutboundError

SETUP = """
legal_entity: {name: Example Telecom, country: EG, timezone: Africa/Cairo, approvals: none}
networks: [{prefix: "2010", operator: Vodafone EG, country: EG, zone: EG}]
staff:
  - {email: maha@telecom.example, name: Maha, role: manager}
  - {email: omar@telecom.example, name: Omar, role: finance}
  - {email: nour@telecom.example, name: Nour, role: operator}
accounts:
  - name: nile
    scheme: prepaid
    currency: EGP
    vat_rate: "0.14"
    rates:
      - {zone: EG, from: 2020-01-01, from_unit: 1, rate: "0.12"}
      - {zone: EG, from: 2020-01-01, from_unit: 1000, rate: "0.10"}
      - {zone: EG, from: 2020-01-01, from_unit: 10000, rate: "0.08"}
  - name: delta
    scheme: postpaid
    currency: EGP
    vat_rate: "0.14"
    rates: [{zone: EG, from: 2020-01-01, rate: "0.1005"}]
"""

# What documents are dated by begins at noon: no test sees a midnight between two commands.
FROM_NOON = """
do $do$ begin
    execute format(
        $f$create or replace function billing.clock() returns timestamptz language sql volatile
         as $$select clock_timestamp() + %L::interval$$$f$,
        date_trunc('day', now(), 'Africa/Cairo') + interval '12 hours' - now());
end $do$
"""


@dataclass
class Answer:
    status: int
    output: str
    error: str = ""

    @property
    def json(self) -> Any:
        return json.loads(self.output)


@dataclass
class Operator:
    url: str
    folder: Path

    def run(self, *words: object) -> Answer:
        """What `outbound ...` does and says."""
        result = CliRunner().invoke(commands, [str(word) for word in words])
        if isinstance(result.exception, OutboundError):
            return Answer(1, result.output, str(result.exception))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def does(self, *words: object) -> Any:
        """What a command that succeeds gives as JSON."""
        answer = self.run(*words, "--json")
        assert answer.status == 0, answer
        return answer.json

    def applies(self, setup: str) -> None:
        path = self.folder / "setup.yaml"
        path.write_text(setup)
        answer = self.run("apply", path)
        assert answer.status == 0, answer

    def loads(self, *records: dict[str, Any] | str, account: str | None = None) -> Answer:
        path = self.folder / "history.jsonl"
        path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records))
        return self.run("history", "load", path, *(["--account", account] if account else []), "--json")

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def operator(database: str, tmp_path: Path) -> Operator:
    there = Operator(database, tmp_path)
    there.sql(FROM_NOON)
    there.applies(SETUP)
    return there
