"""A sample of what `make exhaustive-money` plays: CHARGING 1-28 on random accounts, dbt beside a second implementation."""

import random

import psycopg
import pytest

from tests.exhaustive_money.play import play

ACCOUNTS = 120


@pytest.mark.timeout(900)  # six builds, beside whatever else the machine does
def test_the_marts_say_what_the_second_implementation_says(database):
    seed = random.randrange(1 << 40)
    with psycopg.connect(database, autocommit=True) as connection:
        assert play(connection, ACCOUNTS, seed) == [], seed
