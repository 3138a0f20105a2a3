"""Currencies of no, two and three digits, and tax that changes at a date, from the set-up to the ledger (CHARGING 2, 17, 28)."""

import csv
import io
from decimal import Decimal

import psycopg
import pytest

SETUP = """
legal_entity: {name: Example Telecom, country: EG, timezone: Africa/Cairo}
networks: [{prefix: "2010", operator: Vodafone EG, country: EG, zone: EG}]
accounts:
  - {name: kuwait, scheme: postpaid, currency: KWD, vat_rate: "0.05", minimum_monthly: "4.165",
     rates: [{zone: EG, from: 2020-01-01, rate: "0.0125"}]}
  - {name: tokyo, scheme: postpaid, currency: JPY, vat_rate: "0.1",
     rates: [{zone: EG, from: 2020-01-01, rate: "0.5"}]}
  - {name: raised, scheme: postpaid, currency: EGP, vat_rate: "0.14",
     terms: [{from: 2024-03-31, vat_rate: "0.15"}, {from: 2024-04-01, tax_treatment: exempt, vat_rate: "0"}],
     rates: [{zone: EG, from: 2020-01-01, rate: "0.10"}]}
  - {name: exported, scheme: postpaid, currency: EGP, tax_treatment: zero_rated,
     rates: [{zone: EG, from: 2020-01-01, rate: "0.10"}]}
  - {name: kuwait-prepaid, scheme: prepaid, currency: KWD, vat_rate: "0.05"}
  - {name: tokyo-prepaid, scheme: prepaid, currency: JPY, vat_rate: "0.1"}
  - {name: exempt-prepaid, scheme: prepaid, currency: EGP, tax_treatment: exempt}
"""


def used(account: str, key: str, at: str, units: int) -> dict:
    return {"type": "usage", "account": account, "id": key, "at": at, "units": units, "zone": "EG"}


@pytest.fixture
def march(operator):
    """March 2024 of every account, closed and issued."""
    operator.applies(SETUP)
    operator.loads(
        used("kuwait", "U-1", "2024-03-01T10:00:00+02:00", 333),
        used("tokyo", "U-1", "2024-03-20T10:00:00+02:00", 1_001),
        used("raised", "U-1", "2024-03-01T10:00:00+02:00", 100),
        used("raised", "U-2", "2024-04-01T10:00:00+02:00", 100),
        used("exported", "U-1", "2024-03-20T10:00:00+02:00", 100),
    )
    return operator


def exports_say_currency_and_treatment(operator) -> None:
    """Every table that shows money; drafts have the treatment that they will be issued with."""

    def told(table: str, *columns: str) -> set[tuple[str, ...]]:
        rows = csv.DictReader(io.StringIO(operator.run("export", table, "--format", "csv").output))
        return {tuple(row[column] for column in columns) for row in rows}

    for table in ("invoice_lines", "invoices"):
        assert told(f"finance.{table}", "account", "status", "currency", "tax_treatment") == {
            ("exported", "issued", "EGP", "zero_rated"),
            ("kuwait", "draft", "KWD", "standard"),  # the minimum of the month that runs
            ("kuwait", "issued", "KWD", "standard"),
            ("raised", "draft", "EGP", "exempt"),
            ("raised", "issued", "EGP", "standard"),
            ("tokyo", "issued", "JPY", "standard"),
        }
    assert told("billing.document", "account", "kind", "tax_treatment") == {
        ("exported", "invoice", "zero_rated"), ("kuwait", "invoice", "standard"), ("kuwait", "credit_note", "standard"),
        ("raised", "invoice", "standard"), ("tokyo", "invoice", "standard"),
    }  # fmt: skip
    issued = {("exported", "EGP"), ("kuwait", "KWD"), ("raised", "EGP"), ("tokyo", "JPY")}
    for table in ("ledger_entries", "receivables_ageing", "account_statements", "invoice_usage"):
        assert told(f"finance.{table}", "account", "currency") == issued, table
    for table in ("prepaid_lots", "deferred_revenue", "rollovers", "payment_allocations"):
        assert told(f"finance.{table}", "account", "currency") <= {("kuwait", "KWD")}, table


