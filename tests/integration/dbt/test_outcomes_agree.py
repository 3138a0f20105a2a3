"""Builds that make anew only what they have news of say what a build from nothing says, and what message by message is counted.

Random traffic of three zones around a month's end: facts in any order, early, twice and late, builds for instants back and
forth, past the month's freezing and into the future; one build fails in the middle and one is killed there.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from billing.build import BuildFailed, build, dbt
from tests.integration.dbt import sla_figures
from tests.integration.dbt.conftest import Books, cairo
from tests.integration.dbt.sla_model import Figures, Sums, rounded
from tests.integration.dbt.traffic import Traffic

MARTS = {
    "intermediate.int_campaigns": "account_id, campaign_id, month, frozen_at, known_until, is_due, is_cancelled, is_mature, last_fact_at",
    "intermediate.int_segment_outcomes": "mart.*",
    "intermediate.int_segment_fates": "mart.*",
    "intermediate.int_campaign_outcomes": "mart.*",
    "operations.message_outcomes": "mart.*",
    "intermediate.int_hour_outcomes": "mart.*",
    "intermediate.int_month_outcomes": "mart.*",
    "operations.sla": "mart.*",
    "operations.sla_campaigns": "mart.*",
    "operations.sla_hours": "mart.*",
    "operations.sla_errors": "mart.*",
    "operations.sla_sessions": "mart.*",
    "operations.sla_files": "mart.*",
    "operations.session_hours": "connector, hour, minutes, answered",
}
EXCLUSIONS = {
    "S1": {"announced_maintenance"}, "S2": {"rejected", "left_out", "held"},
    "S3": {"invalid", "opted_out", "not_in_base", "cancelled"},
    "S4": {"above_rate", "window", "opted_out", "not_in_base", "cancelled"}, "S5": {"paused", "held", "window", "above_rate"},
    "S9": {"handset_unavailable"}, "S10": {"network_without_receipts"}, "S13": {"held"},
}  # fmt: skip
START = cairo("2026-10-27 00:00")


def contents(url: str) -> dict[str, list[str]]:
    with psycopg.connect(url) as reader:
        return {
            mart: sorted(row[0] for row in reader.execute(f"select row({columns})::text from {mart} as mart".encode()))
            for mart, columns in MARTS.items()
        }


def made_from_nothing(books: Books, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The same marts of the same facts in a copy of the database, without anything that was there before."""
    server, _, name = books.url.rpartition("/")
    copy = f"{name}_copy"
    books.connection.close()
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s"
        admin.execute(others, [name])
        admin.execute(f"create database {copy} template {name} strategy file_copy".encode())
        books.connection = psycopg.connect(books.url, autocommit=True)
        with monkeypatch.context() as patch:
            patch.setenv("DATABASE_URL", f"{server}/{copy}")
            # what dbt has parsed holds for one database: with a home of its own neither parses anew each time
            patch.setenv("OUTBOUND_HOME", os.environ["OUTBOUND_HOME"] + "-copy")
            dbt("run", "--full-refresh", "--select", "int_campaigns+")
        found = contents(f"{server}/{copy}")
        admin.execute(f"drop database {copy} with (force)".encode())
    return found


def counted(books: Books) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    rows = books.execute(
        "select account, month, metric, good, counted, exclusions, raw, adjusted, waiting from operations.sla"
    )
    return {(row[0], row[1], row[2]): row[3:] for row in rows}


def told(figures: Figures) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    return {
        key: (one.good, one.counted, dict(+one.exclusions), rounded(one.raw_good, one.raw_counted),
              rounded(one.good, one.counted), one.waiting)
        for key, one in figures.items()
    }  # fmt: skip


NOTHING = told({("", "", ""): Sums()})["", "", ""]


def assert_counted(books: Books, figures: Figures, seen: dict[str, set[str]]) -> None:
    """seen: takes what was left out, by metric. A figure without anything to it may be there or not."""
    found, wanted = counted(books), told(figures)
    keys = sorted(found.keys() | wanted.keys())
    differences = {
        key: (found.get(key, NOTHING), wanted.get(key, NOTHING))
        for key in keys
        if found.get(key, NOTHING) != wanted.get(key, NOTHING)
    }
    assert differences == {}
    assert {metric for _, _, metric in found} == {f"S{n}" for n in range(1, 15)}
    for (_, _, metric), figure in found.items():
        seen[metric] |= figure[2].keys()


