"""A month that missed its targets: frozen for good, reported, made good once, and seen by its own account only (SLA)."""

import io
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from billing import draft_credits
from billing.build import build
from billing.missed_targets import raise_due
from reports.catalogue import TABLES
from reports.export import export
from reports.sla_report import write_due
from tests.integration.dbt.conftest import Books, cairo

CAMPAIGN = """
    insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by, stable_at)
        values (%(account)s, 'campaign', 'x', 1, 1, sha256('x'), '-', 'command', '2026-03-10 10:00Z');
    insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments, received_at,
            accepted_at, eligible_at)
        select account_id, account_id, file_id, 'rejected', 'x', 'X', 1000, 1000, 1000, stable_at, stable_at, stable_at
        from intake.file where account_id = %(account)s;
    insert into dispatch.message (campaign_id, ordinal, account_id, line, msisdn, encoding, segments, network_id, zone)
        select account_id, n, account_id, n, 201000000000 + n, 'gsm', 1, 1, 'EG'
        from intake.campaign, generate_series(1, 1000) as n where account_id = %(account)s;
    insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, command_status, sent_at, answered_at,
            epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)
        select account_id, campaign_id, ordinal, 1, 1,
            (case when ordinal <= %(refused)s then 'rejected' else 'accepted' end)::dispatch.attempt_state,
            case when ordinal <= %(refused)s then 69 else 0 end, '2026-03-10 10:00:01Z', '2026-03-10 10:00:02Z',
            1, 1, 1, 1, 1, 1, 1, 'EG'
        from dispatch.message where account_id = %(account)s;
    insert into dispatch.receipt_match (receipt_id, received_at, account_id, campaign_id, ordinal, segment, attempt, state, final,
            error_code, matched_at)
        select campaign_id * 10000 + ordinal, '2026-03-10 10:00:10Z', account_id, campaign_id, ordinal, 1, 1,
            case when ordinal > 990 then 5 else 2 end, true, case when ordinal > 990 then '027' end, '2026-03-10 10:00:11Z'
        from dispatch.submission where account_id = %(account)s and state = 'accepted'
"""
SECRET = ("session_hours", "error_classes")
STAFFS = [f"operations.{table}" for table in SECRET]


@pytest.fixture(scope="module")
def missed(books: Books, tmp_path_factory) -> Books:
    """delta lost 3 of 1,000, three times what it may; nile, prepaid, 10; oasis none. The month is frozen, delta is invoiced.

    The connector is in service from 1 March 02:00 in Cairo on: 44,520 minutes, 30 without an answer, 20 of them announced.
    """
    zones = tmp_path_factory.mktemp("zones")
    books.execute("select dispatch.ensure_days('2026-03-10', '2026-03-10'), dispatch.ensure_message_partition(1)")
    books.execute(
        "insert into dispatch.connector (name, host, port, system_id, password) values ('one', 'h', 1, 's', '{}')"
    )
    books.execute(
        "insert into dispatch.session_event (at, connector_id, epoch_id, session, kind, last_answered_at)"
        " select at, 1, 1, 1, 'counters', at from generate_series('2026-03-01 00:00Z'::timestamptz, '2026-03-31 21:59Z', '1 minute') as at"
        " where at not between '2026-03-15 00:00Z' and '2026-03-15 00:29Z'"
    )
    books.execute(
        "insert into dispatch.maintenance (starts_at, ends_at, reason, announced_at, announced_by)"
        " values ('2026-03-15 00:00Z', '2026-03-15 00:20Z', 'x', '2026-03-10 00:00Z', 'x')"
    )
    for name, scheme, refused in (("delta", "postpaid", 3), ("nile", "prepaid", 10), ("oasis", "postpaid", 0)):
        account = books.account(name, scheme=scheme)
        if scheme == "prepaid":
            account.buys(5_000, at="2026-01-02 10:00", rate="0.10")
        else:
            account.has_card((1, "0.10"))
        books.execute(
            "update account.account set landing = %s, language = %s where account_id = %s",
            str(zones / name), "ar", account.account_id,
        )  # fmt: skip
        for statement in CAMPAIGN.split(";\n"):
            books.connection.execute(statement.encode(), {"account": account.account_id, "refused": refused})
        if name == "delta":
            account.is_invoiced("99.75", at="2026-04-01 12:00", label="2026-000001")
    build(cairo("2026-04-10 00:00"))
    assert write_due() == ["2026-03"]
    build(cairo("2026-04-11 00:00"))
    books.zones = zones  # type: ignore[attr-defined]
    return books


def figures(books: Books, account: str) -> dict[str, tuple]:
    rows = books.execute(
        "select metric, good, counted, exclusions, state, adjusted, budget_left from operations.sla where account = %s",
        account,
    )
    return {row[0]: row[1:] for row in rows}


def test_every_figure_of_the_month(missed):
    assert figures(missed, "delta") == {
        "S1": (44_490, 44_500, {"announced_maintenance": 20}, "met", Decimal("0.999775"), Decimal("0.550562")),
        "S3": (997, 1000, {}, "breached", Decimal("0.997000"), Decimal("-2.000000")),
        "S4": (1000, 1000, {}, "met", Decimal("1.000000"), Decimal("1.000000")),
        "S5": (1, 1, {}, "met", Decimal("1.000000"), Decimal("1.000000")),
        "S6": (987, 997, {}, "insufficient data", Decimal("0.989970"), None),
        "S7": (987, 987, {"handset_unavailable": 10}, "insufficient data", Decimal("1.000000"), Decimal("1.000000")),
        "S8": (997, 997, {}, "insufficient data", Decimal("1.000000"), Decimal("1.000000")),
        "S9": (987, 987, {}, "insufficient data", Decimal("1.000000"), Decimal("1.000000")),
        "S10": (997, 997, {}, "insufficient data", Decimal("1.000000"), Decimal("1.000000")),
        "S11": (997, 997, {}, "insufficient data", Decimal("1.000000"), Decimal("1.000000")),
        "S12": (997, 997, {}, "met", Decimal("1.000000"), None),
        "S13": (0, 1, {}, "breached", Decimal("0.000000"), Decimal("-19.000000")),
        "S14": (997, 997, {}, "met", Decimal("1.000000"), None),
    }


