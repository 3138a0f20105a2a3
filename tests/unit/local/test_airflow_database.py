"""Airflow's own database stands beside ours, in whatever form the address of ours is written."""

import pytest

from local.airflow import own_database


@pytest.mark.parametrize(
    ("ours", "airflows"),
    [
        ("postgresql://outbound:secret@db:5432/outbound", "postgresql://outbound:secret@db:5432/outbound_airflow"),
        ("postgres://outbound@db/outbound", "postgresql://outbound@db:5432/outbound_airflow"),
        ("host=db user=outbound password='a b/c' dbname=x", "postgresql://outbound:a%20b%2Fc@db:5432/x_airflow"),
        ("postgresql://u:p@db/x?sslmode=require", "postgresql://u:p@db:5432/x_airflow?sslmode=require"),
        ("host=/run/postgresql user=u dbname=x", "postgresql://u@/x_airflow?host=%2Frun%2Fpostgresql&port=5432"),
    ],
)
def test_it_is_named_after_ours(ours, airflows):
    assert own_database(ours) == airflows
