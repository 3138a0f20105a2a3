"""One connector changed by a command: the same keys, checks and audit as in a set-up file."""

import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
import yaml
from pydantic import ValidationError

from outbound import audit, database, queries
from outbound.errors import OutboundError
from outbound.setup import tables
from outbound.setup.carrier import Connector
from outbound.setup.difference import Change, Row, difference, existing, write
from outbound.setup.document import written
from outbound.setup.reading import explained, unknown_key

GUARDS = queries.load("setup/guards")
WAYS_TO_A_PASSWORD = {"password": "value", "password_file": "file", "password_env": "env"}


class NoConnector(OutboundError):
    """There is no connector of that name."""


class WrongConnectorSetting(OutboundError):
    """What a connector is to be set to cannot be: each mistake with its key. Nothing was changed."""


def all_connectors() -> dict[str, dict[str, Any]]:
    """name -> its keys as a set-up file has them, without the password."""
    with database.connect("operator") as connection:
        rows = existing(connection, tables.CONNECTOR)
    return {name: _shown(row) for (name,), row in sorted(rows.items())}


def change(name: str, settings: dict[str, Any]) -> list[Change]:
    """Sets these keys of the connector, in one transaction. Raises NoConnector, WrongConnectorSetting."""
    with database.connect("operator") as connection:
        connection.execute(GUARDS.lock)
        before = _row_of(connection, name)
        wanted = {(name,): tables.connector_row(_checked(name, before, settings), Path.cwd())}
        found = difference(tables.CONNECTOR, {(name,): before}, wanted)
        write(connection, found)
        if found:
            audit.record(connection, "connector set", None, name, {"fields": found[0].fields})
            connection.execute(GUARDS.wake)
    return found


def understood(assignments: Iterable[str]) -> dict[str, Any]:
    """key=value of a command line: texts as they stand, anything else as YAML. Raises WrongConnectorSetting."""
    settings: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals:
            raise WrongConnectorSetting(f"{assignment!r} sets nothing: write key=value, like rate=500")
        if key == "name" or key not in Connector.model_fields:
            raise WrongConnectorSetting(f"{key}: {unknown_key((key,), Connector)}")
        try:
            settings[key] = value if _is_text(key) else yaml.safe_load(value)
        except (yaml.YAMLError, ValueError):
            raise WrongConnectorSetting(
                f"{key}: {value!r} cannot be read: write it as in a set-up file, in quotes for the shell"
            ) from None
    return settings


def _is_text(key: str) -> bool:
    annotation = Connector.model_fields[key].annotation
    kinds = {annotation, *typing.get_args(annotation)}
    return str in kinds or typing.get_origin(annotation) is typing.Literal


def _row_of(connection: psycopg.Connection, name: str) -> Row:
    rows = existing(connection, tables.CONNECTOR)
    if (name,) not in rows:
        known = ", ".join(sorted(key for (key,) in rows)) or "none"
        raise NoConnector(f"there is no connector {name}; there are: {known}. `outbound apply` adds one")
    return rows[name,]


def _checked(name: str, row: Row, settings: dict[str, Any]) -> Connector:
    keys = {"name": name, **_shown(row)}
    if not settings.keys() & WAYS_TO_A_PASSWORD.keys():
        keys |= {key: row["password"][way] for key, way in WAYS_TO_A_PASSWORD.items() if way in row["password"]}
    try:
        return Connector.model_validate(keys | settings)
    except ValidationError as error:
        details = error.errors(include_url=False)
        said = [f"{written((name, *place))}: {message}" for one in details for place, message in explained(one)]
        raise WrongConnectorSetting("; ".join(said) + "; nothing was changed") from None


def _shown(row: Row) -> dict[str, Any]:
    """The row as keys of a set-up file."""
    keys = {name: value for name, value in row.items() if name not in ("password", "settings")}
    return keys | {"options": row["settings"]}
