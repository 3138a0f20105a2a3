"""`outbound export`: the tables of DOORS, whole, exact and safe to open."""

import csv
import io
import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from click.testing import CliRunner

from outbound.errors import OutboundError
from reports import export
from reports.catalogue import NoMonths, NotBuilt, UnknownAccount, UnknownTable
from reports.cli import export as command


def rows(table: str, **options: Any) -> list[dict[str, str]]:
    target = io.BytesIO()
    export.export(table, target, "csv", **options)
    return list(csv.DictReader(io.StringIO(target.getvalue().decode())))


def test_charges_show_whole_numbers_that_the_mart_does_not_have(traffic: str) -> None:
    found = rows("finance.charges")
    assert [row["account"] for row in found] == ["delta", "nile"]
    assert {"account", "campaign", "msisdn", "segment", "sent_at", "zone"} <= set(found[0])
    assert all(row["msisdn"].startswith("20100123456") and len(row["msisdn"]) == 12 for row in found)
    assert found[0]["sent_at"] == "2026-10-31T22:30:00+00:00"


def test_submissions_have_their_columns_and_no_cell_is_a_formula(traffic: str) -> None:
    (row,) = rows("dispatch.submissions", account="nile")
    wanted = "account campaign line msisdn segment attempt state carrier_message_id sent_at"
    assert list(row) == wanted.split()
    assert (row["line"], row["state"], row["carrier_message_id"]) == ("2", "accepted", "'=cmd")


def test_a_number_that_retention_took_is_empty(traffic: str) -> None:
    with psycopg.connect(traffic) as connection:
        connection.execute("update dispatch.message set msisdn = null, text = null")
    assert [row["msisdn"] for row in rows("finance.charges")] == ["", ""]


def test_a_month_is_the_account_s_local_one(traffic: str) -> None:
    assert len(rows("finance.charges", month="2026-11")) == 2
    assert rows("finance.charges", month="2026-10") == []
    assert len(rows("dispatch.submissions", month="2026-11", account="nile")) == 1


def test_a_workbook_holds_numbers_as_text_and_no_formula(traffic: str, tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    assert export.export("dispatch.submissions", path, "xlsx") == 2
    book = openpyxl.load_workbook(path)
    heads, first, _ = book.active.iter_rows(values_only=True)
    cells = dict(zip(heads, first, strict=True))
    assert cells["carrier_message_id"] == "=cmd"
    assert book.active.cell(2, heads.index("carrier_message_id") + 1).data_type == "s"
    assert isinstance(cells["msisdn"], str)
    assert cells["line"] == 2
    book.close()


def test_a_workbook_holds_days_as_days_and_amounts_as_numbers(tmp_path: Path) -> None:
    """What a person sorts, filters and sums; the shown digits are those of money, or all of a rate's."""
    path = tmp_path / "out.xlsx"
    at = datetime(2026, 10, 31, 22, 30, 15, tzinfo=timezone(timedelta(hours=2)))
    row = [date(2026, 10, 31), at, Decimal("-1140.00"), Decimal("0.100500"), 12_000, None, date(1, 1, 1)]
    with path.open("wb") as target:
        export.to_xlsx(["day", "at", "net", "rate", "units", "nothing", "long ago"], [row], target)
    book = openpyxl.load_workbook(path)
    cells = list(book.active[2])
    assert [cell.value for cell in cells] == [
        datetime(2026, 10, 31), datetime(2026, 10, 31, 20, 30, 15), -1140, 0.1005, 12_000, None, "0001-01-01",
    ]  # fmt: skip
    assert [cell.is_date for cell in cells[:3]] == [True, True, False]
    assert [cell.number_format for cell in cells[:5]] == [
        "yyyy-mm-dd", 'yyyy-mm-dd hh:mm:ss" UTC"', "#,##0.00####", "#,##0.00####", "General",
    ]  # fmt: skip
    shown = ["2026-10-31", "2026-10-31 20:30:15 UTC", "-1,140.00"]
    widths = [book.active.column_dimensions[column].width for column in "ABC"]
    assert all(width > len(cell) for width, cell in zip(widths, shown, strict=True))  # else a cell shows ####
    book.close()


@pytest.mark.parametrize(
    ("account", "is_turned"), [("nile", True), ("delta", False), (None, False)], ids=["arabic", "english", "all"]
)
def test_a_workbook_of_an_arabic_account_reads_from_the_right(
    traffic, monkeypatch, tmp_path, account, is_turned
) -> None:
    with psycopg.connect(traffic) as connection:
        connection.execute("update account.account set language = case name when 'nile' then 'ar' else 'both' end")
    monkeypatch.setattr(export, "SHEET_ROWS", 1)
    path = tmp_path / "out.xlsx"
    export.export("dispatch.submissions", path, "xlsx", account=account)
    book = openpyxl.load_workbook(path)
    assert {bool(sheet.sheet_view.rightToLeft) for sheet in book} == {is_turned}
    book.close()


def test_a_full_sheet_is_followed_by_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(export, "SHEET_ROWS", 2)
    path = tmp_path / "out.xlsx"
    with path.open("wb") as target:
        assert export.to_xlsx(["n"], [[n] for n in range(5)], target) == 5
    book = openpyxl.load_workbook(path)
    sheets = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book]
    book.close()
    assert sheets == [["n", 0, 1], ["n", 2, 3], ["n", 4]]