def test_nothing_restates_a_frozen_month(missed):
    before = figures(missed, "delta")
    missed.execute("insert into account.sla_term select account_id, 'S3', '2026-01-01', 0.5 from account.account")
    missed.execute("update network.network set receipts = false")
    missed.execute("insert into dispatch.maintenance (starts_at, ends_at, reason, announced_at, announced_by)"
                   " values ('2026-03-15 00:00Z', '2026-03-15 00:30Z', 'x', '2026-03-10 00:00Z', 'x')")  # fmt: skip
    build(cairo("2026-04-12 00:00"))
    assert figures(missed, "delta") == before
    assert missed.execute("select count(*) > 10, count(distinct month) from report.sla_error").fetchone() == (True, 1)


def test_the_rows_behind_a_figure_add_up_to_it(missed):
    """S7 and what it leaves out, from the campaign, from hours and from messages."""
    for query in (
        "select sum(delivered), sum(counted), sum(excluded) from operations.sla_campaigns where account = 'delta'",
        "select sum(delivered), sum(counted), sum(excluded) from operations.sla_hours where account = 'delta'",
        (
            "select count(*) filter (where outcome = 'delivered'), count(*) filter (where outcome = 'delivered'),"
            " count(*) filter (where outcome = 'handset_unavailable') from operations.message_outcomes where account = 'delta'"
        ),
    ):
        assert missed.execute(query.encode()).fetchone() == (987, 987, 10)
    errors = missed.execute(
        "select error, meaning, messages from operations.sla_errors where account = 'delta' order by 1"
    )
    assert errors.fetchall() == [("27", "absent subscriber", 10), ("status 0x00000045", None, 3)]


def test_every_table_can_be_taken_away(missed):
    """With its order, its month and its account, as far as it has them; a frozen month's row is exported once."""
    for name, table in TABLES.items():
        if name.startswith("operations."):
            target = io.BytesIO()
            count = export(name, target, "csv", None if name in STAFFS else "delta", "2026-03" if table.month else None)
            assert count > 0, name
    target = io.BytesIO()
    assert export("operations.sla", target, "csv", "delta", "2026-03") == 13
    assert b",S13,0.000000,0.000000,{},0.95,breached," in target.getvalue()


def test_each_account_has_its_report_in_its_language(missed):
    for name in ("delta", "nile", "oasis"):
        results = Path(missed.zones) / name / "results"
        assert (results / "sla-2026-03.csv").read_text().count("\n") == 14
        assert (results / "sla-2026-03.pdf").read_bytes().startswith(b"%PDF")


def test_a_credit_is_proposed_once_and_a_person_decides(missed, monkeypatch):
    """S13's only file was never answered, twenty times what may fail: 50 % of 99.75 is 49.875, in cents 49.88."""
    told = raise_due(dry_run=True)
    assert missed.execute("select count(*) from billing.draft_credit").fetchone() == (0,)
    done = raise_due()
    (draft,) = done["drafts"]
    assert (draft["account"], draft["metric"], draft["net"], draft["currency"]) == (
        "delta",
        "S13",
        Decimal("49.88"),
        "EGP",
    )
    assert draft["reason"] == "S13 of 2026-03: 0 % of 95 %, 50 % of the month's fees"
    assert [one["net"] for one in told["drafts"]] == [Decimal("49.88")]
    assert [(one["account"], one["units"]) for one in done["units"]] == [("nile", 495)]
    assert told["units"] == done["units"]
    again = raise_due()
    assert (again["drafts"], again["units"]) == ([], [])
    (listed,) = draft_credits.proposed()
    assert (listed["state"], listed["invoice"], listed["line"], listed["proposed_by"]) == (
        "draft", "2026-000001", 1, "missed SLA target",
    )  # fmt: skip
    missed.execute("insert into account.person (email, name, role) values ('maha@telecom.example', 'Maha', 'finance')")
    monkeypatch.setenv("OUTBOUND_ACTOR", "maha@telecom.example")
    draft_credits.reject(listed["draft_credit_id"], "was no customer's file")
    assert raise_due()["drafts"] == []


def test_the_web_sees_its_own_rows_only(missed):
    tables = [
        row[0]
        for row in missed.execute(
            "select table_name from information_schema.tables where table_schema = 'operations' order by 1"
        )
    ]
    assert len(tables) >= 9
    names = dict(missed.execute("select name, account_id from account.account").fetchall())
    for table in tables:
        with psycopg.connect(missed.url, options="-c role=outbound_web") as web:
            if table in SECRET:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    web.execute(f"select * from operations.{table}".encode())
                continue
            query = f"select distinct account from operations.{table}".encode()
            assert web.execute(query).fetchall() == [], table
            web.execute("select set_config('outbound.account', %s, true)", [str(names["delta"])])
            assert web.execute(query).fetchall() == [("delta",)], table
