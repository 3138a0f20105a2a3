"""Money that goes back and money that is given up: what is refused, what is said, and that it takes two (CHARGING 25)."""

import csv
import io
from decimal import Decimal
from typing import Any

import openpyxl
import psycopg
import pytest

PURCHASE = ("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10")  # 114.00


def owed(operator, account: str = "nile") -> Decimal:
    return operator.sql(
        "select billing.owed(account_id, now()) from account.account where name = %s", account
    )[0][0]  # fmt: skip


def changes(operator) -> list[tuple]:
    return operator.sql("select kind, amount, withheld from account.receivable_change order by receivable_change_id")


def test_a_payment_that_bounced_is_owed_again(operator):
    invoice = operator.does(*PURCHASE)["invoice"]
    words = ("payment", "--account", "nile")
    operator.does(
        *words, "--amount", "110.00", "--withheld", "4.00", "--certificate", "41/1", "--invoice", invoice, "--id", "P-1"
    )
    assert owed(operator) == 0
    undo = (*words, "--reverse", "P-1", "--reason", "cheque 4711 bounced")

    tried = operator.does(*undo, "--dry-run")
    assert tried["says"] == [
        "takes back payment P-1 of nile, 114.00 EGP: what it settled is open again; 114.00 EGP owed after it"
    ]
    assert (owed(operator), changes(operator)) == (0, [])

    done = operator.does(*undo)
    assert done["posts"] == [
        {"on": "receivable", "amount": "114.00"}, {"on": "bank", "amount": "-110.00"}, {"on": "withholding_tax", "amount": "-4.00"},
    ]  # fmt: skip
    assert (owed(operator), changes(operator)) == (
        Decimal("114.00"),
        [("payment_reversal", Decimal("110.00"), Decimal("4.00"))],
    )
    assert operator.sql("select detail ->> 'reason' from account.audit where action = 'payment reversal'") == [
        ("cheque 4711 bounced",)
    ]
    assert f"is reversed already, by {done['payment_reversal']}" in operator.run(*undo).error
    assert "nile has no payment P-2" in operator.run(*words, "--reverse", "P-2", "--reason", "x").error
    assert (
        "delta has no payment P-1"
        in operator.run("payment", "--account", "delta", "--reverse", "P-1", "--reason", "x").error
    )
    assert operator.run(*undo, "--amount", "1").status == operator.run(*words, "--reverse", "P-1").status == 2


def test_a_payout_is_of_what_is_on_account_and_no_more(operator):
    operator.does(*PURCHASE)
    operator.does("payment", "--account", "nile", "--amount", "150.00")
    words = ("payout", "--account", "nile", "--reason", "paid twice", "--amount")
    assert "nile has 36.00 EGP on account" in operator.run(*words, "36.01").error
    assert "at most 2 digits" in operator.run(*words, "0.001").error
    assert operator.does(*words, "30.00")["says"] == [
        "pays 30.00 EGP back to nile; nothing owed after it, 6.00 EGP on account"
    ]
    assert operator.run(*words, "6.01").status == 1
    assert operator.does(*words, "6.00")["says"] == ["pays 6.00 EGP back to nile; nothing owed after it"]
    assert owed(operator) == 0


def test_a_write_off_is_of_what_is_open_and_no_more(operator):
    first, second = (operator.does(*PURCHASE)["invoice"] for _ in range(2))
    operator.does("payment", "--account", "nile", "--amount", "14.00", "--invoice", first)
    words = ("write-off", "--account", "nile", "--reason", "insolvent")
    assert f"owes 100.00 EGP for {first}" in operator.run(*words, "--invoice", first, "--amount", "100.01").error
    assert operator.does(*words, "--invoice", first, "--amount", "40.00")["posts"] == [
        {"on": "bad_debts", "amount": "40.00"}, {"on": "receivable", "amount": "-40.00"},
    ]  # fmt: skip
    assert operator.does(*words, "--invoice", first)["amount"] == "60.00"
    assert f"owes 0.00 EGP for {first}" in operator.run(*words, "--invoice", first).error
    assert operator.does(*words)["amount"] == "114.00"
    assert (second, owed(operator)) == (second, 0)
    assert "no more can be written off" in operator.run(*words).error


