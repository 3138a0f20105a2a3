"""Named blocks of .sql files."""

import pytest

from outbound import queries
from outbound.settings import ROOT


def test_blocks_are_found_by_name_with_their_comments_and_without_the_semicolon() -> None:
    found = queries.parse("-- What it is for.\n\n-- one --\n-- why\nselect 1;\n\n-- two --\nselect ';';\n")
    assert found == {"one": "-- why\nselect 1", "two": "select ';'"}


def test_a_missing_block_says_which_file_lacks_it() -> None:
    with pytest.raises(queries.UnknownQuery, match=r"sql/queries/audit\.sql has no query named nothing"):
        _ = queries.load("audit").nothing


@pytest.mark.parametrize("path", sorted((ROOT / "sql" / "queries").rglob("*.sql")), ids=lambda path: path.stem)
def test_every_file_says_what_it_is_for_and_has_blocks(path: object) -> None:
    text = path.read_text()  # type: ignore[attr-defined]
    assert text.startswith("-- ")
    names = [line for line in text.splitlines() if queries._NAME.match(line)]
    assert len(queries.parse(text)) == len(names) > 0, "a block's name stands there twice, or there is none"
