"""Whatever comes in whatever order, what a build leaves as it was is what it would have made anew.

Random histories of many accounts: facts in any order, late usage, closes in between, reversals of old usages, rates
and terms that change, builds for instants to and fro, builds that die midway. After every build its tables are
compared, row by row, with those of a full refresh of the same facts, made in a copy of the database.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

import psycopg
import pytest

from billing.build import Q, dbt
from tests.integration.dbt import histories
from tests.integration.dbt.conftest import Books, cairo

ROUNDS = int(os.environ.get("RENEWAL_ROUNDS", "4"))
SEED = int(os.environ.get("RENEWAL_SEED", "20280229"))
ACCOUNTS, FACTS = 15, 60

# what a build says of itself rather than of the books
_OF_THE_BUILD = {"int_stale", "int_basis", "int_prepaid_fold", "int_recount_days", "int_attempts_new"}
_COLUMNS = """
    select columns.table_schema || '.' || columns.table_name, string_agg(quote_ident(column_name), ', ' order by ordinal_position)
    from information_schema.columns
    where table_schema in ('intermediate', 'finance')
      and column_name <> 'found_below'
    group by 1
"""
IN_ORDER = [
    "watermark", "stg_submissions", "stg_settlements", "stg_past_usage", "stg_purchases", "stg_adjustments", "int_basis",
    "int_late_usage", "int_stale", "charges", "int_past_charges", "int_postpaid_days", "int_postpaid_usage",
    "int_graduated_usage", "int_prepaid_orders", "int_prepaid_events", "int_prepaid_fold", "int_prepaid_movements",
    "int_prepaid_postings", "int_recount_days", "int_recount", "int_rated_usage", "ledger_entries", "reconciliation",
]  # fmt: skip


def rows(url: str) -> dict[str, Counter[str]]:
    with psycopg.connect(url) as reader:
        tables = dict(reader.execute(_COLUMNS).fetchall())
        found = {
            table: Counter(row[0] for row in reader.execute(f"select ({columns})::text from {table}"))
            for table, columns in tables.items()
            if table.split(".")[1] not in _OF_THE_BUILD
        }
        checkpoints = "select (account_id, day, n, digits, state)::text from billing.prepaid_checkpoint"
        found["billing.prepaid_checkpoint"] = Counter(row[0] for row in reader.execute(checkpoints))
    return found


@contextmanager
def a_copy(books: Books) -> Iterator[str]:
    """The URL of the database as it is, to be spoilt."""
    server, _, name = books.url.rpartition("/")
    copy = f"{name}_copy"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f"drop database if exists {copy} with (force)")
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> %s",
            [name, books.connection.info.backend_pid],
        )
        books.connection.close()
        admin.execute(f"create database {copy} template {name} strategy file_copy")
        books.connection = psycopg.connect(books.url, autocommit=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DATABASE_URL", f"{server}/{copy}")
            # what dbt has parsed holds for one database: with a home of its own neither parses anew each time
            patch.setenv("OUTBOUND_HOME", os.environ["OUTBOUND_HOME"] + "-copy")
            yield f"{server}/{copy}"
        admin.execute(f"drop database {copy} with (force)")


def differences(books: Books, as_of: datetime) -> list[str]:
    """Rows that a build has left or made, and a full refresh for the same instant has not, or the other way round."""
    kept = rows(books.url)
    with a_copy(books) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            make(connection, as_of, "--full-refresh")
        fresh = rows(url)
    assert kept.keys() == fresh.keys()
    return [
        f"{table} {sign} {row}"
        for table in sorted(kept)
        for sign, more, less in (("kept", kept, fresh), ("fresh", fresh, kept))
        for row in (more[table] - less[table]).elements()
    ]


def make(connection: psycopg.Connection, as_of: datetime, *how: str) -> None:
    """A build of the books that came to its end, without its tests."""
    build_id, _ = connection.execute(Q.start, {"as_of": as_of}).fetchone() or (0, False)
    dbt("run", "--select", "+path:models/finance", *how)
    connection.execute(Q.finish, {"build": build_id, "outcome": "ok", "figures": "{}"})


def die_midway(books: Books, rng: random.Random, as_of: datetime) -> str:
    """A build that is killed after some of its models."""
    books.connection.execute(Q.start, {"as_of": as_of})
    done = IN_ORDER[: rng.randrange(1, len(IN_ORDER))]
    dbt("run", "--select", *done)
    return done[-1]


@pytest.mark.timeout(60 + 120 * ROUNDS)
def test_what_a_build_keeps_is_what_a_full_refresh_makes(books):
    rng = random.Random(SEED)
    played = histories.players(books, rng, ACCOUNTS)
    since = histories.FIRST
    told = []
    for round_ in range(ROUNDS):
        for player in played:
            if round_ and player.closed < 3 and rng.random() < 0.3:
                histories.close_a_month(rng, player)
            if round_ and rng.random() < 0.15:
                histories.change_the_basis(books, rng, player)
        active = rng.sample(played, rng.randrange(3, len(played)))
        for _ in range(FACTS if round_ else 3 * FACTS):
            histories.happen(books, rng, rng.choice(active), since)
        if round_ and rng.random() < 0.5:
            told.append(f"died after {die_midway(books, rng, histories.some_instant(rng))}")
            for _ in range(FACTS // 4):
                histories.happen(books, rng, rng.choice(active), since)
        as_of = histories.some_instant(rng, date(2028, 3, 1))
        told.append(f"round {round_} as of {as_of}")
        make(books.connection, as_of)
        found = differences(books, as_of)
        assert not found, "\n".join([*told, f"{len(found)} rows:", *found[:40]])


def written(books: Books, account_id: int, before: str) -> dict[str, set[str]]:
    """Where the rows of an account's days before one are stored: a row that is written again is stored elsewhere."""
    columns = {
        "finance.charges": "charged_day", "intermediate.int_past_charges": "charged_day", "finance.ledger_entries": "day",
        "intermediate.int_prepaid_events": "event_day", "intermediate.int_prepaid_movements": "event_day",
        "intermediate.int_prepaid_postings": "event_day", "intermediate.int_recount": "day",
        "intermediate.int_postpaid_days": "charged_day", "intermediate.int_graduated_usage": "charged_day",
    }  # fmt: skip
    return {
        table: {
            row[0]
            for row in books.execute(
                f"select ctid::text || xmin from {table} where account_id = %s and {day} < %s", account_id, before
            )
        }
        for table, day in columns.items()
    }


