"""Each stage's role can do its work and no more; what was issued can be changed by nobody."""

from typing import Any

import psycopg
import pytest

ROLES = ("ingest", "dispatch", "billing", "dbt", "reporting", "operator", "doorman", "web")
FROZEN = (
    "billing.closed_period", "billing.invoice", "billing.invoice_line", "billing.void", "billing.credit_note",
    "billing.draft_credit", "billing.credit_decision",
    "billing.particulars", "billing.delivery", "billing.tax_submission", "report.sla_figure", "report.sla_error", "dispatch.maintenance", "dispatch.maintenance_withdrawal", "account.audit",
    "billing.notice", "billing.notice_over",
    "account.purchase", "account.payment", "account.adjustment", "account.past_usage", "account.opening", "account.opening_lot",
    "account.purchase_order", "account.cancelled_order", "billing.bank_line",
)  # fmt: skip


@pytest.mark.parametrize("table", FROZEN)
def test_no_role_may_change_or_remove_what_was_issued(acts: Any, tenants: Any, table: str) -> None:
    with acts(None) as owner:
        for role in ROLES:
            for privilege in ("update", "delete", "truncate"):
                may = owner.execute(
                    "select has_table_privilege(%s, %s, %s)", [f"outbound_{role}", table, privilege]
                ).fetchone()
                assert may == (False,), f"{role} may {privilege} {table}"


@pytest.mark.parametrize("table", [table for table in FROZEN if table != "account.audit"])
def test_its_triggers_hold_in_a_session_that_plays_replica_too(acts: Any, table: str) -> None:
    with acts(None) as owner:
        always = owner.execute(
            "select tgname from pg_trigger where tgrelid = %s::regclass and tgenabled = 'A' and tgname like 'never%%'"
            " order by 1",
            [table],
        ).fetchall()
        assert always == [("never_changes",), ("never_truncated",)]
        owner.execute("set local session_replication_role = replica")
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="add a correcting row instead"):
            owner.execute(f"truncate {table} cascade")


@pytest.mark.parametrize(
    "statement",
    [
        "update billing.closed_period set closed_by = 'y'",
        "delete from billing.closed_period",
        "truncate billing.closed_period",
        "truncate billing.invoice cascade",
        "update report.sla_figure set raw = 1",
        "truncate report.sla_figure",
        "delete from account.audit",
        "truncate account.audit",
    ],
)
def test_not_even_the_owner_changes_it(acts: Any, tenants: Any, statement: str) -> None:
    with acts(None) as owner:
        owner.execute("insert into account.audit (actor, action) values ('a', 'b')")
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="add a correcting row instead"):
            owner.execute(statement)


@pytest.mark.parametrize(
    "query",
    [
        "select msisdn from dispatch.message",
        "select text from dispatch.message",
        "select msisdn_hash from dispatch.message",
        "select * from dispatch.message",
        "select password from dispatch.connector",
        "select destination from dispatch.statement_line",
        "select * from dispatch.receipt",
        "select * from dispatch.reply",
        "select * from dispatch.submissions",
        "select * from account.base_member",
        "select * from account.base_change",
        "select * from account.opt_out",
        "select * from account.person",
    ],
)
def test_dbt_reads_no_number_no_text_and_no_password(acts: Any, tenants: Any, query: str) -> None:
    with acts("dbt") as dbt, pytest.raises(psycopg.errors.InsufficientPrivilege):
        dbt.execute(query)


def test_dbt_issues_nothing(acts: Any) -> None:
    with acts(None) as owner:
        writable = owner.execute("""
            select oid::regclass::text from pg_class
            where relkind in ('r', 'p')
              and relnamespace::regnamespace::text in ('account', 'network', 'intake', 'dispatch', 'billing', 'report')
              and has_table_privilege('outbound_dbt', oid, 'insert, update, delete, truncate')
        """).fetchall()
    assert writable == [("billing.prepaid_checkpoint",)]  # what the fold goes on from: no document


def test_a_carrier_s_password_is_for_those_who_bind_and_those_who_set_up(acts: Any) -> None:
    with acts(None) as owner:
        readers = {
            role
            for role in ROLES
            if owner.execute(
                "select has_column_privilege(%s, 'dispatch.connector', 'password', 'select')", [f"outbound_{role}"]
            ).fetchone() == (True,)
        }  # fmt: skip
    assert readers == {"dispatch", "operator"}


def test_what_carriers_cost_is_read_by_staff_and_set_by_the_operator(acts: Any) -> None:
    with acts(None) as owner:
        for table in ("network.buy_rate", "network.fx_rate"):
            for privilege, allowed in (
                ("select", {"billing", "dbt", "reporting", "operator"}), ("insert", {"operator"}), ("update", {"operator"}),
                ("delete", {"operator"}), ("truncate", set()),
            ):  # fmt: skip
                able = {
                    role
                    for role in ROLES
                    if owner.execute(
                        "select has_table_privilege(%s, %s, %s)", [f"outbound_{role}", table, privilege]
                    ).fetchone() == (True,)
                }  # fmt: skip
                assert able == allowed, f"{privilege} {table}"


def test_no_stage_owns_or_may_remove_a_log(acts: Any) -> None:
    with acts(None) as owner:
        for log in ("dispatch.submission", "dispatch.settlement", "dispatch.intent", "dispatch.receipt_match"):
            for role in ROLES:
                may = owner.execute(
                    "select has_table_privilege(%s, %s, 'update, delete, truncate')", [f"outbound_{role}", log]
                )
                assert may.fetchone() == (False,), f"{role} may change {log}"


def test_evidence_of_consent_is_written_by_intake_and_changed_by_nobody(acts: Any) -> None:
    with acts(None) as owner:
        for role in ROLES:
            for privilege, allowed in (("insert", ("ingest",)), ("delete", ("ingest",)), ("update, truncate", ())):
                may = owner.execute(
                    "select has_table_privilege(%s, 'account.base_change', %s)", [f"outbound_{role}", privilege]
                ).fetchone()
                assert may == (role in allowed,), f"{role} may {privilege}"


def test_what_is_younger_than_three_years_stays(acts: Any, tenants: Any) -> None:
    with acts("ingest") as ingest:
        ingest.execute(
            "insert into account.base_change (account_id, msisdn, kind, at)"
            " values (%s, 201001234569, 'removed', now() - interval '3 years 1 day')",
            [tenants.nile],
        )
        assert ingest.execute("delete from account.base_change where msisdn = 201001234569").rowcount == 1
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="add a correcting row instead"):
            ingest.execute("delete from account.base_change")


def test_only_the_web_is_under_row_level_security(acts: Any) -> None:
    with acts(None) as owner:
        query = (
            "select rolname, rolbypassrls, rolsuper, rolcanlogin from pg_roles where rolname ~ '^outbound_' order by 1"
        )
        found = owner.execute(query).fetchall()
    assert found == [(f"outbound_{role}", role != "web", False, False) for role in sorted(ROLES)]
