"""Connections to the operational database, one PostgreSQL role a stage, and its migration.

`DATABASE_URL` names the server; without it the embedded one is started on demand, through the entry point group
`outbound.database`, so that the kernel imports no other package.
"""

import select
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from typing import Any

import psycopg
import sqlalchemy
from psycopg import sql

from outbound.errors import OutboundError
from outbound.settings import settings

_MIGRATION_LOCK = 7_266_801  # any number that nothing else locks


class NoDatabase(OutboundError):
    """The database cannot be reached: which one, why, and what to check."""


def url() -> str:
    """The libpq URI of the operational database, reachable and migrated."""
    configured = settings()
    if configured.database_url:
        found = configured.database_url
    else:
        (embedded,) = entry_points(group="outbound.database", name="embedded")
        found = embedded.load()(configured.home)
    _migrate_once(found)
    return found


def connect(role: str | None = None, *, autocommit: bool = False, **options: Any) -> psycopg.Connection:
    """A connection that acts as the role `outbound_<role>`, with the session's time zone UTC."""
    return _opened(url(), role, autocommit=autocommit, **options)


async def connect_async(
    role: str | None = None, *, autocommit: bool = False, **options: Any
) -> psycopg.AsyncConnection:
    """`connect`, for a program that runs on an event loop."""
    where = url()
    try:
        return await psycopg.AsyncConnection.connect(where, autocommit=autocommit, **_session(role), **options)
    except psycopg.OperationalError as error:
        raise _unreachable(where, error) from error


def conninfo(role: str | None = None) -> str:
    """What a library that opens its own connections needs, the role included."""
    return psycopg.conninfo.make_conninfo(url(), **_session(role))


def engine(role: str | None = None) -> sqlalchemy.Engine:
    """SQLAlchemy over the same connections; no pool of its own beyond its default."""
    return sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: connect(role))


def copy_in(cursor: psycopg.Cursor, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY of rows into `schema.table`; returns how many."""
    with _quoting_no_row(table), cursor.copy(_copy_statement(table, columns)) as copy:
        for row in rows:
            copy.write_row(row)
    return cursor.rowcount


def copy_in_binary(
    cursor: psycopg.Cursor, table: str, columns: Sequence[str], blocks: Iterable[Any], *, freeze: bool = False
) -> int:
    """The same of rows that are in COPY's binary format already, header and trailer included.

    freeze: the rows are written as seen by everyone; only into a table that was made in this very transaction.
    """
    how = sql.SQL(" with (format binary, freeze)" if freeze else " with (format binary)")
    with _quoting_no_row(table), cursor.copy(_copy_statement(table, columns) + how) as copy:
        for block in blocks:
            copy.write(block)
            _flush(cursor.connection)
    return cursor.rowcount


def _flush(connection: psycopg.Connection) -> None:
    """Waits until the server has taken what was written: libpq would keep all that it is behind with in memory."""
    while connection.pgconn.flush():
        readable, _, _ = select.select([connection], [connection], [])
        if readable:
            connection.pgconn.consume_input()


def copy_csv(cursor: psycopg.Cursor, table: str, columns: Sequence[str], content: bytes | memoryview) -> int:
    """COPY of CSV in UTF-8 without a header into `schema.table`, null where nothing stands; returns how many."""
    statement = _copy_statement(table, columns) + sql.SQL(" (format csv, encoding 'utf8')")
    with _quoting_no_row(table), cursor.copy(statement) as copy:
        copy.write(content)
    return cursor.rowcount


def _copy_statement(table: str, columns: Sequence[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(*table.split(".")), names)


@contextmanager
def _quoting_no_row(table: str) -> Iterator[None]:
    """The server's errors quote the row they stumble over, with its number and text: what is raised keeps their class
    only."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate is None:
            raise
        named = error.diag.constraint_name or error.diag.column_name
        raise type(error)(f"rows for {table} were refused ({error.sqlstate}{f', {named}' if named else ''})") from None


def migrate(where: str, revision: str = "head") -> None:
    """Brings the operational schema of a database to a revision; safe when several processes try at once."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(settings().root / "sql" / "migrations"))
    with _opened(where, None, autocommit=True) as guard:
        guard.execute("select pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        config.attributes["url"] = where
        try:
            if revision == "base":
                command.downgrade(config, revision)
            else:
                command.upgrade(config, revision)
        except (psycopg.errors.InsufficientPrivilege, sqlalchemy.exc.ProgrammingError) as error:
            reason = str(getattr(error, "orig", error)).splitlines()[0]
            raise NoDatabase(
                f"the database cannot be set up: {reason}. The user of DATABASE_URL has to own it, and to be a"
                " superuser or one that may create roles which bypass row-level security."
            ) from error


@cache
def _migrate_once(where: str) -> None:
    if _is_at_head(where):
        return
    migrate(where)


def _is_at_head(where: str) -> bool:
    """Looks before it imports Alembic: a command on a current database must not pay for it."""
    versions = settings().root / "sql" / "migrations" / "versions"
    head = max(path.stem for path in versions.glob("[0-9]*.py")).split("_")[0]
    with _opened(where, None, autocommit=True) as connection:
        table = connection.execute("select to_regclass('public.alembic_version')").fetchone()
        if table is None or table[0] is None:
            return False
        row = connection.execute("select version_num from public.alembic_version").fetchone()
        return row is not None and row[0] >= head


def _session(role: str | None) -> dict[str, Any]:
    """Start-up options: the acting role is set by the server itself, before the first statement."""
    options = "-c timezone=UTC" + (f" -c role=outbound_{role}" if role else "")
    return {"options": options, "application_name": f"outbound {role or 'owner'}"}


def _opened(where: str, role: str | None, **options: Any) -> psycopg.Connection:
    try:
        return psycopg.connect(where, **_session(role), **options)
    except psycopg.OperationalError as error:
        raise _unreachable(where, error) from error
    except psycopg.ProgrammingError as error:
        reason = str(error).strip().splitlines()[0]
        raise NoDatabase(
            f"DATABASE_URL is no address of a database ({reason}): write it like postgresql://user:password@host:5432/name"
        ) from None


def _unreachable(where: str, error: psycopg.OperationalError) -> NoDatabase:
    parts = psycopg.conninfo.conninfo_to_dict(where)
    place = f"{parts.get('host', 'local socket')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"
    reason = str(error).strip().splitlines()[0].rstrip(". ")
    return NoDatabase(
        f"no connection to the database {place}: {reason}. Check DATABASE_URL and that the server runs;"
        " unset DATABASE_URL to use the embedded server."
    )
