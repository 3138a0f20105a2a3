"""The doors of intake, as a person or a script calls them."""

import contextlib
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

OUTBOUND = Path(sys.executable).parent / "outbound"


def outbound(*arguments):
    return subprocess.run([OUTBOUND, *map(str, arguments)], capture_output=True, text=True, timeout=120)


@pytest.fixture
def nile(platform, mobile):
    platform.members("nile", [mobile(n) for n in range(20)])
    platform.opt_out(None, mobile(3))
    platform.buy("nile", 100)
    return platform


def test_a_base_and_a_campaign_from_the_command_line(platform, mobile):
    platform.buy("nile", 100)
    base = platform.file("base.csv", f"msisdn,consent_date\n{mobile(1)},2026-01-01\n")
    offer = platform.file("offer.csv", f"msisdn,text\n{mobile(1)},hello\n", template="{text}")

    assert outbound("ingest", base, "--account", "nile", "--kind", "base").returncode == 0
    done = outbound("ingest", offer, "--account", "nile")
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "accepted"), done.stderr
    assert platform.sent(json.loads(done.stdout)["campaign_id"]) == [(mobile(1), "hello")]


def test_a_rejected_file_ends_with_status_1_and_its_acknowledgement(platform):
    done = outbound("ingest", platform.file("a.csv", 'msisdn,text\n1,"x\n'), "--account", "nile")

    assert done.returncode == 1
    ack = json.loads(done.stdout)
    assert (ack["codes"][0]["code"], ack["codes"][0]["line"]) == ("UNCLOSED_QUOTE", 2)


def test_an_unknown_account_is_said_with_those_there_are(platform):
    done = outbound("ingest", platform.file("a.csv", ""), "--account", "nobody")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: there is no account named nobody; there is: delta, nile\n"


def test_drop_puts_manifest_file_and_marker(platform):
    path = platform.file("offer.csv", "msisdn,text\n", template="{text}")
    done = outbound("drop", path, "--account", "nile", "--json")
    folder = platform.zone("nile") / "campaigns"

    assert json.loads(done.stdout)["dropped"] == str(folder / "offer.csv")
    assert sorted(found.name for found in folder.iterdir()) == [
        "offer.csv",
        "offer.csv.done",
        "offer.csv.manifest.json",
    ]
    other = platform.file("other.json", "{}")
    assert outbound("drop", path, "--account", "nile", "--kind", "base", "--manifest", other).returncode == 0
    assert (platform.zone("nile") / "bases" / "offer.csv.manifest.json").read_text() == "{}"


def test_validate_gives_the_verdict_on_each_row_and_keeps_nothing(nile, mobile):
    lines = [
        (f"{mobile(1)}", "hi"), (f"{mobile(1)}", "hi"), (f"{mobile(3)}", "hi"), ("0223456789", "hi"),
        (f"{mobile(2)}", "مرحبا" * 20), *((f"{mobile(n)}", "hi") for n in range(4, 12)), (f"{mobile(99)}", "hi"), ("x", "hi"),
    ]  # fmt: skip
    path = nile.file("a.csv", "msisdn,text\n" + "".join(f"{number},{text}\n" for number, text in lines))
    out = nile.folder / "verdicts.csv"
    done = outbound("validate", path, "--account", "nile", "--verdicts", out)

    assert done.returncode == 0, done.stderr
    ack = json.loads(done.stdout)
    assert (ack["status"], ack["accepted"], ack["segments"]) == ("partial", 10, 11)
    with out.open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["line", "reason", "msisdn", "network", "encoding", "segments", "first_line"]
    assert rows[1] == ["2", "", str(mobile(1)), "Vodafone", "gsm", "1", ""]
    assert rows[2] == ["3", "DUPLICATE", str(mobile(1)), "Vodafone", "gsm", "1", "2"]
    assert rows[3][:4] == ["4", "OPTED_OUT", str(mobile(3)), "Vodafone"]
    assert rows[4][:3] == ["5", "NOT_MOBILE", "20223456789"]
    assert rows[5] == ["6", "", str(mobile(2)), "Vodafone", "ucs2", "2", ""]
    assert [row[1] for row in rows[14:]] == ["NOT_IN_BASE", "NUMBER_UNPARSABLE"]
    for table in ("intake.file", "intake.campaign", "intake.reject", "dispatch.message"):
        assert nile.value(f"select count(*) from {table}") == 0