def test_all_three_take_two_where_the_entity_says_so(operator, monkeypatch):
    operator.does(*PURCHASE)
    operator.does("payment", "--account", "nile", "--amount", "124.00", "--id", "P-1")
    operator.sql("update account.legal_entity set approvals = 'two_people'")
    doors = [
        (
            ("payout", "--account", "nile", "--amount", "10.00", "--reason", "x"),
            "payout nile from its account 10.00 EGP: x",
        ),
        (
            ("payment", "--account", "nile", "--reverse", "P-1", "--reason", "x"),
            "payment-reversal nile payment P-1 124.00 EGP: x",
        ),
        (("write-off", "--account", "nile", "--reason", "x"), "write-off nile what is oldest 124.00 EGP: x"),
    ]
    for n, (words, asked) in enumerate(doors):
        monkeypatch.setenv("OUTBOUND_ACTOR", "maha@telecom.example")
        assert operator.run(*words, "--dry-run").status == 0
        assert f"{asked}: proposed by maha" in operator.run(*words).error
        assert len(changes(operator)) == n
        monkeypatch.setenv("OUTBOUND_ACTOR", "omar@telecom.example")
        assert operator.run(*words).status == 0
    assert owed(operator) == 0


def test_money_that_was_taken_back_pays_for_no_order(operator):
    """Units that come with their payment: what names the order counts no more."""
    operator.sql("update account.term set activation = 'payment'")
    operator.does(*PURCHASE, "--id", "PO-1")
    operator.does("payment", "--account", "nile", "--amount", "100.00", "--invoice", "PO-1", "--id", "P-1")
    assert (
        "nile has 0.00 EGP on account"
        in operator.run("payout", "--account", "nile", "--amount", "1.00", "--reason", "x").error
    )
    operator.does("payment", "--account", "nile", "--reverse", "P-1", "--reason", "bounced")
    operator.does("payment", "--account", "nile", "--amount", "14.00", "--invoice", "PO-1")
    assert operator.sql("select count(*) from account.purchase") == [(0,)]
    operator.does("payment", "--account", "nile", "--amount", "100.00", "--invoice", "PO-1")
    assert operator.sql("select count(*) from account.purchase") == [(1,)]


@pytest.mark.parametrize(
    "wrong", ["kind = 'payout'", "amount = 113.99", "account_id = (select account_id from account.account where name = 'delta')", "at = '2020-01-01'"]
)  # fmt: skip
def test_the_database_takes_no_other_reversal(operator, wrong):
    operator.does(*PURCHASE)
    operator.does("payment", "--account", "nile", "--amount", "114.00", "--id", "P-1")
    column, value = wrong.split(" = ", 1)
    row = {
        "account_id": "account_id", "business_key": "'B'", "kind": "'payment_reversal'", "at": "now()", "amount": "114.00",
        "payment_id": "payment_id", "reason": "'x'", "recorded_by": "'x'",
    } | {column: value}  # fmt: skip
    statement = f"insert into account.receivable_change ({', '.join(row)}) select {', '.join(row.values())} from account.payment"
    with pytest.raises(psycopg.errors.Error, match=r"is not the reversal of a payment|violates check constraint"):
        operator.sql(statement)


def test_what_was_recorded_stays(operator):
    operator.does("payment", "--account", "nile", "--amount", "1.00")
    operator.does("payout", "--account", "nile", "--amount", "1.00", "--reason", "x")
    for statement in (
        "update account.receivable_change set amount = 2",
        "delete from account.receivable_change",
        "truncate account.receivable_change",
    ):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            operator.sql(statement)


BOOKS = {
    "finance.trial_balance": "legal_entity month currency code ledger_account opening debit credit closing",
    "finance.tax_documents": "legal_entity month currency tax_treatment vat_rate kind documents net vat",
    "finance.adjustments": "account month at day kind document bears_on reason recorded_by recorded_at is_history units receivable"
    " bank deferred_revenue vat income bad_debts currency account_id",
}


