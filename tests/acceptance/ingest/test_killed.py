"""Whenever the intake is killed, and however often: run again, a file is one campaign, one reservation, one answer."""

import json
import multiprocessing
import random
import time
from collections.abc import Callable

import pytest

from ingest import accounts, claim, foreground, gate
from ingest.reprocess import NotReprocessable, reprocess
from outbound import database

ROWS = 2_000
FORK = multiprocessing.get_context("fork")  # starts in a millisecond: a kill then falls upon the work, not upon imports


def numbers(start: int = 0) -> list[int]:
    return [201000000000 + n for n in range(start, start + ROWS)]


def killed(work: Callable[[], object], seconds: float) -> bool:
    """Does some work in a process of its own and ends that by SIGKILL after some time; whether it was still at it."""
    process = FORK.Process(target=work)
    process.start()
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == -9


def done(work: Callable[[], object]) -> float:
    """The same without a kill; how many seconds it took."""
    began = time.monotonic()
    process = FORK.Process(target=work)
    process.start()
    process.join(120)
    assert process.exitcode == 0
    return time.monotonic() - began


def assert_one_campaign(platform, file_id: int) -> None:
    """Of this file, and of it alone: messages, batches, reservation, events, answer; nothing is left over."""
    (campaign,) = platform.rows("select * from intake.campaign where file_id = %s", file_id)
    assert (campaign["state"], campaign["messages"]) == ("accepted", ROWS)
    where = campaign["campaign_id"]
    assert [number for number, _ in platform.sent(where)] == numbers()
    assert platform.rows("select segments from account.reservation where campaign_id = %s", where) == [
        {"segments": ROWS}
    ]
    assert platform.value("select sum(size) from dispatch.batch where campaign_id = %s", where) == ROWS
    events = platform.rows("select kind from intake.campaign_event where campaign_id = %s order by 1", where)
    assert [event["kind"] for event in events] == ["accepted", "received", "validated"]
    (answer,) = platform.rows(
        "select ack, delivered_at is not null as is_delivered from intake.file where file_id = %s", file_id
    )
    assert answer["is_delivered"]
    (written,) = (path for path in platform.results("nile", "ack.json") if f".{file_id}.ack" in path.name)
    assert json.loads(written.read_text()) == answer["ack"]
    assert (answer["ack"]["status"], answer["ack"]["accepted"]) == ("accepted", ROWS)


def assert_nothing_else(platform, files: int) -> None:
    assert platform.value("select count(*) from intake.file") == files
    assert platform.value("select count(*) from intake.campaign") == files
    assert platform.value("select count(*) from dispatch.message") == files * ROWS
    assert platform.value("select count(*) from intake.profile") == files
    assert platform.value("select sum(segments) from account.reservation") == files * ROWS
    assert platform.value("select count(*) from pg_class where relname ~ '^landing_'") == 0
    assert len(platform.results("nile", "ack.json")) == files


def content(n: int) -> str:
    return "msisdn,text\n" + "".join(f"{number},hello {n}\n" for number in numbers())


@pytest.fixture
def nile(platform):
    gate.evaluate({"rows": 1}, {}, None)  # loads Great Expectations, which the forks then have
    platform.members("nile", numbers())
    platform.buy("nile", 20 * ROWS)
    return platform


def test_a_campaign_killed_at_any_instant(nile):
    """Twelve files; of each the work is killed once or twice, at any part of the time that it takes, and then done."""
    rng = random.Random()
    took = done(lambda: foreground.ingest(nile.file("first.csv", content(0)), "nile", "campaign"))
    kills = 0
    for n in range(1, 13):
        path = nile.file(f"{n}.csv", content(n))

        def work(path=path):
            foreground.ingest(path, "nile", "campaign")

        for _ in range(rng.choice((1, 1, 2))):
            kills += killed(work, rng.uniform(0.0, took))
        took = min(took, done(work) + 0.05)
        with database.connect("ingest") as connection:
            file_id = claim.claim(connection, accounts.named(connection, "nile"), path, "campaign", "command")
        assert_one_campaign(nile, file_id)

    assert kills > 0
    assert_nothing_else(nile, 13)


def test_a_base_load_killed_at_any_instant_is_whole_or_not_there(nile):
    rng = random.Random()
    wanted = numbers(start=ROWS // 2)
    path = nile.file("base.csv", "msisdn\n" + "".join(f"{number}\n" for number in wanted))

    def work():
        foreground.ingest(path, "nile", "base")

    for _ in range(5):
        killed(work, rng.uniform(0.0, 0.6))
        found = nile.value("select array_agg(msisdn order by msisdn) from account.base_member where account_id = 1")
        assert found in (numbers(), wanted)
    done(work)

    assert (
        nile.value("select array_agg(msisdn order by msisdn) from account.base_member where account_id = 1") == wanted
    )
    (written,) = nile.results("nile", "ack.json")
    assert json.loads(written.read_text())["accepted"] == ROWS
    assert nile.value("select count(*) from intake.file") == 1


def test_a_file_that_is_taken_again_and_killed_meanwhile(nile):
    rng = random.Random()
    nile.rows("update account.sender set operators = '{Orange}' where account_id = 1")
    refused = foreground.ingest(nile.file("a.csv", content(0)), "nile", "campaign")
    assert refused["status"] == "rejected"
    nile.rows("update account.sender set operators = null where account_id = 1")

    def work():
        reprocess(refused["file_id"], None)

    for _ in range(4):
        killed(work, rng.uniform(0.0, 1.0))
    try:
        ack = reprocess(refused["file_id"], None)
    except NotReprocessable:  # none of the kills came before its end
        ack = nile.value("select ack from intake.file")

    assert (ack["status"], ack["accepted"]) == ("accepted", ROWS)
    assert nile.value("select count(*) from dispatch.message") == ROWS
    assert nile.rows("select segments from account.reservation") == [{"segments": ROWS}]
    assert nile.value("select count(*) from intake.file_event") == 1
    states = [row["state"] for row in nile.rows("select state from intake.campaign order by campaign_id")]
    assert states == ["rejected", "accepted"]
    assert nile.value("select count(*) from pg_class where relname ~ '^landing_'") == 0
