"""A campaign with a rate of its own: no second holds more of it, over all workers and connectors, and others pass it."""

import json
from bisect import bisect_left
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from dispatch import rate_change
from dispatch.campaign_cli import command
from dispatch.control import NotPossible
from tests.integration.dispatch.platform_by_hand import Platform


def test_two_workers_keep_to_the_rate_of_a_campaign_and_another_one_is_not_held_up(
    platform: Platform, carrier: Callable[..., Any]
) -> None:
    with carrier("--receipt-delay=0", name="a") as a, carrier("--receipt-delay=0", name="b") as b:
        for name, smsc in (("a", a), ("b", b)):
            platform.connect(smsc.port, name, routes=[{"prefix": "20", "weight": 1}])
        workers = [platform.worker(name=name) for name in ("one", "two")]
        platform.until(lambda: a.status()["binds"] == b.status()["binds"] == 2)
        with platform.connection.transaction():
            slow = platform.accept(["x"] * 150, batch_size=40)
            platform.rows("update intake.campaign set rate = 30 where campaign_id = %s", slow)
        quick = platform.accept(["y"] * 2000, first=201005000000)
        platform.until(lambda: platform.state(quick) == "completed")
        assert platform.progress(slow)["unsent"] > 0
        platform.until(lambda: platform.state(slow) == "completed")
        records = [record for smsc in (a, b) for record in smsc.witness.accepted()]
        for worker in workers:
            worker.stop()

    assert len({record.destination for record in records}) == len(records) == 2150
    times = sorted(record.at for record in records if int(record.destination) < 201005000000)
    assert max(bisect_left(times, at + 1.0) - place for place, at in enumerate(times)) <= 30
    assert platform.one("select count(*) from dispatch.rate_share") == 0


def test_the_rate_of_a_campaign_under_way_is_changed_within_seconds_and_on_record(
    platform: Platform, carrier: Callable[..., Any]
) -> None:
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port)
        with platform.connection.transaction():
            campaign = platform.accept(["x"] * 400)
            platform.rows("update intake.campaign set rate = 1 where campaign_id = %s", campaign)
        platform.worker()
        platform.until(lambda: smsc.status()["accepted"] >= 2)
        for words in (["rate=40"], ["rate=null"]):
            before = smsc.status()["accepted"]
            done = CliRunner().invoke(command, ["set", str(campaign), *words, "--reason", "slow", "--json"])
            assert done.exit_code == 0, done.output
            platform.until(lambda before=before: smsc.status()["accepted"] >= before + 40, seconds=20)
        platform.until(lambda: platform.state(campaign) == "completed")
        times = sorted(record.at for record in smsc.witness.accepted())

    assert json.loads(done.output) == {"campaign": campaign, "rate": None, "before": 40}
    assert len(times) == 400
    limited = times[:before]  # those before the limit was lifted
    assert max(bisect_left(limited, at + 1.0) - place for place, at in enumerate(limited)) <= 40
    changes = platform.rows("select action, object, detail from account.audit order by at")
    assert changes == [
        ("change rate", f"campaign {campaign}", {"rate": 40, "before": 1, "reason": "slow"}),
        ("change rate", f"campaign {campaign}", {"rate": None, "before": 40, "reason": "slow"}),
    ]
    with pytest.raises(NotPossible, match="it is completed"):
        rate_change.change(campaign, 5, reason="late")
    with pytest.raises(NotPossible, match="no campaign 99"):
        rate_change.change(99, 5, reason="which")


@pytest.mark.parametrize("word", ["rate=0", "rate=x", "rate=", "speed=5", "5"])
def test_what_is_no_rate_is_refused_with_what_to_write(word: str) -> None:
    refused = CliRunner().invoke(command, ["set", "1", word, "--reason", "r"])
    assert refused.exit_code == 2
    assert "rate=N" in refused.output
