"""Finance takes tables away: the rows of `outbound export`, without whole numbers."""

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.acceptance.portal.stage import PASSWORD

OF_MESSAGES = {"dispatch.submissions", "finance.charges", "finance.invoice_usage", "operations.message_outcomes"}


def local_month(instant):
    return datetime.fromisoformat(instant).astimezone(ZoneInfo("Africa/Cairo")).strftime("%Y-%m")


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
    month = stage.value("select to_char(charged_day, 'YYYY-MM') from finance.charges where account = 'nile' limit 1")
    rows = rows_of(farida.get(f"/exports/finance.charges?account=nile&month={month}"))
    assert len(rows) == stage.value("select count(*) from finance.charges where account = 'nile'")
    assert all("•" in row["msisdn"] for row in rows)
    assert number not in str(rows)


def test_every_table_of_the_catalogue_answers(farida, stage):
    listed = farida.get("/exports").text
    for line in stage.outbound("export", "--list").splitlines()[1:]:
        table = line.split()[0]
        if "." in table:
            assert f"/exports/{table}?" in listed
            answer = farida.get(f"/exports/{table}")
            assert answer.status_code == (422 if table in OF_MESSAGES else 200), table
            assert ("choose an account and a month" in answer.text) == (table in OF_MESSAGES), table


def test_a_month_of_an_account_is_all_that_the_command_writes_of_it(farida, stage):
    """The months of messages are told by instants here, and row by row where no account is named: they are the same."""
    for table in ("finance.charges", "dispatch.submissions"):
        whole = list(csv.DictReader(io.StringIO(stage.outbound("export", table))))
        (month,) = {local_month(row.get("charged_at") or row["sent_at"]) for row in whole}
        part = rows_of(farida.get(f"/exports/{table}?account=delta&month={month}"))
        of_delta = [row for row in whole if row["account"] == "delta"]
        assert [row | {"msisdn": ""} for row in part] == [row | {"msisdn": ""} for row in of_delta]
        assert part
        assert rows_of(farida.get(f"/exports/{table}?account=delta&month=2020-01")) == []


def test_what_cannot_be_exported_is_said(farida):
    assert farida.get("/exports/account.person").status_code == 404
    refused = farida.get("/exports/finance.prepaid_lots?month=2026-10")
    assert refused.status_code == 422
    assert "has no months" in refused.text
    assert "is no month" in farida.get("/exports/finance.charges?account=nile&month=2026-13").text
