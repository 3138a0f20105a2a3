"""Who answers for a rejected row is said of every code that there is (SLA S2)."""

import csv
from pathlib import Path

from outbound.wording import REASONS

SEED = Path(__file__).parents[3] / "dbt" / "seeds" / "reject_reasons.csv"


def test_every_code_of_a_row_has_its_answer():
    with SEED.open(newline="") as file:
        rows = {row["reason"]: row["counts_against"] for row in csv.DictReader(file)}
    assert rows.keys() == REASONS.keys()
    assert set(rows.values()) <= {"customer", "us"}