def test_a_day_s_build_writes_nothing_of_a_closed_month(books):
    """CHARGING 16: not even the same again."""
    rng = random.Random(SEED)
    prepaid, *_, postpaid = histories.players(books, rng, 5, name="kept")
    for player in (prepaid, postpaid):
        for n, day in enumerate(["2028-02-03 12:00", "2028-02-28 12:00"], start=1):
            histories.attempt(books, player, n, 1, 1, cairo(day))
        player.account.sends(7, at="2028-02-10 12:00")
    prepaid.account.buys(100, at="2028-02-01 10:00", rate="0.10")
    make(books.connection, cairo("2028-03-01 09:00"))
    for player in (prepaid, postpaid):
        player.account.closes("2028-02")
        histories.attempt(books, player, 3, 1, 1, cairo("2028-03-01 12:00"))
        histories.attempt(books, player, 4, 1, 1, cairo("2028-02-20 12:00"))  # late
    before = [written(books, player.account.account_id, "2028-03-01") for player in (prepaid, postpaid)]
    make(books.connection, cairo("2028-03-02 00:00"))
    after = [written(books, player.account.account_id, "2028-03-01") for player in (prepaid, postpaid)]

    assert all(before[0][table] for table in ("finance.charges", "finance.ledger_entries", "intermediate.int_recount"))
    assert all(before[1][table] for table in ("intermediate.int_postpaid_days", "intermediate.int_graduated_usage"))
    for account, (kept, found) in zip((prepaid, postpaid), zip(before, after, strict=True), strict=True):
        # of the closed month only the day that something late came to is counted anew
        counted = found["intermediate.int_recount"] - kept["intermediate.int_recount"]
        assert len(counted) == 1, account.account.name
        del kept["intermediate.int_recount"], found["intermediate.int_recount"]
        assert found == kept, account.account.name
