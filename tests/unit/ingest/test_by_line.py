"""What the database keeps by line comes with the chunk that has the line."""

import random

from ingest.by_line import ByLine
from ingest.chunking import Read, chunks_of


def test_every_row_comes_with_the_chunk_of_its_line():
    rng = random.Random("by line")
    for _ in range(10):
        lines = sorted(rng.sample(range(1, 60_000), 41_000))
        kept = sorted(rng.sample(lines, rng.randint(0, 400)))
        beside = ByLine(iter([(line, f"of {line}") for line in kept]))

        found = {}
        for chunk in chunks_of((Read(line, ["x"], 0, "x") for line in lines), 1):
            here = beside.of(chunk)
            assert set(here) <= set(chunk.lines.tolist())
            found |= here

        assert found == {line: (line, f"of {line}") for line in kept}
