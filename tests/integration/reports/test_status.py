"""`outbound status`: what runs, what waits, what is held and what releases it, and what is not known."""

import json
from typing import Any

import psycopg
from click.testing import CliRunner

from reports.cli import status as command
from reports.status import status


def does(database: str, *statements: str) -> None:
    with psycopg.connect(database) as connection:
        for statement in statements:
            connection.execute(statement)


def worker(heartbeat: str = "now()") -> str:
    return (
        "insert into dispatch.epoch (worker, host, boot_id, pid, journal, heartbeat_at)"
        f" values ('w', 'h', 'b', 1, 'j', {heartbeat})"
    )


def event(kind: str) -> str:
    return (
        "insert into dispatch.session_event (connector_id, epoch_id, session, kind, reason)"
        f" select connector_id, max(epoch_id), 1, '{kind}', 'because'"
        " from dispatch.connector, dispatch.epoch group by 1"
    )


def connector() -> dict[str, Any]:
    (found,) = status()["connectors"]
    return found


def test_nothing_runs_yet(traffic: str) -> None:
    found = status()
    assert found["workers"] == []
    assert found["build"] is None
    assert connector()["sessions"] == 0
    said = CliRunner().invoke(command, []).output
    assert "none runs: `outbound dispatch`" in said
    assert "last build  none yet: `outbound build`" in said


def test_a_worker_is_alive_as_long_as_it_shows_it(traffic: str) -> None:
    does(traffic, worker(), worker("now() - interval '10 minutes'"))
    assert [row["state"] for row in status()["workers"]] == ["alive", "silent"]


def test_a_connector_s_sessions_are_those_bound_now(traffic: str) -> None:
    does(traffic, worker(), event("bind"))
    assert connector()["sessions"] == 1
    does(traffic, event("counters"))
    assert connector()["sessions"] == 1
    does(traffic, event("loss"))
    assert connector()["sessions"] == 0
    assert connector()["last_trouble"] == "loss: because"


def test_campaigns_under_way_show_where_their_segments_stand(traffic: str) -> None:
    assert [(row["account"], row["segments"], row["accepted"], row["unsent"]) for row in status()["campaigns"]] == [
        ("delta", 1, 1, 0),
        ("nile", 1, 1, 0),
    ]


def test_what_is_held_says_why_and_what_releases_it(traffic: str) -> None:
    does(
        traffic,
        "alter table intake.campaign disable trigger keep_to_transitions",
        "update intake.campaign set state = 'held', held_code = 'NO_BALANCE', held_detail = 'needs 3,000, has 2,176'"
        " where account_id = (select account_id from account.account where name = 'nile')",
    )
    (held,) = status()["held"]
    assert (held["account"], held["code"], held["why"]) == ("nile", "NO_BALANCE", "needs 3,000, has 2,176")
    assert "recharge" in held["released_by"]


def test_a_file_held_without_a_campaign_is_shown_until_its_name_was_taken(traffic: str) -> None:
    insert = (
        "insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at,"
        " state, outcome, ack, answered_at) select account_id, 'optout', 'o.csv', 1, {}, sha256(''), '', 'stability', now(),"
        " 'answered', '{}', '{{\"codes\": [{{\"code\": \"MAYBE_TRUNCATED\"}}]}}', now()"
        " from account.account where name = 'nile'"
    )
    does(traffic, insert.format(1, "held"))
    (held,) = status()["held_files"]
    assert (held["account"], held["kind"], held["code"]) == ("nile", "optout", "MAYBE_TRUNCATED")
    does(traffic, insert.format(2, "accepted"))
    assert status()["held_files"] == []


def test_answers_that_were_lost_are_counted_until_they_are_settled(traffic: str) -> None:
    assert status()["in_doubt"] == []
    does(
        traffic,
        "update dispatch.submission set state = 'in_doubt', command_status = null, answered_at = null",
        "insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof)"
        " select account_id, campaign_id, ordinal, segment, attempt, 'unknown', 'time_limit'"
        " from dispatch.submission order by account_id limit 1",
    )
    assert status()["in_doubt"] == [{"connector": "main", "in_doubt": 1, "unknown": 1}]
    does(
        traffic,
        "insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof)"
        " select account_id, campaign_id, ordinal, segment, attempt, 'accepted', 'receipt' from dispatch.submission",
    )
    assert status()["in_doubt"] == [{"connector": "main", "in_doubt": 0, "unknown": 0}]


def test_a_program_reads_it_as_json_and_no_number_or_password_is_in_it(traffic: str) -> None:
    said = CliRunner().invoke(command, ["--json"]).output
    assert set(json.loads(said)) >= {
        "database",
        "workers",
        "connectors",
        "build",
        "files",
        "campaigns",
        "held",
        "in_doubt",
    }
    assert "20100123456" not in said
    assert "password" not in said