def held(operator, table: str) -> list[dict[str, Any]]:
    """The rows of the table itself."""
    columns = BOOKS[table].split()
    rows = operator.sql(f"select {', '.join(columns)} from {table}")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def written(row: dict[str, Any]) -> tuple[str, ...]:
    """As a CSV has it."""
    return tuple(
        "" if value is None else str(value).lower() if isinstance(value, bool)
        else value.isoformat() if hasattr(value, "isoformat") else str(value)
        for value in row.values()
    )  # fmt: skip


@pytest.fixture
def books(operator, monkeypatch):
    """Each kind of adjustment, a void and a credit note, built."""
    monkeypatch.setenv("OUTBOUND_ACTOR", "maha@telecom.example")
    first, second = (operator.does(*PURCHASE)["invoice"] for _ in range(2))
    operator.does("void", second, "--reason", "wrong name", "--undelivered")
    operator.does("grant", "--account", "nile", "--units", 7, "--reason", "outage", "--id", "G-1")
    operator.does("payment", "--account", "nile", "--amount", "250.00", "--id", "P-1")
    operator.does("payout", "--account", "nile", "--amount", "22.00", "--reason", "paid too much", "--id", "OUT")
    operator.does("payment", "--account", "nile", "--reverse", "P-1", "--reason", "bounced", "--id", "BACK")
    operator.does(
        "write-off",
        "--account",
        "nile",
        "--invoice",
        first,
        "--amount",
        "14.00",
        "--reason",
        "insolvent",
        "--id",
        "OFF",
    )
    assert operator.run("build").status == 0
    return operator


def test_finance_has_a_trial_balance_a_tax_return_and_the_adjustments(books):
    balance = {row["code"]: row["closing"] for row in held(books, "finance.trial_balance")}
    # 2 x 114.00 - 250.00 + 22.00 + 250.00 - 14.00
    assert balance == {
        "1100": Decimal("-22.00"), "1200": Decimal("236.00"), "2100": Decimal("-200.00"), "2200": Decimal("-28.00"),
        "5100": Decimal("14.00"),
    }  # fmt: skip
    declared = {row["kind"]: (row["documents"], row["net"], row["vat"]) for row in held(books, "finance.tax_documents")}
    assert declared == {
        "invoice": (2, Decimal("200.00"), Decimal("28.00")), "void": (1, Decimal("-100.00"), Decimal("-14.00"))
    }  # fmt: skip
    told = {
        row["document"]: (
            row["kind"],
            row["bears_on"],
            row["reason"],
            row["recorded_by"],
            row["units"],
            row["receivable"],
        )
        for row in held(books, "finance.adjustments")
    }
    (first,) = books.sql("select label from billing.invoice order by invoice_id limit 1")[0]
    who = "maha@telecom.example"
    assert told == {
        "G-1": ("grant", None, "outage", who, 7, 0),
        "OUT": ("payout", None, "paid too much", who, 0, Decimal("22.00")),
        "BACK": ("payment_reversal", "P-1", "bounced", who, 0, Decimal("250.00")),
        "OFF": ("write_off", first, "insolvent", who, 0, Decimal("-14.00")),
    }

    for table in BOOKS:
        rows = held(books, table)
        exported = list(csv.DictReader(io.StringIO(books.run("export", table, "--format", "csv").output)))
        assert sorted(tuple(row[name] for name in BOOKS[table].split()) for row in exported) == sorted(
            map(written, rows)
        )
        month = rows[0]["month"]
        of_month = books.run("export", table, "--month", month, "--format", "csv").output
        assert len(list(csv.DictReader(io.StringIO(of_month)))) == sum(row["month"] == month for row in rows)

        path = books.folder / "books.xlsx"
        assert books.run("export", table, "--format", "xlsx", "-o", path).status == 0
        heads, *cells = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        for name in ("month", "net", "vat", "closing", "receivable", "documents"):
            if name in rows[0]:
                column = heads.index(name)
                read = float if isinstance(rows[0][name], Decimal) else str
                assert sorted(read(cell[column]) for cell in cells) == sorted(read(row[name]) for row in rows), name


def test_finance_s_books_are_no_customer_s(books):
    for table in BOOKS:
        assert books.sql("select has_table_privilege('outbound_web', %s, 'select')", table) == [(False,)]
        assert books.sql("select has_table_privilege('outbound_reporting', %s, 'select')", table) == [(True,)]
