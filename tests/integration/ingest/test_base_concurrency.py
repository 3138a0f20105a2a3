"""INTAKE, Bases: loads of one account at the same time, and campaigns whose base changes under them."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ingest import accounts, claim
from ingest.foreground import ingest
from ingest.holds import release_ready
from ingest.pipeline import validate
from outbound import database
from outbound.queries import load as queries
from recipients import snapshots


def claimed(platform, name, content, account="nile"):
    path = platform.file(name, content)
    with database.connect("ingest", autocommit=True) as connection:
        return claim.claim(connection, accounts.named(connection, account), path, "base", "command")


def members(platform):
    return {row["msisdn"] for row in platform.rows("select msisdn from account.base_member where account_id = 1")}


@pytest.mark.parametrize("newer_first", [True, False])
def test_of_two_full_bases_at_once_the_newer_one_counts(platform, mobile, newer_first):
    """They wait for each other at the account's lock; whichever gets it first."""
    older = claimed(platform, "a.csv", "msisdn\n" + "".join(f"{mobile(n)}\n" for n in range(500)))
    newer = claimed(platform, "b.csv", "msisdn\n" + "".join(f"{mobile(n)}\n" for n in range(250, 750)))
    with psycopg.connect(platform.uri) as gate:
        gate.execute(queries("ingest/loads").lock_loads, {"account": 1})
        with ThreadPoolExecutor(2) as pool:
            waiting = []
            for count, file_id in enumerate((newer, older) if newer_first else (older, newer), start=1):
                waiting.append(pool.submit(validate, file_id))
                await_locks(platform, count)
            gate.rollback()
            for one in waiting:
                one.result()

    assert members(platform) == {mobile(n) for n in range(250, 750)}
    outcomes = platform.rows("select outcome from intake.file order by file_id")
    assert [row["outcome"] for row in outcomes] == ["rejected" if newer_first else "accepted", "accepted"]
    history = platform.rows("select msisdn, kind from account.base_change order by at")
    assert len(history) == (500 if newer_first else 1_000)


def test_deltas_at_once_lose_nothing(platform, mobile):
    files = [
        claimed(platform, f"{part}.csv", "msisdn,action\n" + "".join(f"{mobile(n)},add\n" for n in range(part, 400, 4)))
        for part in range(4)
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(validate, files))

    assert members(platform) == {mobile(n) for n in range(400)}
    assert platform.value("select members from account.base_version") == 400
    with database.connect("ingest") as connection:
        assert snapshots.open_base(connection, 1).size == 400


def test_loads_of_two_accounts_do_not_wait_for_each_other(platform, mobile):
    nile = claimed(platform, "a.csv", f"msisdn\n{mobile(1)}\n")
    with psycopg.connect(platform.uri) as gate:
        gate.execute(queries("ingest/loads").lock_loads, {"account": 2})
        validate(nile)
    assert members(platform) == {mobile(1)}


def test_any_change_of_the_base_has_a_campaign_that_did_not_fit_looked_at_again(platform, mobile):
    platform.buy("nile", 100)
    platform.members("nile", [mobile(99)])
    content = "msisdn,text\n" + "".join(f"{mobile(n)},hi\n" for n in range(10))
    held = ingest(platform.file("c.csv", content), "nile", "campaign")
    assert (held["status"], held["codes"][0]["code"]) == ("held", "BASE_MISMATCH")
    assert release_ready() == []

    ingest(platform.file("b.csv", f"msisdn,action\n{mobile(1)},add\n"), "nile", "base")  # not enough of them
    assert release_ready() == []
    assert platform.value("select not_in_base from intake.profile") == 9

    platform.members("nile", [mobile(n) for n in range(10) if n != 1])  # not a file
    assert release_ready() == [held["campaign_id"]]
    assert len(platform.sent(held["campaign_id"])) == 10


def await_locks(platform, count):
    """Until so many wait for a base's lock."""
    waiting = (
        "select count(*) from pg_locks join pg_database on oid = database"
        " where datname = current_database() and locktype = 'advisory' and not granted"
    )
    while platform.value(waiting) < count:
        time.sleep(0.01)
