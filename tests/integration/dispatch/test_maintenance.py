"""SLA S1: maintenance counts where it was announced 72 hours ahead, and what is on record stays there."""

from datetime import timedelta

import psycopg
import pytest
from click.testing import CliRunner

from dispatch.maintenance import NotAnnounced, announce, announced, withdraw
from dispatch.maintenance_cli import command
from outbound import clock


@pytest.fixture
def connector(database: str) -> str:
    with psycopg.connect(database) as owner:
        owner.execute(
            "insert into dispatch.connector (name, host, port, system_id, password) values ('main', 'h', 1, 's', '{}')"
        )
    return "main"


def starts(hours: float):
    return clock.now() + timedelta(hours=hours)


def test_three_days_ahead_it_counts_and_later_it_is_only_on_record(connector, database):
    early = announce(connector, starts(72.1), starts(73), "upgrade")
    late = announce(None, starts(71.9), starts(73), "repair")
    assert (early["counts"], late["counts"]) == (True, False)
    assert [(row["connector"], row["counts"], row["reason"]) for row in announced()] == [
        (None, False, "repair"), ("main", True, "upgrade"),
    ]  # fmt: skip
    with psycopg.connect(database) as owner:
        told = owner.execute("select object, detail ->> 'reason' from account.audit order by audit_id").fetchall()
    assert told == [("main", "upgrade"), ("every connector", "repair")]


def test_what_has_not_begun_can_be_withdrawn_once(connector, database):
    kept, gone = (announce(connector, starts(80), starts(81), "x")["maintenance"] for _ in range(2))
    withdraw(gone)
    assert [row["maintenance"] for row in announced()] == [kept]
    with pytest.raises(NotAnnounced, match="does not stand"):
        withdraw(gone)
    with psycopg.connect(database) as owner:
        owner.execute(
            "insert into dispatch.maintenance (starts_at, ends_at, reason, announced_at, announced_by)"
            " values (now() - interval '1 minute', now() + interval '1 hour', 'x', now() - interval '4 days', 'x')"
        )
    with pytest.raises(NotAnnounced, match="or has begun"):
        withdraw(announced()[0]["maintenance"])


@pytest.mark.parametrize(
    ("connector_name", "begins", "ends", "why"),
    [
        ("other", 80, 81, "there is no connector other"),
        (None, -1, 81, "only what is to come"),
        (None, 81, 80, "look at --from and --until"),
    ],
)
def test_what_cannot_be_says_why(connector, connector_name, begins, ends, why):
    with pytest.raises(NotAnnounced, match=why):
        announce(connector_name, starts(begins), starts(ends), "x")
    assert announced() == []


def test_the_command_takes_an_offset(connector):
    asked = [
        "announce",
        "--from",
        "2099-12-05T01:00+02:00",
        "--until",
        "2099-12-05T03:00+02:00",
        "--reason",
        "x",
        "--json",
    ]
    said = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert said.exit_code == 0, said.output
    listed = CliRunner().invoke(command, ["list", "--all"], catch_exceptions=False)
    assert "2099-12-04 23:00:00+00:00" in listed.output