def test_validate_several_held_and_all_rejected_files(nile, mobile):
    held = nile.file("held.csv", f"msisdn,text\n{mobile(50)},hi\n{mobile(1)},hi\n")
    rejected = nile.file("rejected.csv", "msisdn,text\nx,hi\n")
    broken = nile.file("broken.csv", "msisdn,text\n")
    out = nile.folder / "verdicts.csv"
    done = outbound("validate", held, rejected, broken, "--account", "nile", "--verdicts", out)

    acks = json.loads(done.stdout)
    assert [(ack["file"], ack["status"]) for ack in acks] == [
        ("held.csv", "held"), ("rejected.csv", "rejected"), ("broken.csv", "rejected"),
    ]  # fmt: skip
    assert [ack["codes"][0]["code"] for ack in acks] == ["BASE_MISMATCH", "NUMBER_UNPARSABLE", "NO_ROWS"]
    with out.open() as file:
        found = [(row["file"], row["line"], row["reason"]) for row in csv.DictReader(file)]
    assert found == [
        ("held.csv", "2", "NOT_IN_BASE"),
        ("held.csv", "3", ""),
        ("rejected.csv", "2", "NUMBER_UNPARSABLE"),
    ]


@pytest.mark.parametrize("manifest", [{"max_segments": 1, "batch_ref": "b"}, {"on_insufficient_balance": "partial"}])
def test_validate_says_what_ingest_will_answer(nile, mobile, manifest):
    content = "msisdn,text\n" + "".join(f"{mobile(n)},{'a' * (1 + 40 * n)}\n" for n in range(20))
    nile.purchases("update account.purchase set units = 40")
    path = nile.file("a.csv", content, **manifest)
    said, done = (json.loads(outbound(command, path, "--account", "nile").stdout) for command in ("validate", "ingest"))

    personal = ("file_id", "campaign_id", "received_at", "rejects_file")
    for key in personal:
        del said[key], done[key]
    assert said == done


@pytest.mark.parametrize("command", ["drop", "ingest", "validate"])
def test_help_says_enough_to_work_from(command):
    text = outbound(command, "--help").stdout

    assert "--account" in text
    assert "manifest" in text


def test_the_steps_of_the_dags_by_hand(nile, mobile):
    offer = nile.file("offer.csv", f"msisdn,text\n{mobile(1)},hello\n{mobile(3)},no\n", template="{text}")
    assert outbound("drop", offer, "--account", "nile").returncode == 0

    def step(*words):
        done = outbound("intake", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout else None

    (file_id,) = step("scan")["files"]
    campaign = step("validate", file_id)["campaign"]
    assert step("judge", campaign) == {"passed": True}
    assert step("accept", campaign) == {"state": "accepted"}
    assert step("scan") == {"files": []}
    step("report", campaign)
    assert len(nile.results("nile", "report.csv")) == 1
    assert nile.sent(campaign) == [(mobile(1), "hello")]
    assert step("resume") == {"campaigns": []}
    step("tidy")


def test_validate_shows_a_bar_on_a_terminal_and_nothing_elsewhere(nile, mobile):
    path = nile.file("many.csv", "msisdn,text\n" + "".join(f"{mobile(n)},hi\n" for n in range(5_500)))
    command = [OUTBOUND, "validate", path, "--account", "nile"]
    terminal, line = os.openpty()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=line, text=True)
    os.close(line)
    shown = b""
    with contextlib.suppress(OSError):  # a terminal whose other side is closed
        while block := os.read(terminal, 10_000):
            shown += block
    os.close(terminal)

    assert json.loads(process.communicate(timeout=120)[0])["rows"] == 5_500
    assert b"many.csv" in shown
    assert b"5501/5501" in shown
    assert outbound("validate", path, "--account", "nile").stderr == ""
