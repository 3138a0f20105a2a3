"""No number and no text of a message stands in a log, of whichever process, whatever goes wrong."""

import csv
import os
import signal
import time
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from dispatch.campaign_cli import command as campaign
from dispatch.desk import reason
from dispatch.process import told
from dispatch.statement_cli import command as statement
from local import postgres

FIRST = 201007755000
MARKS = ("2010077550", "Zanzibar", "زنجبار")


def marked(text):
    return [mark for mark in MARKS if mark in text]


def is_asleep(platform, worker):
    """Stopped, and not in the middle of a transaction: whoever settles its epoch would wait for that."""
    worker.process.send_signal(signal.SIGSTOP)
    time.sleep(0.2)
    if platform.one(
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()"
    ):
        worker.process.send_signal(signal.SIGCONT)
        time.sleep(0.01)
        return False
    return True


def is_settled(platform, epoch):
    """By a worker that takes its owner for a dead one of another machine."""
    platform.rows(
        "update dispatch.epoch set boot_id = 'another', heartbeat_at = now() - interval '1 hour' where epoch_id = %s",
        epoch,
    )
    return platform.one("select settled_at is not null from dispatch.epoch where epoch_id = %s", epoch)


@pytest.fixture
def server_log():
    """What the database server logs from now on; empty where it is not the run's own."""
    place = postgres._place(Path(os.environ["OUTBOUND_TEST_HOME"]))
    start = place.log.stat().st_size if place.log.exists() else 0
    return lambda: place.log.read_bytes()[start:].decode(errors="replace") if place.log.exists() else ""


def test_what_goes_wrong_is_told_without_numbers_and_texts(platform, carrier, tmp_path, server_log):
    texts = [f"Zanzibar {n}" if n % 2 else "زنجبار " * 30 for n in range(400)]
    with carrier("--receipt-delay=0", "--rule=7=rejected", "--queue-full-every=50", "--garbage-after=120") as smsc:
        platform.connect(smsc.port, rate=200)
        sent = platform.accept(texts, first=FIRST, batch_size=50)
        platform.rows("insert into account.opt_out (msisdn, source) values (%s, 'operator')", FIRST + 3)
        killed = platform.worker()
        platform.until(lambda: smsc.status()["accepted"] > 30)
        killed.kill()
        fenced = platform.worker()
        before = smsc.status()["accepted"]
        platform.until(lambda: smsc.status()["accepted"] > before + 10)
        # taken for dead in the middle of it, as by another machine's worker: its next commit is refused
        platform.until(lambda: is_asleep(platform, fenced))
        (epoch,) = platform.rows("select max(epoch_id) from dispatch.epoch")[0]
        platform.worker()
        platform.until(lambda: is_settled(platform, epoch))
        fenced.process.send_signal(signal.SIGCONT)
        assert fenced.wait(90) == 1
        told_to = CliRunner().invoke(campaign, ["cancel", str(sent), "--reason", "test", "--wait", "60"])
        for worker in platform.workers:
            worker.stop()
    with (tmp_path / "day.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["message_id", "destination"], [1, FIRST], [2, f"{FIRST} Zanzibar"]])
    refused = CliRunner().invoke(statement, ["load", str(tmp_path / "day.csv"), "--connector", "cairo"])

    assert "was taken for dead" in fenced.log()
    assert told_to.exit_code == 0, told_to.output
    assert "line 3" in str(refused.exception)
    logs = {
        **{f"worker {n}": worker.log() for n, worker in enumerate(platform.workers)},
        "commands": told_to.output + str(refused.exception),
        "server": server_log(),
        "session log": str(platform.rows("select reason, counters from dispatch.session_event")),
        "audit": str(platform.rows("select object, detail from account.audit")),
        "events": str(platform.rows("select cause, detail from intake.campaign_event")),
    }
    assert {name: marked(text) for name, text in logs.items() if marked(text)} == {}
    if "TEST_DATABASE_URL" not in os.environ:
        assert "was settled by another worker" in logs["server"]


def test_the_embedded_server_logs_errors_without_statements_and_rows(platform, server_log):
    platform.accept(["x"])
    for wrong in (
        f"insert into account.base_member (account_id, msisdn) values (1, {FIRST}), (1, {FIRST})",
        f"select '{MARKS[1]}' where 1 / (2010077550 - 2010077550) = 1",
    ):
        with pytest.raises(psycopg.Error):
            platform.rows(wrong)
    with (
        pytest.raises(psycopg.Error),
        platform.connection.cursor() as cursor,
        cursor.copy("copy account.base_member (account_id, msisdn) from stdin") as copy,
    ):
        copy.write(f"1\t{FIRST}\textra\n")
    if "TEST_DATABASE_URL" not in os.environ:
        platform.until(lambda: "extra data after last expected column" in server_log())
        assert "duplicate key value violates unique constraint" in server_log()
    assert not marked(server_log())


def test_wrong_data_is_told_without_it(platform):
    with pytest.raises(psycopg.Error) as caught:
        platform.rows("select 'a text'::bigint")
    assert reason(caught.value) == "InvalidTextRepresentation (22P02)"


def test_an_unexpected_error_is_told_by_its_place():
    """What its message quotes is not known."""
    try:
        int("201007755001 Zanzibar")
    except ValueError as error:
        found = told(error)

    assert found.startswith("ValueError at test_logs.py:")
    assert not marked(found)
