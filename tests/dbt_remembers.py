"""A build in the tests' process does not do again what an earlier one of the same process has: dbt reads the project, and takes
each model's SQL apart to put the staging models in front. A third of a first build, and the same for every database. Nor does it
make messages that nobody asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def dbt_remembers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        remember_models(patch)
        remember_project(patch)
        say_nothing_to_nobody(patch)
        yield


def remember_models(patch: pytest.MonkeyPatch) -> None:
    from dbt import compilation

    put_in_front = compilation.inject_ctes_into_sql
    known: dict[Any, str] = {}

    def remembered(sql: str, ctes: list[Any]) -> str:
        key = (sql, tuple((cte.id, cte.sql) for cte in ctes))
        if key not in known:
            known[key] = put_in_front(sql, ctes)
        return known[key]

    patch.setattr(compilation, "inject_ctes_into_sql", remembered)


def remember_project(patch: pytest.MonkeyPatch) -> None:
    """What dbt keeps between two builds is tied to the database: by its name, and by a hash of the connection. Both are
    changed for the ones of the next database, where they are as long. dbt looks as ever whether a file has changed."""
    from dbt.constants import PARTIAL_PARSE_FILE_NAME
    from dbt.parser.manifest import ManifestLoader

    read, write = ManifestLoader.read_manifest_for_partial_parse, ManifestLoader.write_manifest_for_partial_parse
    known: list[tuple[bytes, bytes, bytes]] = []  # of the last build: what it kept, its database, its connection's hash

    def kept_by(loader: Any) -> tuple[Path, bytes, bytes]:
        database, connection = (
            loader.root_project.credentials.database,
            loader.manifest.state_check.profile_hash.checksum,
        )
        return (
            Path(loader.root_project.project_target_path) / PARTIAL_PARSE_FILE_NAME,
            database.encode(),
            connection.encode(),
        )

    def read_what_another_kept(loader: Any) -> Any:
        path, database, connection = kept_by(loader)
        if known and not path.exists() and len(known[0][1]) == len(database):
            kept, other_database, other_connection = known[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(kept.replace(other_database, database).replace(other_connection, connection))
        return read(loader)

    def write_and_know(loader: Any) -> None:
        write(loader)
        path, database, connection = kept_by(loader)
        known[:] = [(path.read_bytes(), database, connection)]

    patch.setattr(ManifestLoader, "read_manifest_for_partial_parse", read_what_another_kept)
    patch.setattr(ManifestLoader, "write_manifest_for_partial_parse", write_and_know)


def say_nothing_to_nobody(patch: pytest.MonkeyPatch) -> None:
    """Builds log nothing, for their results say what failed: still dbt makes 5,000 messages ready to be logged."""
    from dbt_common.events.event_manager import EventManager

    fire = EventManager.fire_event

    def fire_where_heard(manager: Any, *arguments: Any, **named: Any) -> None:
        if manager.callbacks:
            fire(manager, *arguments, **named)

    patch.setattr(EventManager, "fire_event", fire_where_heard)
