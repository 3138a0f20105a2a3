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
def test_an_error_keeps_its_class_and_loses_the_number(database, rows, error):
    with operational.connect() as connection, connection.cursor() as cursor:
        cursor.execute("create temp table number (id int, msisdn bigint primary key check (msisdn > 100))")
        with pytest.raises(error) as refused:
            operational.copy_in(cursor, "number", ("id", "msisdn"), rows)
        connection.rollback()

    assert str(refused.value).startswith("rows for number were refused (")
    assert "2010" not in str(refused.value)
    assert refused.value.__cause__ is None
