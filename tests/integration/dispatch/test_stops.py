"""Kill switches: nothing more is sent of what is stopped, nothing is lost, and it goes on where it stood."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dispatch.cli import command
from dispatch.status import overview
from tests.integration.dispatch.platform_by_hand import Platform


def says(*words: str) -> Result:
    return CliRunner().invoke(command, list(words))


def may_send(platform: Platform, account: int, connector: int | None) -> bool:
    return not platform.one("select dispatch.is_stopped(%s, %s)", account, connector)


def test_each_switch_stops_its_own(platform: Platform) -> None:
    nile, delta = platform.open_account("nile"), platform.open_account("delta")
    cairo, giza = platform.connect(1, "cairo"), platform.connect(2, "giza")
    assert may_send(platform, nile, cairo)

    assert says("stop", "--account", "nile", "--reason", "spam").output == "account nile is stopped\n"
    assert says("stop", "--account", "nile", "--reason", "again").output == "account nile was stopped already\n"
    assert [may_send(platform, one, cairo) for one in (nile, delta)] == [False, True]
    assert not may_send(platform, nile, None)

    says("stop", "--connector", "giza", "--reason", "maintenance")
    assert [may_send(platform, delta, one) for one in (cairo, giza, None)] == [True, False, True]

    says("stop", "--platform", "--reason", "fire")
    assert not may_send(platform, delta, cairo)
    assert [row["stopped"] for row in overview()["stopped"]] == ["account nile", "connector giza", "the platform"]

    for target in (("--platform",), ("--account", "nile"), ("--connector", "giza")):
        assert " goes on: " in says("resume", *target, "--reason", "over").output
    assert may_send(platform, nile, giza)
    trail = platform.rows("select action, object, detail ->> 'reason' from account.audit order by audit_id")
    assert trail == [
        ("stop", "account nile", "spam"), ("stop", "connector giza", "maintenance"), ("stop", "the platform", "fire"),
        ("resume", "the platform", "over"), ("resume", "account nile", "over"), ("resume", "connector giza", "over"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stop", "--reason", "x"), "say what: one of --platform, --account NAME and --connector NAME"),
        (("stop", "--platform", "--account", "nile", "--reason", "x"), "say what: one of"),
        (("stop", "--platform"), "Missing option '--reason'"),
    ],
)
def test_a_switch_has_to_be_told_exactly(words: tuple[str, ...], said: str) -> None:
    result = says(*words)
    assert result.exit_code == 2
    assert said in result.output


def test_names_that_nobody_has_and_what_is_not_stopped_are_errors(platform: Platform) -> None:
    platform.open_account("nile")
    assert "there is no account tigris" in str(says("stop", "--account", "tigris", "--reason", "x").exception)
    assert "there is no connector giza" in str(says("stop", "--connector", "giza", "--reason", "x").exception)
    says("stop", "--platform", "--reason", "x")
    assert str(says("resume", "--account", "nile").exception) == "account nile is not stopped; stopped is: the platform"


@pytest.mark.parametrize("target", [("--account", "nile"), ("--platform",)])
def test_what_is_stopped_in_the_middle_goes_on_where_it_stood(
    platform: Platform, carrier: Callable[..., Any], target: tuple[str, ...]
) -> None:
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port, rate=100)
        campaign = platform.accept(["x"] * 400, batch_size=100)
        worker = platform.worker()
        platform.until(lambda: smsc.status()["accepted"] >= 50)
        says("stop", *target, "--reason", "test")
        platform.until(lambda: platform.one("select count(*) from dispatch.batch where state = 'leased'") == 0)
        written = platform.one("select count(*) from dispatch.submission where state = 'accepted'")
        assert written == smsc.witness.count() < 400
        platform.worker("--until-idle", name="second").wait()
        assert smsc.witness.count() == written
        says("resume", *target)
        platform.until(lambda: platform.state(campaign) == "completed")
        doubled = smsc.witness.doubled()
        worker.stop()

    assert doubled == []
    assert platform.progress(campaign) == {"segments": 400, "accepted": 400, "final_receipts": 400}
