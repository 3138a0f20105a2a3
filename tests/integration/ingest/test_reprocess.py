"""INTAKE, Again: a file that was refused or is held goes once more when what was wrong is mended, and never twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingest import accounts, claim, runs
from ingest.files import NoSuchFile, SnapshotGone
from ingest.foreground import ingest
from ingest.holds import release_ready
from ingest.pipeline import validate
from ingest.reprocess import NotReprocessable, find, reprocess
from outbound import database
from outbound.settings import settings

OUTBOUND = Path(sys.executable).parent / "outbound"


@pytest.fixture
def nile(platform, mobile):
    """Ten members, 100 units."""
    platform.members("nile", [mobile(n) for n in range(10)])
    platform.buy("nile", 100)
    return platform


def table(numbers, text="hello"):
    return "msisdn,text\n" + "".join(f"{number},{text}\n" for number in numbers)


def none_started(names):
    return 0


def test_a_file_in_an_encoding_that_was_not_declared_goes_once_it_is(nile, mobile):
    refused = ingest(nile.file("a.csv", table([mobile(1)], "مرحبا").encode("cp1256")), "nile", "campaign")
    assert refused["codes"][0]["code"] == "ENCODING_UNKNOWN"
    nile.defaults("nile", encoding="cp1256")
    ack = reprocess(refused["file_id"], "their system writes cp1256")

    assert (ack["status"], ack["file_id"]) == ("accepted", refused["file_id"])
    assert nile.sent(ack["campaign_id"]) == [(mobile(1), "مرحبا")]
    (written,) = nile.results("nile", "ack.json")
    assert json.loads(written.read_text()) == ack
    (kept,) = nile.rows("select * from intake.file_event")
    assert (kept["outcome"], kept["ack"], kept["reason"]) == ("rejected", refused, "their system writes cp1256")
    (trail,) = nile.rows("select * from account.audit where action = 'reprocess'")
    assert (trail["account_id"], trail["object"]) == (1, f"file {ack['file_id']}")


def test_a_campaign_whose_rows_were_all_rejected_becomes_another_one(nile, mobile):
    nile.rows("update account.sender set operators = '{Orange}' where account_id = 1")
    first = ingest(nile.file("a.csv", table([mobile(1), "x"])), "nile", "campaign")
    assert (first["status"], first["reasons"]) == ("rejected", {"NUMBER_UNPARSABLE": 1, "SENDER_NOT_APPROVED": 1})
    nile.rows("update account.sender set operators = null where account_id = 1")
    ack = reprocess(first["file_id"], None)

    assert (ack["status"], ack["reasons"]) == ("partial", {"NUMBER_UNPARSABLE": 1})
    assert ack["campaign_id"] != first["campaign_id"]
    assert nile.value("select count(*) from intake.reject") == 1
    assert nile.value("select count(*) from dispatch.message") == 1
    states = nile.rows("select state from intake.campaign order by campaign_id")
    assert [row["state"] for row in states] == ["rejected", "accepted"]


def test_a_held_campaign_ends_and_its_file_makes_a_new_one(nile, mobile):
    """Its sender is another one now, which a look at the hold alone would not notice."""
    held = ingest(nile.file("a.csv", table(map(mobile, range(30)))), "nile", "campaign")
    assert held["status"] == "held"
    nile.members("nile", map(mobile, range(10, 30)))
    nile.rows("update account.sender set address = 'NILE2' where account_id = 1")
    nile.defaults("nile", sender="NILE2")
    ack = reprocess(held["file_id"], None)

    assert (ack["status"], ack["accepted"]) == ("accepted", 30)
    campaigns = nile.rows("select campaign_id, state, sender from intake.campaign order by campaign_id")
    assert [(row["state"], row["sender"]) for row in campaigns] == [("rejected", "NILE"), ("accepted", "NILE2")]
    assert nile.value("select sum(segments) from account.reservation") == 30
    assert nile.value("select count(*) from pg_class where relname ~ '^landing_'") == 0
    assert release_ready() == []


@pytest.mark.parametrize("rows", [["x"], []])
def test_a_file_of_which_something_was_queued_is_refused(nile, mobile, rows):
    ack = ingest(nile.file("a.csv", table([mobile(1), *rows])), "nile", "campaign")
    with pytest.raises(NotReprocessable, match=f"accepted as campaign {ack['campaign_id']}: it would be sent twice"):
        reprocess(ack["file_id"], None)

    assert nile.value("select count(*) from dispatch.message") == 1
    assert nile.value("select ack from intake.file") == ack
    assert nile.rows("select * from intake.file_event") == []


def test_a_cancelled_campaign_stays_cancelled(nile, mobile):
    ack = ingest(nile.file("a.csv", table([mobile(1)])), "nile", "campaign")
    nile.rows("update intake.campaign set state = 'cancelled'")

    with pytest.raises(NotReprocessable):
        reprocess(ack["file_id"], None)


@pytest.mark.parametrize("name", ["a.csv", "b.csv"])
def test_the_same_bytes_that_were_taken_since_are_not_sent_beside_it(nile, mobile, name):
    """A rejected file may come again under any name: then the first one is not wanted any more."""
    content = table([mobile(1)])
    nile.rows("update account.sender set operators = '{Orange}' where account_id = 1")
    first = ingest(nile.file("a.csv", content), "nile", "campaign")
    nile.rows("update account.sender set operators = null where account_id = 1")
    assert ingest(nile.file(name, content), "nile", "campaign")["status"] == "accepted"

    with pytest.raises(NotReprocessable, match="came later and takes the place"):
        reprocess(first["file_id"], None)
    assert nile.value("select count(*) from dispatch.message") == 1


def test_a_corrected_file_of_the_same_name_takes_the_place_of_the_first(nile, mobile):
    first = ingest(nile.file("a.csv", 'msisdn,text\n1,"x\n'), "nile", "campaign")
    assert ingest(nile.file("a.csv", table([mobile(1)])), "nile", "campaign")["status"] == "accepted"

    with pytest.raises(NotReprocessable, match="came later"):
        reprocess(first["file_id"], None)


def test_a_batch_ref_of_its_own_tells_it_from_later_files(nile, mobile):
    nile.rows("update account.sender set operators = '{Orange}' where account_id = 1")
    first = ingest(nile.file("a.csv", table([mobile(1)]), batch_ref="march"), "nile", "campaign")
    nile.rows("update account.sender set operators = null where account_id = 1")
    ingest(nile.file("a.csv", table([mobile(1)]), batch_ref="april"), "nile", "campaign")

    assert reprocess(first["file_id"], None)["status"] == "accepted"
    assert nile.value("select count(*) from dispatch.message") == 2


def test_a_later_copy_does_not_pass_a_file_that_was_taken_again(nile, mobile):
    nile.rows("update account.sender set operators = '{Orange}' where account_id = 1")
    first = ingest(nile.file("a.csv", table([mobile(1)])), "nile", "campaign")
    nile.rows("update account.sender set operators = null where account_id = 1")
    reprocess(first["file_id"], None)

    assert ingest(nile.file("b.csv", table([mobile(1)])), "nile", "campaign")["status"] == "duplicate"
    with pytest.raises(NotReprocessable):
        reprocess(first["file_id"], None)


def test_a_base_that_was_refused_is_loaded_and_one_that_was_loaded_is_not_again(nile, mobile):
    content = f"msisdn,name\n{mobile(50)},منى\n".encode("cp1256")
    refused = ingest(nile.file("b.csv", content), "nile", "base")
    nile.defaults("nile", encoding="cp1256")

    assert reprocess(refused["file_id"], None)["status"] == "accepted"
    assert nile.value("select array_agg(msisdn) from account.base_member where account_id = 1") == [mobile(50)]
    with pytest.raises(NotReprocessable, match="loaded already"):
        reprocess(refused["file_id"], None)


@pytest.mark.parametrize("kind", ["base", "optout"])
def test_a_load_that_may_be_truncated_is_taken_on_a_person_s_word(nile, mobile, kind):
    """Nothing else releases it: there is no campaign that one could release."""
    path = nile.file("a.csv", f"msisdn\n{mobile(50)}\n{mobile(51)}")
    with database.connect("ingest", autocommit=True) as connection:
        file_id = claim.claim(connection, accounts.named(connection, "nile"), path, kind, "stability")
    validate(file_id)
    assert nile.value("select outcome from intake.file where file_id = %s", file_id) == "held"

    ack = reprocess(file_id, "their system writes no last line end")

    assert (ack["status"], ack["accepted"]) == ("accepted", 2)


def test_an_older_base_does_not_follow_a_newer_one(nile, mobile):
    refused = ingest(nile.file("b.csv", f"msisdn,action\n{mobile(1)},leave\n"), "nile", "base")
    ingest(nile.file("c.csv", f"msisdn,action\n{mobile(1)},remove\n"), "nile", "base")

    with pytest.raises(NotReprocessable, match="came later"):
        reprocess(refused["file_id"], None)


def test_what_there_is_not_is_said(nile, mobile):
    with pytest.raises(NoSuchFile):
        reprocess(17, None)
    with pytest.raises(NoSuchFile, match=r"account nile sent no file named a\.csv"):
        find("nile", "a.csv")
    refused = ingest(nile.file("a.csv", "x\n"), "nile", "campaign")
    for copy in settings().snapshots.glob("*/*"):
        copy.unlink()
    with pytest.raises(SnapshotGone, match="drop the file again"):
        reprocess(refused["file_id"], None)
    assert nile.value("select state from intake.file") == "answered"


def test_several_at_once_make_one_campaign(nile, mobile):
    nile.rows("update account.sender set operators = '{Orange}' where account_id = 1")
    first = ingest(nile.file("a.csv", table(map(mobile, range(5)))), "nile", "campaign")
    nile.rows("update account.sender set operators = null where account_id = 1")

    command = [OUTBOUND, "reprocess", str(first["file_id"])]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        out, error = process.communicate(timeout=120)
        assert json.loads(out)["status"] == "accepted" if out else "it would be sent twice" in error
    assert nile.value("select count(*) from dispatch.message") == 5
    assert nile.value("select sum(segments) from account.reservation") == 5
    assert nile.value("select count(*) from intake.file_event") == 1


def test_killed_on_the_way_it_is_found_by_the_next_scan_as_a_run_of_its_own(nile, mobile, monkeypatch):
    refused = ingest(nile.file("a.csv", "x\n"), "nile", "campaign")
    assert runs.due(none_started) == []
    monkeypatch.setattr("ingest.foreground.take", lambda file_id: {})
    reprocess(refused["file_id"], None)

    assert runs.due(none_started) == [(f"file-{refused['file_id']}-again-1", refused["file_id"])]
    assert runs.due(len) == []  # started, and not at its end
    validate(refused["file_id"])
    assert runs.due(none_started) == []
    assert nile.value("select outcome from intake.file") == "rejected"


def test_the_command(nile, mobile):
    def outbound(*arguments):
        command = [OUTBOUND, "reprocess", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    refused = ingest(nile.file("a.csv", table([mobile(1)], "مرحبا").encode("cp1256")), "nile", "campaign")
    done = outbound("--account", "nile", "--name", "a.csv")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (1, "rejected")
    nile.defaults("nile", encoding="cp1256")
    done = outbound(refused["file_id"], "--reason", "declared")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "accepted")
    done = outbound(refused["file_id"])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: file {refused['file_id']} was accepted as campaign")
    assert outbound().returncode == outbound(1, "--name", "a.csv").returncode == 2


def test_a_look_starts_as_many_runs_as_airflow_takes_the_oldest_first_and_the_next_look_the_others(nile):
    nile.rows(
        "insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)"
        " select 1, 'campaign', n || '.csv', 1, n, sha256(n::text::bytea), '-', 'marker', now()"
        " from generate_series(1, %s) as n",
        runs.AT_ONCE + 10,
    )
    first = runs.due(none_started)
    names = {name for name, _ in first}
    then = runs.due(lambda asked: len(names & set(asked)))

    assert [file_id for _, file_id in first + then] == sorted(file_id for _, file_id in first + then)
    assert (len(first), len(then)) == (runs.AT_ONCE, 10)
