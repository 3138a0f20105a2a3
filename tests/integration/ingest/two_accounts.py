"""Two accounts: `nile`, prepaid, and `delta`, postpaid; the networks of three countries, and one without coverage."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

SETUP = """
insert into account.legal_entity (name, country, timezone) values ('Telecom', 'EG', 'Africa/Cairo');
insert into network.network (prefix, operator, country, zone, covered) values
    ('2010', 'Vodafone', 'EG', 'EG', true), ('2011', 'Etisalat', 'EG', 'EG', true),
    ('2012', 'Orange', 'EG', 'EG', true),
    ('2015', 'WE', 'EG', 'EG', true), ('9665', 'STC', 'SA', 'SA', true),
    ('9715', 'etisalat', 'AE', 'AE', true), ('965', 'Kuwait', 'KW', 'KW', false);
insert into account.account (legal_entity_id, name, default_region, landing, defaults) values
    (1, 'nile', 'EG', 'zones/nile', '{"sender": "NILE"}'), (1, 'delta', 'EG', 'zones/delta', '{"sender": "DELTA"}');
insert into account.term (account_id, effective_from, scheme, currency, vat_rate) values
    (1, '2020-01-01', 'prepaid', 'EGP', 0.14), (2, '2020-01-01', 'postpaid', 'EGP', 0.14);
insert into account.sender (account_id, address, kind, approved_from) values
    (1, 'NILE', 'alphanumeric', '2020-01-01'), (2, 'DELTA', 'alphanumeric', '2020-01-01');
insert into account.rate_row (account_id, zone, effective_from, rate) values
    (1, 'EG', '2020-01-01', 0.10), (2, 'EG', '2020-01-01', 0.20), (2, 'SA', '2020-01-01', 0.45);
"""
ACCOUNTS = {"nile": 1, "delta": 2}


@dataclass
class Platform:
    """The database and the landing zones, for stories."""

    uri: str
    home: Path
    folder: Path

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.uri, autocommit=True, row_factory=dict_row) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def value(self, query: str, *values: Any) -> Any:
        (row,) = self.rows(query, *values)
        return next(iter(row.values()))

    def zone(self, account: str) -> Path:
        return self.home / "zones" / account

    def defaults(self, account: str, **options: Any) -> None:
        """Sets some of an account's defaults."""
        self.rows("update account.account set defaults = defaults || %s where name = %s", json.dumps(options), account)

    def members(self, account: str, numbers: Iterable[int]) -> None:
        self.rows(
            "insert into account.base_member (account_id, msisdn) select %s, unnest(%s::bigint[])",
            ACCOUNTS[account],
            list(numbers),
        )

    def opt_out(self, account: str | None, *numbers: int) -> None:
        self.rows(
            "insert into account.opt_out (account_id, msisdn, source) select %s, unnest(%s::bigint[]), 'operator'",
            ACCOUNTS[account] if account else None,
            list(numbers),
        )

    def buy(self, account: str, units: int, key: str = "PO-1", zones: str = "{EG}") -> None:
        self.rows(
            "insert into account.purchase (account_id, business_key, at, units, rate, zones)"
            " values (%s, %s, now(), %s, 0.1, %s)",
            ACCOUNTS[account],
            key,
            units,
            zones,
        )

    def purchases(self, change: str) -> None:
        """Changes what was bought, as nobody may: a story that begins with other purchases."""
        self.rows("alter table account.purchase disable trigger never_changes")
        self.rows(change)
        self.rows("alter table account.purchase enable always trigger never_changes")

    def file(self, name: str, content: str | bytes, **manifest: Any) -> Path:
        """A file on its sender's disk, with a manifest beside it where options are given (`klass` is `class`)."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        sidecar = path.with_name(f"{name}.manifest.json")
        sidecar.unlink(missing_ok=True)
        if manifest:
            sidecar.write_text(json.dumps(manifest, ensure_ascii=False))
        return path

    def sent(self, campaign: int) -> list[tuple[int, str]]:
        """(number, text) of every message that is queued, in order."""
        rows = self.rows("select msisdn, text from dispatch.message where campaign_id = %s order by ordinal", campaign)
        return [(row["msisdn"], row["text"]) for row in rows]

    def results(self, account: str, suffix: str) -> list[Path]:
        return sorted((self.zone(account) / "results").glob(f"*.{suffix}"))


@pytest.fixture
def platform(database: str, tmp_path: Path) -> Platform:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(SETUP)
    folder = tmp_path / "sender"
    folder.mkdir()
    return Platform(database, tmp_path / "home", folder)


def number(n: int) -> int:
    """The n-th mobile number of Egypt."""
    return 201000000000 + n


@pytest.fixture
def mobile():
    return number
