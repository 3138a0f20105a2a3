"""INTAKE, Opt-outs: what a person does by `outbound optout`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.foreground import ingest

OUTBOUND = Path(sys.executable).parent / "outbound"


def optout(*arguments):
    return subprocess.run([OUTBOUND, "optout", *map(str, arguments)], capture_output=True, text=True, timeout=120)


def told(*arguments):
    done = optout(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return [(one["changed"], one["opted_out"]) for one in json.loads(done.stdout)]


def test_out_of_an_account_or_of_all_and_in_again(platform, mobile):
    here, everywhere = ("--account", "nile", "--reason", "called us"), ("--everywhere", "--reason", "regulator")

    assert told("add", mobile(1), f"+{mobile(2)}", *here) == [(True, "account"), (True, "account")]
    assert told("add", mobile(1), *everywhere) == [(True, "everywhere")]
    assert told("add", mobile(1), *here) == [(False, "account, everywhere")]
    assert told("remove", mobile(1), *here) == [(True, "everywhere")]
    assert told("remove", mobile(1), *here) == [(False, "everywhere")]
    assert told("remove", mobile(1), *everywhere) == [(True, "no")]

    left = platform.rows("select account_id, msisdn, source from account.opt_out")
    assert left == [{"account_id": 1, "msisdn": mobile(2), "source": "operator"}]
    trail = platform.rows(
        "select action, account_id, object, detail ->> 'reason' as why from account.audit order by audit_id"
    )
    assert [(row["action"], row["account_id"], row["why"]) for row in trail] == [
        ("opt out", 1, "called us"),
        ("opt out", 1, "called us"),
        ("opt out", None, "regulator"),
        ("opt in", 1, "called us"),
        ("opt in", None, "regulator"),
    ]


def test_who_was_opted_in_again_is_sent_to(platform, mobile):
    platform.members("nile", [mobile(1)])
    platform.buy("nile", 10)
    told("add", mobile(1), "--everywhere", "--reason", "x")
    content = f"msisdn,text\n{mobile(1)},hi\n"
    assert ingest(platform.file("a.csv", content), "nile", "campaign")["reasons"] == {"OPTED_OUT": 1}

    told("remove", mobile(1), "--everywhere", "--reason", "wrote to us")
    assert ingest(platform.file("b.csv", f"{content}\n"), "nile", "campaign")["status"] == "accepted"


def test_a_dry_run_says_it_and_changes_nothing(platform, mobile):
    assert told("add", mobile(1), "--account", "nile", "--reason", "x", "--dry-run") == [(True, "account")]
    assert platform.rows("select * from account.opt_out") == platform.rows("select * from account.audit") == []


def test_no_number_is_shown_or_put_on_record(platform, mobile):
    done = optout("add", mobile(1), "--account", "nile", "--reason", "x")
    wrong = optout("add", mobile(1), f"{mobile(1)}0", "--everywhere", "--reason", "x")

    assert done.stdout.count("2010•••••001") == 1
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("error: number 2 of those given is NUMBER_")
    record = platform.value("select object || detail::text from account.audit")
    for shown in (done.stdout, done.stderr, wrong.stdout, wrong.stderr, record):
        assert str(mobile(1)) not in shown
    assert platform.value("select count(*) from account.opt_out") == 1


@pytest.mark.parametrize("scope", [[], ["--account", "nile", "--everywhere"]])
def test_whose_messages_has_to_be_said(platform, mobile, scope):
    done = optout("add", mobile(1), *scope, "--reason", "x")

    assert done.returncode == 2
    assert "either --account NAME or --everywhere" in done.stderr


def test_an_unknown_account_is_named_with_those_there_are(platform, mobile):
    done = optout("add", mobile(1), "--account", "nil", "--reason", "x")

    assert done.returncode == 1
    assert "no account named nil" in done.stderr
    assert "delta, nile" in done.stderr


def test_the_command_is_listed(platform):
    done = subprocess.run([OUTBOUND, "--help"], capture_output=True, text=True)
    assert "optout" in done.stdout
