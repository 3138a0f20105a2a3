"""What was issued stays as it was issued: by privilege, by trigger, by a check at commit, and found where all of it was got past."""

import psycopg
import pytest

from outbound import database

FROZEN = ("invoice", "invoice_line", "void", "credit_note", "closed_period", "draft_credit", "credit_decision")


@pytest.fixture
def invoice(operator) -> str:
    return operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10")["invoice"]


@pytest.mark.parametrize("table", FROZEN)
def test_nobody_who_works_here_may_change_or_rewrite_it(operator, invoice, table):
    for statement in (
        f"update billing.{table} set account_id = account_id",
        f"delete from billing.{table}",
        f"truncate billing.{table} cascade",
        f"alter table billing.{table} disable trigger never_changes",
        f"alter table billing.{table} add column note text",
        f"drop trigger never_changes on billing.{table}",
        f"drop table billing.{table} cascade",
        "create or replace function account.refuse_change() returns trigger language plpgsql as 'begin return new; end'",
        "set session_replication_role = replica",
    ):
        with database.connect("billing", autocommit=True) as role:
            role.execute("select 1")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                role.execute(statement)


@pytest.mark.parametrize("table", ["invoice", "invoice_line", "void", "credit_note", "draft_credit", "credit_decision"])
def test_documents_are_written_by_their_functions_only(operator, table):
    with (
        database.connect("billing", autocommit=True) as role,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        role.execute(f"insert into billing.{table} overriding system value select * from billing.{table}")


@pytest.mark.parametrize(
    "statement",
    [
        "update billing.invoice_line set net = 1",
        "delete from billing.invoice_line",
        "truncate billing.invoice cascade",
        "merge into billing.invoice_line as line using (select 1) as x on true when matched then update set net = 1",
        (
            "insert into billing.invoice overriding system value select * from billing.invoice"
            " on conflict (invoice_id) do update set net = 1, total = 1 + excluded.vat"
        ),
        "with gone as (delete from billing.invoice_line returning *) select * from gone",
    ],
)
def test_not_even_the_owner_does_nor_as_a_replica(operator, invoice, statement):
    for role in ("origin", "replica"):
        with psycopg.connect(operator.url, autocommit=True) as owner:
            owner.execute(f"set session_replication_role = {role}")
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="never changed"):
                owner.execute(statement)


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_an_issued_invoice_gets_no_more_lines(operator, invoice, role):
    more = (
        "insert into billing.invoice_line select invoice_id, 2, account_id, kind, zone, card_from, from_unit, quantity,"
        " rate, 0, vat_rate, 0, tax_treatment from billing.invoice_line"
    )
    with psycopg.connect(operator.url) as owner:
        owner.execute(f"set session_replication_role = {role}")
        owner.execute(more)
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="the lines that it was issued with"):
            owner.commit()


@pytest.mark.parametrize("change", ["update billing.invoice_line set rate = 0.11", "delete from billing.invoice_line"])
def test_what_was_changed_past_the_triggers_is_found(operator, invoice, change):
    assert operator.sql("select * from billing.tampered") == []
    operator.sql("alter table billing.invoice_line disable trigger never_changes")
    operator.sql(change)
    assert [row[1] for row in operator.sql("select * from billing.tampered")] == [invoice]


@pytest.mark.parametrize(
    "change",
    [
        'update billing.particulars set buyer = buyer || \'{"name": "Someone Else"}\'',
        "update billing.particulars set seller = seller - 'tax_id'",
        "update billing.particulars set effects = '{}'",
        "delete from billing.particulars",
    ],
)
def test_a_party_that_was_changed_past_the_triggers_is_found(operator, invoice, change):
    assert operator.sql("select * from billing.tampered") == []
    operator.sql("alter table billing.particulars disable trigger never_changes")
    operator.sql(change)
    assert [row[1] for row in operator.sql("select * from billing.tampered")] == [invoice]


def test_a_history_is_folded_before_the_series_is_locked(operator, invoice):
    """All who issue for a legal entity wait for the holder of its counter: nobody holds it while an account is reckoned up."""
    operator.does("void", invoice, "--reason", "x")
    operator.sql("""
        create or replace function billing.purchase_effects(of_account bigint, of_purchase bigint) returns jsonb language plpgsql as $$
        begin
            if exists (select from billing.document_counter where xmax = pg_current_xact_id()::xid) then
                raise exception 'the counter is locked';
            end if;
            return '{"units": 7}';
        end $$
    """)
    operator.sql("select billing.issue_invoice(account_id, null, purchase_id, 'test') from account.purchase")
    assert operator.sql("select effects from billing.particulars order by document_id desc limit 1") == [
        ({"units": 7},)
    ]


def test_a_rewritten_credit_note_is_found(operator, invoice):
    note = operator.does("refund", "--account", "nile", "--units", 10, "--reason", "x")["credit_notes"][0][
        "credit_note"
    ]
    operator.sql("alter table billing.credit_note disable trigger never_changes")
    operator.sql(
        "alter table billing.credit_note alter column reason type text using 'y'"
    )  # rewrites, fires no trigger
    assert [row[1] for row in operator.sql("select * from billing.tampered")] == [note]
