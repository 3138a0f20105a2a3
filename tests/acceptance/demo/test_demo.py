"""The whole job on this machine: real files, real DAGs, real SMPP, and the worker killed while it sends."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.leftovers import processes_of

COMMAND = str(Path(sys.executable).with_name("outbound"))


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="outbound-demo-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "home"


def outbound(home: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    told = {"OUTBOUND_HOME": str(home), "OUTBOUND_PG_FSYNC": "off", **environment}
    return subprocess.run([COMMAND, *words], env=kept | told, capture_output=True, text=True, check=False)


def demo(home: Path, *words: str) -> dict[str, Any]:
    done = outbound(home, "demo", "--json", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["agrees"], told["books"]
    return told


@pytest.mark.timeout(900)
def test_the_books_agree_after_a_kill_and_nothing_runs_any_more(home: Path) -> None:
    told = demo(home, "--kill")

    assert processes_of(home) == []
    assert any("killed (-9)" in finding["says"] for finding in told["books"])
    campaigns = told["campaigns"]
    assert {name: one["status"] for name, one in campaigns.items()} == {
        "eid-offer": "partial", "statements": "partial", "reseller": "partial", "broken": "rejected", "too-large": "held",
    }  # fmt: skip
    assert campaigns["broken"]["codes"][0] | {"detail": ""} == {"code": "UNCLOSED_QUOTE", "line": 312, "detail": ""}
    assert campaigns["too-large"]["codes"][0]["code"] == "NO_BALANCE"
    assert sum(one["charged"] for one in campaigns.values()) == 29_998
    assert set(campaigns["eid-offer"]["outcomes"]) == {"delivered", "recipient_invalid", "handset_unavailable"}
    assert [(account, total) for account, _, _, total in told["invoices"]] == [
        ("delta", "12198.00"), ("sahara", "10260.00"),
    ]  # fmt: skip
    assert [(account, remaining) for account, remaining, _, _ in told["lots"]] == [("nile", 2_176)]


@pytest.mark.timeout(900)
def test_a_second_run_sends_a_new_batch_and_nothing_of_the_first_again(home: Path) -> None:
    told = demo(home)

    assert told["batch"] == 2
    assert told["books"][0]["says"] == "segments: carrier 62,996 = logged 62,996 = charged 62,996"
    assert [(account, remaining) for account, remaining, _, _ in told["lots"]] == [("nile", 2_176)]
    assert len(told["invoices"]) == 2


def test_a_demo_that_fails_says_what_and_where_and_leaves_nothing(tmp_path: Path) -> None:
    done = outbound(tmp_path, "demo", DATABASE_URL="postgresql://nobody:x@127.0.0.1:1/nothing")

    assert done.returncode == 1
    assert "no connection to the database 127.0.0.1:1/nothing" in done.stderr
    assert f"The logs are in {tmp_path / 'logs'}" in done.stderr
    assert processes_of(tmp_path) == []


@pytest.mark.timeout(300)
def test_a_demo_that_is_interrupted_leaves_nothing(home: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    running = subprocess.Popen(
        [COMMAND, "demo"],
        env=environment | {"OUTBOUND_HOME": str(home), "OUTBOUND_PG_FSYNC": "off"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while len(processes_of(home)) < 6:
        assert time.monotonic() < deadline
        assert running.poll() is None
        time.sleep(0.2)
    running.terminate()

    assert running.wait(120) == 1
    assert processes_of(home) == []
