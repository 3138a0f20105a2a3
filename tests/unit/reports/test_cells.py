"""Values in files: exact, and never a formula."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from reports.cells import plain, text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (Decimal("-40.00"), "-40.00"),
        (Decimal("1E+3"), "1000"),
        (-3, "-3"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 22, tzinfo=UTC), "2026-01-31T22:00:00+00:00"),
        ({"b": 1, "a": "نيل"}, '{"a": "نيل", "b": 1}'),
        ("201001234567", "201001234567"),
        ("=1+1", "'=1+1"),
        ("+2010", "'+2010"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("a=1", "a=1"),
    ],
)
def test_a_cell_of_a_csv_file(value: Any, cell: str) -> None:
    assert text(value) == cell


def test_json_keeps_amounts_as_text_and_counts_as_numbers() -> None:
    assert [plain(value) for value in (Decimal("0.10"), 3, None, True, "=1")] == ["0.10", 3, None, True, "=1"]
