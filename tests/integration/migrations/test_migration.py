"""The schema comes from nothing, goes and comes again, and many may try at once."""

import subprocess
import sys
import uuid
from collections.abc import Iterator

import psycopg
import pytest

from outbound import database as operational

SCHEMAS = [
    "account",
    "billing",
    "dispatch",
    "finance",
    "intake",
    "intermediate",
    "network",
    "operations",
    "portal",
    "report",
    "staging",
]
OURS = "select nspname from pg_namespace where nspname !~ '^pg_|^information_schema$|^public$' order by 1"


@pytest.fixture
def empty(server: str) -> Iterator[str]:
    name = f"test_{uuid.uuid4().hex[:16]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    yield server.rpartition("/")[0] + "/" + name
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def schemas(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(OURS)]


def described(url: str) -> list[tuple[str, ...]]:
    """Every column, constraint, index, policy, trigger, function and grant of the schema."""
    query = """
        select 'column', table_schema, table_name, column_name, data_type || coalesce(column_default, '')
        from information_schema.columns where table_schema = any (%(ours)s)
        union all
        select 'constraint', connamespace::regnamespace::text, conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        from pg_constraint where connamespace::regnamespace::text = any (%(ours)s)
        union all
        select 'index', schemaname, tablename, indexname, indexdef from pg_indexes where schemaname = any (%(ours)s)
        union all
        select 'policy', schemaname, tablename, policyname, qual from pg_policies where schemaname = any (%(ours)s)
        union all
        select 'function', pronamespace::regnamespace::text, proname, pg_get_function_identity_arguments(oid), md5(prosrc)
        from pg_proc where pronamespace::regnamespace::text = any (%(ours)s)
        union all
        select 'trigger', '', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
        union all
        select 'grant', table_schema, table_name, grantee, privilege_type
        from information_schema.role_table_grants where table_schema = any (%(ours)s)
        order by 1, 2, 3, 4, 5
    """
    with psycopg.connect(url) as connection:
        return connection.execute(query, {"ours": SCHEMAS}).fetchall()


def test_from_nothing_and_back_and_again(empty: str) -> None:
    operational.migrate(empty)
    assert schemas(empty) == SCHEMAS
    first = described(empty)
    operational.migrate(empty, "base")
    assert schemas(empty) == []
    operational.migrate(empty)
    assert described(empty) == first
    operational.migrate(empty)
    assert described(empty) == first


def test_commands_that_come_first_together_migrate_once(empty: str) -> None:
    probe = (
        f"import os; os.environ['DATABASE_URL'] = {empty!r}; from outbound import database; database.connect().close()"
    )
    started = [subprocess.Popen([sys.executable, "-c", probe], stderr=subprocess.PIPE) for _ in range(4)]
    ended = [(process.communicate()[1].decode(), process.returncode) for process in started]
    assert [code for _, code in ended] == [0, 0, 0, 0], ended
    assert schemas(empty) == SCHEMAS


def test_a_database_that_may_not_be_set_up_says_what_is_needed(server: str, empty: str) -> None:
    role = f"poor_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create role {role} login password 'poor'")
    try:
        with pytest.raises(operational.NoDatabase, match="superuser"):
            operational.migrate(psycopg.conninfo.make_conninfo(empty, user=role, password="poor"))
        assert schemas(empty) == []
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"drop role {role}")


def test_the_fresh_schema_passes_its_own_checks(database: str) -> None:
    """Every table of a tenant has its policy, and is closed to the web's role by name of a partition."""
    with psycopg.connect(database) as connection:
        open_tables = connection.execute("""
            select relation.oid::regclass::text
            from pg_class as relation
            join pg_attribute on attrelid = relation.oid and attname = 'account_id'
            where relation.relkind in ('r', 'p')
              and not relation.relispartition
              and relation.relnamespace::regnamespace::text in ('account', 'intake', 'dispatch', 'billing', 'report')
              and not relation.relrowsecurity
        """).fetchall()
        readable = connection.execute("""
            select oid::regclass::text from pg_class
            where relispartition and relkind = 'r' and has_table_privilege('outbound_web', oid, 'select')
        """).fetchall()
    assert open_tables == []
    assert readable == []