def test_a_month_is_billed_in_its_currency_s_digits_and_by_its_last_day_s_tax(march):
    closed = march.does("close-month", "2024-03")["closed"]
    said = {row["account"]: row["says"][0] for row in closed}
    assert said["kuwait"].startswith(
        "freezes kuwait 2024-03: 2 lines, net 4.165, VAT 0.208, total 4.373 KWD; unbilled until"
    )
    assert said["tokyo"].startswith("freezes tokyo 2024-03: 1 line, net 501, VAT 50, total 551 JPY; unbilled until")
    told = march.does("issue", "2024-03", "--dry-run")["issued"]
    # a dry run numbers them one after the other, as they will be, and uses no number up
    assert [row["invoice"][-6:] for row in told] == ["000001", "000002", "000003", "000004"]
    assert march.sql("select count(*) from billing.document_counter") == [(0,)]
    done = march.does("issue", "2024-03")["issued"]
    assert [row["says"] for row in done] == [row["says"] for row in told]
    assert {row["account"]: (row["currency"], row["net"], row["vat"], row["total"]) for row in done} == {
        "exported": ("EGP", "10.00", "0.00", "10.00"),
        "kuwait": ("KWD", "4.165", "0.208", "4.373"),  # round(333 x 0.0125) = 4.163, and the true-up to the minimum
        "raised": ("EGP", "10.00", "1.50", "11.50"),  # 15 %: the last local day's, also for the 1st
        "tokyo": ("JPY", "501", "50", "551"),  # 500.5 and 50.1
    }
    # no sum over different money
    assert march.does("journal", "2024-03", "-o", march.folder / "journal.csv")["totals"] == [
        {"currency": "EGP", "debit": "20.00", "credit": "20.00"},
        {"currency": "JPY", "debit": "501", "credit": "501"},
        {"currency": "KWD", "debit": "4.165", "credit": "4.165"},
    ]
    assert march.sql(
        "select name, n, line.net, line.vat, vat_rate, tax_treatment from billing.invoice_line as line"
        " join account.account using (account_id) order by name, n"
    ) == [
        ("exported", 1, Decimal("10.00"), Decimal("0.00"), Decimal(0), "zero_rated"),
        ("kuwait", 1, Decimal("4.163"), Decimal("0.208"), Decimal("0.05"), "standard"),
        ("kuwait", 2, Decimal("0.002"), Decimal("0.000"), Decimal("0.05"), "standard"),
        ("raised", 1, Decimal("10.00"), Decimal("1.50"), Decimal("0.15"), "standard"),
        ("tokyo", 1, Decimal(501), Decimal(50), Decimal("0.1"), "standard"),
    ]
    kuwait = next(row["invoice"] for row in done if row["account"] == "kuwait")
    parts = [march.does("credit", kuwait, "--net", "1.001", "--reason", "late") for _ in range(3)]
    # 5 % of 1.001, 2.002 and 3.003 is 0.050, 0.100 and 0.150
    assert [(part["net"], part["vat"], part["left"]) for part in parts] == [
        ("1.001", "0.050", "3.162"), ("1.001", "0.050", "2.161"), ("1.001", "0.050", "1.160")
    ]  # fmt: skip
    assert "at most 3 digits" in march.run("credit", kuwait, "--net", "0.0001", "--reason", "x").error
    assert march.does("reconcile")["agrees"] is True
    exports_say_currency_and_treatment(march)
    assert march.sql(
        "select account, ledger_account, sum(debit - credit) from finance.ledger_entries"
        " where account in ('kuwait', 'tokyo') and (month = '2024-03' or kind in ('issue', 'credit'))"
        " group by 1, 2 order by 1, 2"
    ) == [
        ("kuwait", "1200 receivable", Decimal("1.220")),  # 4.373 - 3.003 - 0.150
        ("kuwait", "1210 unbilled", Decimal("0.000")),
        ("kuwait", "2200 VAT", Decimal("-0.058")),
        ("kuwait", "4100 usage revenue", Decimal("-1.162")),
        ("tokyo", "1200 receivable", Decimal(551)),
        ("tokyo", "1210 unbilled", Decimal(0)),
        ("tokyo", "2200 VAT", Decimal(-50)),
        ("tokyo", "4100 usage revenue", Decimal(-501)),
    ]


@pytest.mark.parametrize(
    ("account", "units", "rate", "net", "vat", "total"),
    [
        ("kuwait-prepaid", 1_001, "0.0125", "12.513", "0.626", "13.139"),  # 12.5125, half away from zero
        ("tokyo-prepaid", 1_001, "0.5", "501", "50", "551"),  # 500.5
        ("exempt-prepaid", 1_001, "0.0125", "12.51", "0.00", "12.51"),
    ],
)
def test_a_purchase_and_its_refund_keep_every_digit(operator, account, units, rate, net, vat, total):
    operator.applies(SETUP)
    bought = operator.does("purchase", "--account", account, "--units", units, "--rate", rate)
    assert (bought["net"], bought["vat"], bought["total"]) == (net, vat, total)
    assert operator.sql("select net, vat, total from billing.invoice") == [(Decimal(net), Decimal(vat), Decimal(total))]
    refund = operator.does("refund", "--account", account, "--units", units, "--reason", "leaves")
    assert [(note["net"], note["vat"]) for note in refund["credit_notes"]] == [(net, vat)]
    assert operator.sql("select net, vat from billing.credit_note") == [(Decimal(net), Decimal(vat))]


def test_an_invoice_cannot_hold_more_digits_than_its_currency(operator):
    operator.applies(SETUP)
    operator.does("purchase", "--account", "tokyo-prepaid", "--units", 1, "--rate", "1")
    copied = "insert into billing.invoice overriding system value select (jsonb_populate_record(invoice, %s)).*"
    wrong = '{"invoice_id": 99, "number": 99, "net": 0.5, "total": 0.5, "vat": 0}'
    with pytest.raises(psycopg.errors.CheckViolation):
        operator.sql(copied.replace("%s", f"'{wrong}'") + " from billing.invoice")


def test_a_minimum_in_more_digits_than_the_currency_is_a_mistake(operator):
    path = operator.folder / "wrong.yaml"
    path.write_text(SETUP.replace('minimum_monthly: "4.165"', 'minimum_monthly: "4.1651"'))
    assert "minimum_monthly" in operator.run("apply", path).error
    path.write_text(SETUP.replace('currency: JPY, vat_rate: "0.1",', 'currency: JPY, monthly_cap: "0.5",'))
    assert "monthly_cap: 0.5 has more digits than JPY, which has 0" in operator.run("apply", path).error
