"""Promise 4: the web's role sees the rows of the account that its transaction names, and none without one."""

import random
from typing import Any

import psycopg
import pytest

READABLE = """
    select oid::regclass::text
    from pg_class
    where relkind in ('r', 'p', 'v')
      and relnamespace::regnamespace::text in ('account', 'intake', 'dispatch', 'billing', 'report')
      and has_table_privilege('outbound_web', oid, 'select')
    order by 1
"""


def readable(acts: Any) -> list[str]:
    with acts(None) as owner:
        return [row[0] for row in owner.execute(READABLE)]


def test_each_table_shows_a_tenant_its_own_rows_only(acts: Any, tenants: Any) -> None:
    tables = readable(acts)
    assert {
        "dispatch.message",
        "dispatch.submission",
        "account.base_member",
        "account.base_change",
        "intake.campaign",
    } <= set(tables)
    for table in tables:
        for own in (tenants.nile, tenants.delta):
            with acts("web", own) as web:
                seen = {row[0] for row in web.execute(f"select account_id from {table}")}
            assert seen <= {own}, table


@pytest.mark.parametrize(
    "table", ["billing.delivery", "billing.tax_submission", "account.purchase_order", "account.cancelled_order"]
)
def test_a_tenant_sees_what_became_of_its_own_orders_and_documents(acts: Any, tenants: Any, table: str) -> None:
    for own in (tenants.nile, tenants.delta):
        with acts("web", own) as web:
            assert web.execute(f"select account_id from {table}").fetchall() == [(own,)]


@pytest.mark.parametrize("named", [None, "", "0", "-1", "999999"])
def test_without_a_known_account_there_is_nothing(acts: Any, tenants: Any, named: str | None) -> None:
    for table in readable(acts):
        with acts("web", named) as web:
            assert web.execute(f"select * from {table}").fetchall() == [], table


@pytest.mark.parametrize("named", ["nile", "1 or true", "1; drop schema account"])
def test_what_is_no_account_is_an_error(acts: Any, tenants: Any, named: str) -> None:
    with acts("web", named) as web, pytest.raises(psycopg.errors.InvalidTextRepresentation):
        web.execute("select * from dispatch.message")


def test_an_account_lasts_as_long_as_its_transaction(acts: Any, tenants: Any) -> None:
    """A pooled connection does not take one tenant's rows to the next request."""
    with acts("web", tenants.nile) as web:
        assert web.execute("select count(*) from account.base_member").fetchone() == (1,)
        web.commit()
        assert web.execute("select count(*) from account.base_member").fetchone() == (0,)


def test_random_rows_of_two_tenants_never_mix(acts: Any, tenants: Any, database: str) -> None:
    chance = random.Random(4)
    own: dict[int, set[int]] = {tenants.nile: set(), tenants.delta: set()}
    with psycopg.connect(database) as owner:
        owner.execute("delete from account.base_member")
        for number in chance.sample(range(201_000_000_000, 201_999_999_999), 400):
            for account in chance.sample(sorted(own), chance.randint(1, 2)):
                owner.execute("insert into account.base_member (account_id, msisdn) values (%s, %s)", [account, number])
                own[account].add(number)
    everybody = sorted(own[tenants.nile] | own[tenants.delta])
    for _ in range(40):
        account = chance.choice(sorted(own))
        wanted = chance.sample(everybody, 50)
        condition = chance.choice(
            [
                "msisdn = any (%(wanted)s)",
                "msisdn = any (%(wanted)s) or true",
                "account_id = %(other)s or msisdn = any (%(wanted)s)",
            ]
        )
        other = next(one for one in own if one != account)
        with acts("web", account) as web:
            query = f"select msisdn from account.base_member where {condition}"
            seen = {row[0] for row in web.execute(query, {"wanted": wanted, "other": other})}
        assert seen <= own[account]
        assert set(wanted) & own[account] <= seen


def test_the_web_reads_no_partition_no_password_and_changes_nothing(acts: Any, tenants: Any) -> None:
    """A partition read by its name would skip its parent's policy."""
    with acts(None) as owner:
        partitions = [
            row[0]
            for row in owner.execute("select oid::regclass::text from pg_class where relispartition and relkind = 'r'")
        ]
        assert any(name.startswith("dispatch.message_") for name in partitions)
        forbidden = owner.execute("""
            select oid::regclass::text from pg_class
            where relkind in ('r', 'p') and relnamespace::regnamespace::text !~ '^pg_|information_schema'
              and has_table_privilege('outbound_web', oid, 'insert, update, delete, truncate')
        """).fetchall()
    assert forbidden == []
    for table in [
        *partitions,
        "dispatch.connector",
        "account.audit",
        "dispatch.receipt",
        "dispatch.reply",
        "dispatch.attempt",
    ]:
        with acts("web", tenants.nile) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
            web.execute(f"select * from {table}")


OWN = {  # what may answer with its owner's eyes, and how it is asked: of the transaction's account, and of nothing else
    "portal.balance()": "select count(*) from portal.balance()",
    "portal.lots()": "select count(*) from portal.lots()",
    "portal.is_opted_out(bigint)": "select count(*) filter (where portal.is_opted_out(msisdn)) from generate_series(201000000000, 201000000100) as msisdn",
    "portal.people()": "select count(*) from portal.people()",
    "portal.campaign_progress(bigint)": "select count(*) from generate_series(1, 100) as campaign, portal.campaign_progress(campaign)",
}


def test_no_other_function_lets_the_web_past_its_policy(acts: Any, tenants: Any) -> None:
    """A SECURITY DEFINER function answers with its owner's eyes."""
    with acts(None) as owner:
        callable_ones = owner.execute("""
            select oid::regprocedure::text from pg_proc
            where prosecdef and pronamespace::regnamespace::text !~ '^pg_'
              and has_function_privilege('outbound_web', oid, 'execute')
        """).fetchall()
    assert {name for (name,) in callable_ones} == set(OWN)


@pytest.mark.parametrize("function", sorted(OWN))
@pytest.mark.parametrize("named", [None, "", "0", "999999"])
def test_without_a_known_account_those_functions_say_nothing(
    acts: Any, tenants: Any, function: str, named: str | None
) -> None:
    with acts("web", named) as web:
        assert web.execute(OWN[function]).fetchone() == (0,)


def test_those_functions_say_what_is_the_account_s_own(acts: Any, tenants: Any) -> None:
    with acts(None) as owner:
        owner.execute(
            "insert into account.opt_out (account_id, msisdn, source) values (%s, 201000000050, 'operator')",
            [tenants.nile],
        )
        owner.commit()
        accepted = dict(
            owner.execute(
                "select account_id, count(*) from intake.campaign where accepted_at is not null group by 1"
            ).fetchall()
        )
    opted_out = {}
    for account in (tenants.nile, tenants.delta):
        with acts("web", account) as web:
            (opted_out[account],) = web.execute(OWN["portal.is_opted_out(bigint)"]).fetchone() or (None,)
            assert web.execute(OWN["portal.campaign_progress(bigint)"]).fetchone() == (accepted.get(account, 0),)
            assert web.execute(OWN["portal.people()"]).fetchone() == (1,)
    assert opted_out[tenants.nile] == opted_out[tenants.delta] + 1
