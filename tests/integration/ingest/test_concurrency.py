"""Two processes at once: one campaign, one reservation; promises never exceed the balance."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ingest import accounts, claim, gate
from ingest.acceptance import accept
from ingest.pipeline import validate
from outbound import database
from outbound.queries import load


def _claimed(platform, mobile, name, numbers, account="nile"):
    path = platform.file(name, "msisdn,text\n" + "".join(f"{mobile(n)},hi from {name}\n" for n in numbers))
    with database.connect("ingest", autocommit=True) as connection:
        return claim.claim(connection, accounts.named(connection, account), path, "campaign", "command")


def test_two_processes_at_one_file_make_one_campaign(platform, mobile):
    platform.members("nile", [mobile(n) for n in range(2_000)])
    platform.buy("nile", 5_000)
    file_id = _claimed(platform, mobile, "a.csv", range(2_000))
    step = (
        "import sys; from ingest.pipeline import validate; from ingest.acceptance import accept; from ingest.gate import judge;"
        "campaign = validate(int(sys.argv[1])); judge(campaign); print(accept(campaign))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", step, str(file_id)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    assert [process.communicate(timeout=120)[0].strip() for process in running] == ["accepted", "accepted"]
    assert platform.value("select count(*) from intake.campaign") == 1
    assert platform.value("select count(*) from dispatch.message") == 2_000
    assert platform.value("select sum(size) from dispatch.batch") == 2_000
    assert platform.value("select sum(segments) from account.reservation") == 2_000


def test_claims_of_an_account_get_their_ids_in_the_order_of_their_commits(platform, mobile):
    """Else the later of two files with the same bytes could be looked at before the earlier one can be seen."""
    with ThreadPoolExecutor(1) as pool, psycopg.connect(platform.uri) as first:
        first.execute(load("ingest/files").lock_claims, {"account": 1})
        second = pool.submit(_claimed, platform, mobile, "a.csv", range(2))
        while not second.done() and not platform.value(
            "select exists (select from pg_locks where locktype = 'advisory' and not granted"
            " and database = (select oid from pg_database where datname = current_database()))"
        ):
            time.sleep(0.01)
        assert not second.done()
        first.commit()
        assert second.result(timeout=60) == 1


def test_campaigns_that_are_accepted_at_once_never_promise_more_than_the_balance(platform, mobile):
    platform.members("nile", [mobile(n) for n in range(60)])
    platform.buy("nile", 100)
    campaigns = [validate(_claimed(platform, mobile, f"{n}.csv", range(n, n + 30))) for n in range(8)]
    platform.rows("update intake.profile set gate_passed = true, judged_at = now(), gate_result = '{}'")

    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(accept, campaigns))

    assert sorted(states) == ["accepted"] * 3 + ["held"] * 5
    assert platform.value("select sum(segments) from account.reservation") == 90
    assert platform.value("select billing.available_units(1, now())") == 10
    assert platform.value("select count(*) from dispatch.message") == 90


def test_an_acceptance_that_fails_half_way_leaves_nothing(platform, mobile):
    platform.members("nile", [mobile(n) for n in range(10)])
    platform.buy("nile", 100)
    campaign = validate(_claimed(platform, mobile, "a.csv", range(10)))
    gate.judge(campaign)
    platform.rows("alter table account.reservation add constraint full_disk check (false) not valid")

    with pytest.raises(psycopg.errors.CheckViolation, match="full_disk"):
        accept(campaign)

    for table in ("dispatch.message", "dispatch.batch", "account.reservation"):
        assert platform.value(f"select count(*) from {table}") == 0
    assert platform.value("select state from intake.campaign") == "validated"

    platform.rows("alter table account.reservation drop constraint full_disk")
    assert accept(campaign) == "accepted"
    assert platform.value("select count(*) from dispatch.message") == 10
