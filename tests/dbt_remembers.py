"""A build in the tests' process does not take apart again what an earlier one of the same process has."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def dbt_remembers() -> Iterator[None]:
    """dbt parses each model's SQL to put the staging models in front: a fifth of a build, and the same for the same texts."""
    from dbt import compilation

    put_in_front = compilation.inject_ctes_into_sql
    known: dict[Any, str] = {}

    def remembered(sql: str, ctes: list[Any]) -> str:
        key = (sql, tuple((cte.id, cte.sql) for cte in ctes))
        if key not in known:
            known[key] = put_in_front(sql, ctes)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compilation, "inject_ctes_into_sql", remembered)
        yield
