"""Every model and every column says what it is, a build warns of nothing, and the documentation is one file."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from billing import model_docs
from billing.build import build, run_dbt
from tests.integration.dbt.conftest import Books


@pytest.fixture(scope="module")
def built(books: Books) -> Books:
    build()
    return books


@pytest.fixture(scope="module")
def models(built: Books) -> dict[str, Any]:
    nodes = run_dbt("parse").result.nodes.values()
    return {node.name: node for node in nodes if node.resource_type == "model"}


def columns(books: Books, query: str) -> list[str]:
    with psycopg.connect(books.url) as connection:
        description = connection.execute(query.encode()).description
    return [column.name for column in description or []]


def all_columns(books: Books, models: dict[str, Any]) -> dict[str, list[str]]:
    """By model, in order. An ephemeral one has no table: it is asked for within a query of no rows."""
    found = {}
    for name, node in models.items():
        if node.config.materialized != "ephemeral":
            found[name] = columns(books, f"select * from {node.schema}.{name} limit 0")
    inline = [name for name in models if name not in found]
    parts = ", ".join(f"""null as "|{name}", {name}.*""" for name in inline)
    asked = f"select {parts} from " + " cross join ".join(f"{{{{ ref('{name}') }}}} as {name}" for name in inline)
    compiled = run_dbt("compile", "--inline", f"{asked} limit 0").result.results[0].node.compiled_code
    of = ""
    for name in columns(books, compiled):
        if name.startswith("|"):
            of = name[1:]
            found[of] = []
        else:
            found[of].append(name)
    return found


def test_every_model_says_what_a_row_of_it_is(models):
    assert [name for name, node in models.items() if not node.description.strip()] == []


def test_every_column_is_described_and_no_other(built, models):
    there = {(name, column) for name, found in all_columns(built, models).items() for column in found}
    described = {
        (name, column) for name, node in models.items() for column, told in node.columns.items() if told.description
    }
    assert there - described == set(), "columns without a description"
    assert described - there == set(), "descriptions of columns that are not there"
    assert len(there) > 400


def test_a_build_warns_of_nothing(built):
    events: list[Any] = []
    run_dbt("build", "--no-partial-parse", callbacks=[events.append])
    assert [event.info.msg for event in events if event.info.level in ("warn", "error")] == []
    assert any(event.info.level == "info" for event in events)


def test_the_documentation_is_one_file_without_an_address_to_load_from(built, tmp_path: Path):
    page = model_docs.write(tmp_path).read_text()
    assert "int_prepaid_fold" in page
    assert "deferred_revenue" in page
    assert "<script src=" not in page
