"""A sample of what `make fuzz-files` does, from another seed each time; and that the good files are good."""

import random
from pathlib import Path
from unittest.mock import patch

import pytest

from ingest import gate
from tests.fuzz_files import run
from tests.fuzz_files.inputs import good
from tests.fuzz_files.stage import Stage, stage


@pytest.fixture
def platform(database: str, tmp_path: Path):
    found = stage(database, tmp_path / "sender")
    with found.connection:
        yield found


def test_a_sample_of_mutated_files_is_answered_and_nothing_is_done_by_halves(platform: Stage):
    ended = run.many(platform, random.randrange(1 << 40), 150)

    assert ended["rejected"] > 10
    assert ended["accepted"] + ended["partial"] > 5


def test_good_files_are_taken(platform: Stage):
    """What is spoilt later was of use before: else the fuzz would try the first check only."""
    first = random.randrange(1 << 40)
    files = [good(first + n) for n in range(40)]
    with patch.object(gate, "evaluate", return_value=(True, [])):
        acks = [run.one(platform, file) for file in files if file.name.endswith((".csv", ".csv.gz"))]

    assert sum(ack["status"] in ("accepted", "partial") for ack in acks) > len(acks) / 2
