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


def event(kind: str, session: int = 1) -> str:
    """Of the worker that began last. session: -1 is the connector as a whole."""
    return (
        "insert into dispatch.session_event (connector_id, epoch_id, session, kind, reason)"
        f" select connector_id, max(epoch_id), {session}, '{kind}', 'because'"
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


def test_a_connector_s_circuit_is_the_worst_that_a_living_worker_sees(traffic: str) -> None:
    assert connector()["circuit"] is None
    does(traffic, worker("now() - interval '10 minutes'"), event("circuit_open", -1))
    assert connector()["circuit"] is None
    does(traffic, worker())
    assert connector()["circuit"] == "circuit_closed"
    does(traffic, event("circuit_open", -1))
    assert connector()["circuit"] == "circuit_open"
    does(traffic, event("circuit_half_open", -1))
    assert connector()["circuit"] == "circuit_half_open"
    does(traffic, worker())
    assert connector()["circuit"] == "circuit_half_open"
    does(traffic, event("circuit_open", -1))
    assert connector()["circuit"] == "circuit_open"


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


def test_a_campaign_that_its_units_left_half_sent_is_held(traffic: str) -> None:
    does(
        traffic,
        "alter table intake.campaign disable trigger keep_to_transitions",
        "update intake.campaign set state = 'paused'",
        "insert into intake.campaign_event (account_id, campaign_id, kind, cause, detail)"
        " select account_id, campaign_id, 'paused', 'customer', case account.name when 'nile' then"
        " '{\"code\": \"NO_BALANCE\"}'::jsonb else '{}' end from intake.campaign join account.account using (account_id)",
    )
    (held,) = status()["held"]
    assert (held["account"], held["code"]) == ("nile", "NO_BALANCE")
    assert "expire" in held["why"]
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


def test_money_that_waits_for_somebody_says_whose_and_what_to_do(traffic: str) -> None:
    """Only what there is some of: nothing of nile's waits, and what is decided or void does not."""
    does(
        traffic,
        "update account.account set created_at = date_trunc('month', now(), 'Africa/Cairo') + interval '14 days'",
    )
    assert status()["money"] == []
    assert "MONEY THAT WAITS FOR SOMEBODY\nnone" in CliRunner().invoke(command, []).output
    does(
        traffic,
        "update account.account set created_at = date_trunc('month', now(), 'Africa/Cairo') - interval '45 days' where name = 'delta'",
        "insert into billing.approval (legal_entity_id, action, object, proposed_by) select legal_entity_id, 'void', 'a', 'maha'"
        " from account.legal_entity",
        "insert into account.person (email, name, role) values ('omar@telecom.example', 'Omar', 'finance')",
        "insert into billing.approval (legal_entity_id, action, object, proposed_by, approved_by, approved_at)"
        " select legal_entity_id, 'void', 'b', 'maha', 'omar@telecom.example', now() from account.legal_entity",
        "insert into billing.approval (legal_entity_id, action, object, proposed_by, expires_at)"
        " select legal_entity_id, 'void', 'c', 'maha', now() from account.legal_entity",
        "insert into billing.bank_line (bank, reference, file, line, value_day, amount, withheld, currency, loaded_by)"
        " values ('nbe', 'R-1', 'x.csv', 2, '2026-10-01', 5, 0, 'EGP', 'maha')",
        "insert into account.purchase_order (account_id, business_key, ordered_at, units, rate, zones, quoted_net, quoted_vat,"
        " currency, ordered_by) select account_id, 'O-1', now(), 10, 1, '{EG}', 10, 0, 'EGP', 'maha' from account.account"
        " where name = 'delta'",
        "alter table billing.invoice disable trigger is_whole",  # what it says is not the matter here
        "alter table billing.invoice_line disable trigger is_whole",
        "insert into billing.invoice (account_id, legal_entity_id, year, number, label, kind, month, issue_day, due_day, issued_at, issued_by,"
        " currency, net, vat, total, content_hash) select account_id, legal_entity_id, 2026, n, '2026-00000' || n, 'month',"
        " make_date(2026, n, 1), '2026-11-01', '2026-12-01', now(), 'maha', 'EGP', 10, 0, 10, sha256('') from account.account,"
        " generate_series(1, 2) as n where name = 'delta'",
        "insert into billing.invoice_line (invoice_id, n, account_id, kind, quantity, net, vat_rate, vat, tax_treatment)"
        " select invoice_id, 1, account_id, 'usage', 0, 10, 0, 0, 'standard' from billing.invoice",
        "insert into billing.void (invoice_id, account_id, voided_at, voided_by, reason)"
        " select invoice_id, account_id, now(), 'maha', 'x' from billing.invoice where number = 2",
        "insert into billing.draft_credit (account_id, invoice_id, line, class, net, reason, source, proposed_by)"
        " select account_id, invoice_id, 1, 'sla', 1, 'late', 'hand', 'maha' from billing.invoice where number = 1",
        "insert into billing.notice (account_id, kind, subject, facts, at) select account_id, 'low_balance', 's', '{}', now()"
        " from account.account where name = 'delta'",
        "insert into billing.notice_delivery (notice_id, account_id, channel, recipient, given_up_at)"
        " select notice_id, account_id, 'email', 'a@b.example', now() from billing.notice",
        "create table finance.rating_errors as select 'delta' as account, 'NO_RATE XX' as error",
        "grant select on finance.rating_errors to outbound_reporting",
    )
    assert [(row["what"], row["whose"], row["waiting"]) for row in status()["money"]] == [
        ("approvals", "Example", 1),
        ("bank lines", "(unassigned)", 1),
        ("orders", "delta", 1),
        ("credit drafts", "delta", 1),
        ("documents not delivered", "delta", 1),
        ("notices given up", "delta", 1),
        ("months not closed", "delta", 2),
        ("rating errors", "delta", 1),
    ]
    assert "outbound credit-draft list" in CliRunner().invoke(command, []).output
