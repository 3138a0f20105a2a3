"""A sample of what `make fuzz` does, from another seed each time."""

import random

from tests.fuzz import run


def test_a_sample_of_inputs_holds():
    report = run.many(random.randrange(1 << 40), 20_000)

    assert report.grown < 32 << 20
