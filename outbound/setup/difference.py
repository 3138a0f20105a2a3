"""What has to change so that a table says what a set-up says: rows added, changed and removed."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

Row = dict[str, Any]


class Kind(NamedTuple):
    """A table and how a set-up sees it. owner: the column whose value narrows it to one account.

    absent: what becomes of a row that the set-up does not have. A retired one stays, with the time in retired_at.
    """

    name: str
    table: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    owner: str | None = None
    secret: frozenset[str] = frozenset()
    json: frozenset[str] = frozenset()
    absent: Literal["removed", "retired", "kept", "disabled"] = "removed"
    only: str = "true"  # a condition on the rows that are a set-up's business

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(*self.table.split("."))


class Change(NamedTuple):
    """verb: added, changed, removed. before and after: the columns that differ."""

    verb: str
    kind: Kind
    key: tuple[Any, ...]
    before: Row
    after: Row

    @property
    def fields(self) -> dict[str, tuple[Any, Any]]:
        """Column -> (before, after); a secret only as the fact that it changed."""
        names = {**self.before, **self.after}
        plain = {name: (self.before.get(name), self.after.get(name)) for name in names}
        return plain | {name: ("(hidden)", "(hidden)") for name in names if name in self.kind.secret}


def existing(connection: psycopg.Connection, kind: Kind, owner: int | None = None) -> dict[tuple[Any, ...], Row]:
    names = [*kind.key, *kind.columns]
    statement = sql.SQL("select {} from {} where {}").format(
        sql.SQL(", ").join(map(sql.Identifier, names)), kind.identifier, sql.SQL(kind.only)
    )
    if kind.owner:
        statement += sql.SQL(" and {} = %(owner)s").format(sql.Identifier(kind.owner))
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement, {"owner": owner}).fetchall()
    return {tuple(row[name] for name in kind.key): {name: row[name] for name in kind.columns} for row in rows}


def difference(
    kind: Kind, before: Mapping[tuple[Any, ...], Row], wanted: Mapping[tuple[Any, ...], Row]
) -> list[Change]:
    """What turns before into wanted, in an order that does not depend on the tables'."""
    changes = []
    for key, row in wanted.items():
        if key not in before:
            changes.append(Change("added", kind, key, {}, row))
            continue
        differing = [name for name in kind.columns if before[key][name] != row[name]]
        if differing:
            old, new = ({name: side[name] for name in differing} for side in (before[key], row))
            changes.append(Change("changed", kind, key, old, new))
    for key in sorted(before.keys() - wanted.keys(), key=str):
        if kind.absent in ("removed", "retired"):
            changes.append(Change("removed", kind, key, before[key], {}))
        elif kind.absent == "disabled" and before[key]["enabled"]:
            changes.append(Change("removed", kind, key, {"enabled": True}, {"enabled": False}))
    return changes


def write(connection: psycopg.Connection, changes: Sequence[Change], owner: int | None = None) -> None:
    """Removals first: what is added may take the place of what goes."""
    for change in sorted(changes, key=lambda one: one.verb != "removed"):
        kind = change.kind
        values = {name: Jsonb(value) if name in kind.json else value for name, value in change.after.items()}
        where = dict(zip(kind.key, change.key, strict=True))
        if kind.owner:
            where[kind.owner] = owner
        if change.verb == "added":
            _insert(connection, kind, where | values)
        elif change.after:
            _update(connection, kind, where, values)
        else:
            _remove(connection, kind, where)


def _insert(connection: psycopg.Connection, kind: Kind, values: Row) -> None:
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        kind.identifier,
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join(map(sql.Placeholder, values)),
    )
    connection.execute(statement, values)


def _update(connection: psycopg.Connection, kind: Kind, where: Row, values: Row) -> None:
    statement = sql.SQL("update {} set {} where {} and {}").format(
        kind.identifier, _pairs(values, ", "), _pairs(where, " and "), sql.SQL(kind.only)
    )
    connection.execute(statement, values | where)


def _remove(connection: psycopg.Connection, kind: Kind, where: Row) -> None:
    verb = "update {} set retired_at = now()" if kind.absent == "retired" else "delete from {}"
    statement = sql.SQL(verb + " where {} and {}").format(kind.identifier, _pairs(where, " and "), sql.SQL(kind.only))
    connection.execute(statement, where)


def _pairs(values: Row, between: str) -> sql.Composed:
    return sql.SQL(between).join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in values
    )


def shown(value: Any) -> str:
    """A value for people: 0.140000 is 0.14, null is none."""
    if value is None:
        return "none"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, list):
        return " ".join(map(shown, value)) or "none"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(one)}" for key, one in value.items()) + "}" if value else "none"
    return str(value)
