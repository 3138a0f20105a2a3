"""Finance takes tables away: the rows of `outbound export`, without whole numbers; and sees what waits for a second person."""

import csv
import io

import httpx
import pytest

from tests.acceptance.portal.stage import PASSWORD


@pytest.fixture
def farida(stage):
    with httpx.Client(base_url=stage.url, timeout=60) as client:
        client.post("/sign-in", data={"email": "finance@example.com", "password": PASSWORD})
        yield client


def rows_of(answer):
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


def test_an_export_has_the_rows_of_the_command(farida, stage):
    command = stage.outbound("export", "finance.ledger_entries", "--account", "nile")
    rows = rows_of(farida.get("/exports/finance.ledger_entries?account=nile"))
    assert rows == list(csv.DictReader(io.StringIO(command)))
    assert rows


def test_numbers_are_masked(farida, stage):
    number = str(stage.value("select msisdn from dispatch.message limit 1"))
    rows = rows_of(farida.get("/exports/finance.charges"))
    assert len(rows) == stage.value("select count(*) from finance.charges")
    assert all("•" in row["msisdn"] for row in rows)
    assert number not in str(rows)


def test_every_table_of_the_catalogue_answers(farida, stage):
    listed = farida.get("/exports").text
    for line in stage.outbound("export", "--list").splitlines()[1:]:
        table = line.split()[0]
        if "." in table:
            assert f"/exports/{table}?" in listed
            assert farida.get(f"/exports/{table}").status_code == 200, table


def test_what_cannot_be_exported_is_said(farida):
    assert farida.get("/exports/account.person").status_code == 404
    refused = farida.get("/exports/finance.prepaid_lots?month=2026-10")
    assert refused.status_code == 422
    assert "has no months" in refused.text


def test_a_proposed_credit_is_listed_with_the_way_to_decide_it(farida):
    answer = farida.get("/approvals/credits")
    assert answer.status_code == 200
    assert "Nothing waits." in answer.text
    assert "Nothing waits." in farida.get("/approvals").text
