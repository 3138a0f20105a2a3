"""Nobody outside the base or opted out is queued; killed anywhere and run again, a file is one campaign."""

import csv
import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.foreground import ingest
from local.demo import people

OUTBOUND = Path(sys.executable).parent / "outbound"


def test_whatever_the_file_only_willing_members_are_queued_once(platform):
    """Ten campaigns of two accounts with numbers of everyone, written in every way."""
    rng = random.Random("promise")
    bases = people.bases()
    everyone = [member for base in bases.values() for member in base.members if str(member).startswith("20")]
    allowed = {}
    for account in ("nile", "delta"):
        base = rng.sample(everyone, 3_000)
        platform.members(account, base)
        left = rng.sample(everyone, 400)
        platform.opt_out(account, *left)
        allowed[account] = set(base) - set(left)
    barred = set(rng.sample(everyone, 300))
    platform.opt_out(None, *barred)
    platform.buy("nile", 10**6)
    platform.rows("update account.account set defaults = defaults || '{\"base_mismatch_percent\": 100}'")

    for n in range(10):
        account = rng.choice(("nile", "delta"))
        text = io.StringIO()
        writer = csv.writer(text, delimiter=rng.choice(",;\t|"), lineterminator=rng.choice(("\n", "\r\n")))
        writer.writerow(("msisdn", "text"))
        asked = [rng.choice(everyone) for _ in range(600)]
        writer.writerows((people.written(number, rng), f"campaign {n}") for number in asked)
        ack = ingest(platform.file(f"{n}.csv", text.getvalue()), account, "campaign")

        queued = [number for number, _ in platform.sent(ack["campaign_id"])]
        willing = allowed[account] - barred
        assert len(queued) == len(set(queued))
        assert set(queued) == set(asked) & willing


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_point_and_run_again_a_file_is_one_campaign(platform, seed):
    rng = random.Random(seed)
    numbers = [201000000000 + n for n in range(4_000)]
    platform.members("nile", numbers)
    platform.buy("nile", 10_000)
    path = platform.file("a.csv", "msisdn,text\n" + "".join(f"{number},hello\n" for number in numbers))
    command = [OUTBOUND, "ingest", path, "--account", "nile"]
    kills, whole = 0, _seconds([OUTBOUND, "validate", path, "--account", "nile"])
    for _ in range(3):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(whole * rng.uniform(0.1, 0.9))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.wait()
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)

    ack = json.loads(done.stdout)
    assert (ack["status"], ack["accepted"], kills > 0) == ("accepted", 4_000, True)
    assert platform.value("select count(*) from intake.campaign") == 1
    assert [number for number, _ in platform.sent(ack["campaign_id"])] == numbers
    assert platform.value("select count(*) from dispatch.message") == 4_000
    assert platform.value("select array_agg(segments) from account.reservation") == [4_000]
    assert platform.value("select sum(size) from dispatch.batch") == 4_000
    assert len(platform.results("nile", "ack.json")) == 1
    assert platform.value("select count(*) from pg_class where relname ~ '^landing_'") == 0


def _seconds(command: list[str]) -> float:
    begin = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=True)
    return time.monotonic() - begin
