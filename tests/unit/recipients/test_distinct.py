"""Numbers in order, each once: the same as of a set."""

import random

import numpy as np

from recipients.distinct import distinct


def test_parts_in_any_order_are_one_set():
    chance = random.Random(7)
    for _ in range(200):
        parts = [[chance.randrange(20) for _ in range(chance.randrange(8))] for _ in range(chance.randrange(4))]
        found = distinct(*(np.array(part, np.int64) for part in parts))
        assert found.tolist() == sorted({number for part in parts for number in part})
        assert found.dtype == np.int64