def stands_still(books: Books, model: str, statement: str) -> None:
    """From now on each build ends, or waits, where this model is written."""
    books.execute(
        f"create function public.stop() returns trigger language plpgsql as $$ begin {statement}; return null; end $$"
    )
    books.execute(f"create trigger stop before insert on {model} for each statement execute function public.stop()")


def goes_on(books: Books) -> None:
    books.execute("drop function public.stop() cascade")


def kill_a_build(books: Books, as_of: datetime) -> None:
    stands_still(books, "intermediate.int_segment_fates", "perform pg_sleep(60)")
    program = f"from datetime import datetime; from billing.build import build; build(datetime.fromisoformat('{as_of.isoformat()}'))"
    process = subprocess.Popen([sys.executable, "-c", program], env=os.environ)
    waiting = "select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
    deadline = time.monotonic() + 60
    while not (found := books.execute(waiting).fetchall()) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for (pid,) in found:
        books.execute("select pg_terminate_backend(%s, 10000)", pid)
    goes_on(books)


def test_incremental_builds_agree_with_one_from_nothing_and_with_counting(books, monkeypatch):
    rng = random.Random(2027)
    traffic = Traffic(books, rng)
    traffic.opens()
    for _ in range(20):
        traffic.announces(START, cairo("2026-11-12 00:00"))
    seen: dict[str, set[str]] = defaultdict(set)

    def happens(until: str, *, campaigns: int = 4, facts: int = 150) -> datetime:
        end = cairo(until)
        for _ in range(campaigns):
            traffic.accepts(START + (end - START) * rng.random())
            traffic.is_scheduled(START + (end - START) * rng.random())
            traffic.arrives(START, end)
            traffic.listens(START, end)
        traffic.goes_on(facts, START, end + timedelta(hours=6))
        return end

    def built(as_of: datetime) -> None:
        build(as_of)
        assert_counted(books, sla_figures.figures(traffic.log(), as_of), seen)

    built(happens("2026-10-30 20:00", campaigns=8, facts=250))
    # the money models have tests of their own: from here on only what outcomes are made of is built
    monkeypatch.setattr(
        "billing.build.dbt",
        lambda *arguments: dbt(*arguments, "--select", "+sla", "+message_outcomes", "+sla_hours", "+sla_errors"),
    )

    traffic.changes(cairo("2026-11-01 01:00"))
    stands_still(books, "intermediate.int_segment_fates", "raise exception 'no'")
    with pytest.raises(
        BuildFailed
    ):  # for an instant at which many are overdue: one model knows of them, the next does not
        build(happens("2026-11-04 12:00"))
    goes_on(books)
    built(cairo("2026-11-01 10:00"))
    assert_same(contents(books.url), made_from_nothing(books, monkeypatch))

    kill_a_build(books, happens("2026-11-06 00:00"))
    built(cairo("2026-11-02 00:00"))
    assert_same(contents(books.url), made_from_nothing(books, monkeypatch))

    traffic.goes_on(200, START, cairo("2026-11-12 00:00"))
    traffic.changes(cairo("2026-11-03 01:00"))
    built(cairo("2027-03-01 00:00"))
    frozen = october(books)
    assert frozen
    traffic.has_edges = False
    traffic.goes_on(60, cairo("2026-11-08 00:00"), cairo("2026-11-19 00:00"))  # all of it came too late for October
    built(cairo("2027-04-01 00:00"))
    assert october(books) == frozen

    built(cairo("2026-11-02 07:00"))
    assert_same(contents(books.url), made_from_nothing(books, monkeypatch))
    assert {metric: seen[metric] for metric in EXCLUSIONS} == EXCLUSIONS


def october(books: Books) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    return {key: figures for key, figures in counted(books).items() if key[1] == "2026-10"}


def assert_same(found: dict[str, list[str]], wanted: dict[str, list[str]]) -> None:
    for mart, rows in wanted.items():
        assert rows, mart
        differences: dict[str, Any] = {
            "only incremental": sorted(set(found[mart]) - set(rows))[:5],
            "only from nothing": sorted(set(rows) - set(found[mart]))[:5],
        }
        assert found[mart] == rows, (mart, differences)
