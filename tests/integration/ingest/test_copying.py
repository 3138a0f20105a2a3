"""Rows made from columns arrive in PostgreSQL as they were given."""

import random

import numpy as np
import psycopg
import pyarrow as pa
import pytest

from ingest import copying
from ingest.copying import Coded
from outbound.database import copy_in_binary


def test_random_rows_arrive(database):
    chance = random.Random(5)
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("create table t (n serial, a int8, b text, c int2, d text, e text, f text, g int4)")
        expected, blocks = [], [copying.HEADER]
        for count in (1, 7, 400):
            rows = [
                (chance.randrange(-(2**62), 2**62), "".join(chance.choices("aé€😀\n\t\\", k=chance.randrange(9))),
                 chance.randrange(100), *chance.choice([("x", None), ("", "long one")]), "end" * chance.randrange(3),
                 chance.randrange(2**31))
                for _ in range(count)
            ]  # fmt: skip
            a, b, c, d, _, f, g = zip(*rows, strict=True)
            blocks.append(
                copying.rows([
                    np.array(a, ">i8"), pa.array(b, pa.string()), np.array(c, ">i2"),
                    Coded(np.array([int(text == "") for text in d]), [(b"x", None), (b"", b"long one")]),
                    pa.array(["left out", *f, "left out"], pa.string()).slice(1, count), np.array(g, ">i4"),
                ])
            )  # fmt: skip
            expected += rows
        copy_in_binary(cursor, "t", list("abcdefg"), [*blocks, copying.TRAILER], freeze=True)
        assert cursor.execute("select a, b, c, d, e, f, g from t order by n").fetchall() == expected


def test_texts_may_stand_first_and_alone(database):
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("create table t (a text)")
        rows = copying.rows([pa.array(["", "one", "two"], pa.string())])
        copy_in_binary(cursor, "t", ["a"], [copying.HEADER, rows, copying.TRAILER])
        assert cursor.execute("select array_agg(a order by a) from t").fetchone() == (["", "one", "two"],)


def test_a_refused_row_is_not_quoted(database):
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("create table t (a text check (a <> 'secret'))")
        rows = copying.rows([pa.array(["secret"], pa.string())])
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            copy_in_binary(cursor, "t", ["a"], [copying.HEADER, rows, copying.TRAILER])
    assert "secret" not in str(refused.value)