def test_json_is_an_array_also_of_nothing(traffic: str) -> None:
    for month, count in (("2026-11", 2), ("2026-01", 0)):
        target = io.BytesIO()
        export.export("finance.charges", target, "json", month=month)
        assert len(json.loads(target.getvalue())) == count


@pytest.mark.parametrize(
    ("table", "options", "error", "said"),
    [
        ("finance.chrges", {}, UnknownTable, r"There are: .*finance\.charges"),
        ("account.person", {}, UnknownTable, "there is no table 'account.person' to export"),
        ("finance.invoices", {}, NotBuilt, "run `outbound build`"),
        ("finance.charges", {"account": "nil"}, UnknownAccount, "There are: delta, nile"),
    ],
)
def test_what_cannot_be_exported_is_said(
    traffic: str, table: str, options: dict[str, str], error: type[OutboundError], said: str
) -> None:
    with pytest.raises(error, match=said):
        rows(table, **options)


def test_a_table_without_months_says_so(traffic: str) -> None:
    with psycopg.connect(traffic) as connection:
        connection.execute(
            "create table finance.prepaid_lots as select 'nile' as account, now() as opened_at, 'p' as lot"
        )
        connection.execute("grant select on finance.prepaid_lots to outbound_operator")
    with pytest.raises(NoMonths, match="leave out --month"):
        rows("finance.prepaid_lots", month="2026-10")


def test_a_file_is_whole_or_not_there(traffic: str, tmp_path: Path) -> None:
    old = tmp_path / "old.csv"
    old.write_text("as it was")

    def breaks(heads: list[str], rows: Any, target: Any) -> int:
        target.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(export.CannotWrite, match="No space left on device; nothing is left of it"):
        export._to_file(old, breaks, ["a"], [])
    assert old.read_text() == "as it was"
    assert [path.name for path in tmp_path.glob("*old*")] == ["old.csv"]


def test_the_command_lists_writes_and_takes_the_form_of_the_file_s_name(traffic: str, tmp_path: Path) -> None:
    runner = CliRunner()
    listed = json.loads(runner.invoke(command, ["--list", "--json"]).output)
    assert {"finance.charges", "dispatch.submissions", "operations.sla"} <= {row["table"] for row in listed}
    path = tmp_path / "charges.json"
    result = runner.invoke(command, ["finance.charges", "-o", str(path)])
    assert result.output == f"2 rows in {path}\n"
    assert len(json.loads(path.read_text())) == 2
    assert runner.invoke(command, ["finance.charges", "--month", "October"]).exit_code == 2
    assert runner.invoke(command, []).exit_code == 2


def test_a_csv_for_a_spreadsheet_is_marked_and_one_for_a_program_is_not(traffic: str) -> None:
    plain, marked = io.BytesIO(), io.BytesIO()
    export.export("finance.charges", plain, "csv")
    export.export("finance.charges", marked, "excel-csv")
    assert marked.getvalue() == b"\xef\xbb\xbf" + plain.getvalue()


def test_approvals_say_who_proposed_and_who_agreed(traffic: str) -> None:
    with psycopg.connect(traffic) as connection:
        connection.execute(
            "insert into billing.approval (legal_entity_id, action, object, proposed_by)"
            " select legal_entity_id, 'close-month', 'delta 2026-10 nothing', 'maha' from account.legal_entity"
        )
    (row,) = rows("billing.approvals")
    assert (row["legal_entity"], row["action"], row["proposed_by"], row["approved_by"]) == (
        "Example",
        "close-month",
        "maha",
        "",
    )
