"""Which runs are left to start, whatever was started before."""

import random

from ingest.runs import not_started


class Airflow:
    """Counts runs by their names, as its API does: for no name at all it would count all of them."""

    def __init__(self, started):
        self._started = set(started)
        self.questions = 0

    def count(self, names):
        assert 0 < len(names) <= 100
        self.questions += 1
        return len(self._started & set(names))


def runs(numbers):
    return [(f"file-{number}", number) for number in numbers]


def test_whatever_was_started_is_left_out_and_the_order_is_kept():
    chance = random.Random()
    for _ in range(200):
        waiting = runs(sorted(chance.sample(range(2_000), chance.randrange(400))))
        share = chance.choice((0, 0.02, 0.5, 0.98, 1))
        started = {name for name, _ in waiting if chance.random() < share}
        found = list(not_started(waiting, Airflow(started).count))
        assert found == [run for run in waiting if run[0] not in started]


def test_many_that_are_under_way_cost_few_questions():
    waiting = runs(range(10_000))
    airflow = Airflow(name for name, _ in waiting[:9_950])

    assert list(not_started(waiting, airflow.count)) == waiting[9_950:]
    assert airflow.questions <= 103
