"""A model names each log once: PostgreSQL reads a CTE that is used twice as a whole, on every day all of history."""

import re
from pathlib import Path

MODELS = Path(__file__).resolve().parents[3] / "dbt" / "models"
GROWING = {  # with each segment
    "stg_messages", "stg_submissions", "stg_settlements", "stg_dropped", "stg_receipts", "int_attempts_accepted", "int_attempts_new",
    "charges", "int_segment_outcomes", "int_segment_fates", "message_outcomes",
}  # fmt: skip
IMPORT = re.compile(r"^(\w+) as \(\n\n    select \*\s+from \{\{ ref\('(\w+)'\) \}\}", re.MULTILINE)


def uses(sql: str) -> dict[str, int]:
    """By name of a CTE that imports a growing model: how often it is read."""
    names = [name for name, model in IMPORT.findall(sql) if model in GROWING]
    return {name: len(re.findall(rf"\b(?:from|join)\s+{name}\b", sql)) for name in names}


def test_no_model_reads_a_growing_one_twice_under_one_name() -> None:
    found = {path.stem: uses(path.read_text()) for path in MODELS.rglob("*.sql")}
    assert {"int_attempts_new", "int_stale", "int_recount"} <= {model for model, names in found.items() if names}
    assert {model: names for model, names in found.items() if any(times > 1 for times in names.values())} == {}
