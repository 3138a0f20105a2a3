"""What a COPY is refused for is said without the row."""

import psycopg
import pytest

from outbound import database as operational


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([(1, 201001234567), (1, 201001234567)], psycopg.errors.UniqueViolation),
        ([(1, 7)], psycopg.errors.CheckViolation),
        ([(1, "201001234567x")], psycopg.errors.InvalidTextRepresentation),
    ],
)
@pytest.mark.parametrize("way", ["rows", "csv"])
def test_an_error_keeps_its_class_and_loses_the_number(database, rows, error, way):
    copy = operational.copy_in
    if way == "csv":
        copy, rows = operational.copy_csv, "".join(f"{number},{msisdn}\n" for number, msisdn in rows).encode()
    with operational.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create temp table number (id int, msisdn bigint primary key check (msisdn > 100))")
        with pytest.raises(error) as refused:
            copy(cursor, "number", ("id", "msisdn"), rows)
        connection.rollback()

    assert str(refused.value).startswith("rows for number were refused (")
    assert "2010" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_csv_tells_nothing_from_an_empty_text(database):
    with operational.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create temp table word (id int, said text)")
        content = '1,\n2,""\n3,"a ""b""\n,ليلى"\n'.encode()
        assert operational.copy_csv(cursor, "word", ("id", "said"), content) == 3
        assert cursor.execute("select said from word order by id").fetchall() == [(None,), ("",), ('a "b"\n,ليلى',)]
