"""Every rule of docs/reference/charging.md is named by a test that keeps it: "CHARGING 14", not a range that holds it."""

import re
from pathlib import Path

from outbound.settings import ROOT

NAMED = re.compile(r"CHARGING ((?:\d+(?!-)\b(?:, | and )?)+)")


def rules() -> set[int]:
    text = (ROOT / "docs" / "reference" / "charging.md").read_text()
    return {int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)}


def named() -> set[int]:
    """By the text of tests: Python's, and dbt's unit tests."""
    files = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    models = (ROOT / "dbt" / "models").rglob("_*.yml")
    texts = [path.read_text() for path in files]
    texts += [path.read_text().partition("\nunit_tests:")[2] for path in models]
    return {int(number) for text in texts for found in NAMED.findall(text) for number in re.findall(r"\d+", found)}


def test_every_rule_is_named_by_a_test():
    assert rules() == set(range(1, 31))
    assert sorted(rules() - named()) == []
