"""Numbers without a gap, documents that never change, voids and credit notes by their rules (CHARGING 29)."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import psycopg
import pytest

from billing.issuing import issue
from billing.voiding import void
from outbound import database


def buy(operator, units: int = 100, **options: str) -> dict:
    named = [word for name, value in options.items() for word in (f"--{name}", value)]
    return operator.does("purchase", "--account", "nile", "--units", units, *named)


def test_fifty_at_once_number_without_a_gap_and_each_purchase_once(operator):
    with psycopg.connect(operator.url, autocommit=True) as connection:
        purchases = [
            row[0]
            for row in connection.execute(
                "insert into account.purchase (account_id, business_key, at, units, rate, zones)"
                " select account_id, 'PO-' || n, now(), 100, 0.10, '{EG}' from account.account,"
                " generate_series(1, 40) as n where name = 'nile' returning purchase_id"
            )
        ]

    def issue(n: int) -> str | None:
        with database.connect("billing") as connection, connection.transaction(force_rollback=n % 5 == 4):
            row = connection.execute(
                "select label from billing.issue_invoice((select account_id from account.account where name = 'nile'),"
                " null, %s, 'test')",
                [purchases[n % 40]],
            ).fetchone()
            return row[0] if row and n % 5 != 4 else None

    with ThreadPoolExecutor(50) as pool:
        labels = [label for label in pool.map(issue, range(50)) if label]
    numbers = [row[0] for row in operator.sql("select number from billing.invoice order by number")]
    assert numbers == list(range(1, 33))  # 40 purchases, of which the issuers of 8 changed their minds
    assert len(labels) == 40
    assert len(set(labels)) == 32
    assert operator.sql("select last_number from billing.document_counter") == [(32,)]
    assert operator.sql("select * from billing.tampered") == []


@pytest.mark.parametrize("table", ["invoice", "invoice_line", "void", "credit_note", "closed_period"])
def test_what_is_issued_never_changes_not_even_for_the_owner(operator, table):
    buy(operator)
    for statement in (f"update billing.{table} set account_id = account_id", f"delete from billing.{table}"):
        if operator.sql(f"select count(*) from billing.{table}") != [(0,)]:
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="never changed"):
                operator.sql(statement)
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="never changed"):
        operator.sql(f"truncate billing.{table} cascade")


def test_a_purchase_s_invoice_is_void_on_its_day_and_keeps_its_number(operator):
    label = buy(operator)["invoice"]
    operator.does("void", label, "--reason", "wrong customer")
    again = operator.run("void", label, "--reason", "again")
    assert (again.status, "is void already" in again.error) == (1, True)
    assert buy(operator)["invoice"] > label


def test_yesterday_s_invoice_cannot_be_void(operator):
    label = buy(operator)["invoice"]
    operator.sql("alter table billing.invoice disable trigger never_changes")
    operator.sql("update billing.invoice set issue_day = issue_day - 1")
    operator.sql("alter table billing.invoice enable trigger never_changes")
    answer = operator.run("void", label, "--reason", "x")
    assert "void on its issue day only. Take its units back with outbound refund, which credits it" in answer.error
    assert operator.sql("select label from billing.tampered") == [(label,)]


def month_invoice(operator, net: str, quantity: int = 100) -> str:
    """An invoice of one line, as if its month had been closed."""
    with psycopg.connect(operator.url) as connection:
        connection.execute(
            "create table finance.invoice_lines (account_id bigint, month text, n integer, kind text, zone text,"
            " card_from date, from_unit bigint, quantity bigint, rate numeric, net numeric, vat_rate numeric,"
            " vat numeric, purchase_id bigint, status text)"
        )
        connection.execute(
            "insert into finance.invoice_lines select account_id, '2026-05', 1, 'usage', 'EG', '2020-01-01', 1, %s,"
            " 0.1005, %s, 0.14, round(%s * 0.14, 2), null, 'draft' from account.account where name = 'delta'",
            [quantity, Decimal(net), Decimal(net)],
        )
        connection.execute(
            "insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by, figures)"
            " select account_id, '2026-05-01', '2026-04-30 21:00Z', '2026-05-31 21:00Z', 'test',"
            " jsonb_build_object('net', net, 'vat', vat) from finance.invoice_lines"
        )
        row = connection.execute(
            "select (billing.issue_invoice(account_id, '2026-05-01', null, 'test')).label from finance.invoice_lines"
        ).fetchone()
    assert row
    return row[0]


def test_a_line_credited_in_parts_comes_to_its_own_vat(operator):
    label = month_invoice(operator, "10.05")
    parts = [operator.does("credit", label, "--net", "3.35", "--reason", "late") for _ in range(3)]
    assert [part["vat"] for part in parts] == ["0.47", "0.47", "0.47"]
    assert sum(Decimal(part["vat"]) for part in parts) == Decimal("1.41")  # round(10.05 x 0.14)
    assert [part["credit_note"][-6:] for part in parts] == ["000001", "000002", "000003"]
    more = operator.run("credit", label, "--net", "0.01", "--reason", "late")
    assert "no more than 0.00 can be" in more.error


def test_a_draft_that_is_no_longer_what_was_closed_is_not_issued(operator):
    label = month_invoice(operator, "10.05")
    void(label, "x", rebuild=False)
    operator.sql("update finance.invoice_lines set net = 99")
    with pytest.raises(psycopg.errors.RaiseException, match="is not what was closed"):
        operator.sql("select billing.issue_invoice(account_id, '2026-05-01', null, 'test') from finance.invoice_lines")


def test_what_cannot_be_void_says_what_to_do_instead(operator):
    """A purchase's invoice is credited by a refund, a month's by hand."""
    label = buy(operator)["invoice"]
    operator.does("refund", "--account", "nile", "--units", 10, "--reason", "leaves")
    assert operator.run("void", label, "--reason", "x").error == (
        f"invoice {label} has a credit note: it cannot be void any more. Take its units back with outbound refund, which"
        " credits it, or make it good with outbound grant"
    )
    month = month_invoice(operator, "10.05")
    operator.does("credit", month, "--net", "1", "--reason", "late")
    assert operator.run("void", month, "--reason", "x").error == (
        f"invoice {month} has a credit note: it cannot be void any more. Correct it with outbound credit"
    )


def test_a_purchase_whose_invoice_is_void_is_owed_for_and_is_issued_again(operator):
    """CHARGING 18, 29: units, receivable and VAT stay; the void alone makes the draft that is issued."""
    bought = buy(operator, 1_000, rate="0.10", id="PO-1")
    done = operator.does("void", bought["invoice"], "--reason", "wrong address")
    month = operator.sql("select to_char(at at time zone 'Africa/Cairo', 'YYYY-MM') from account.purchase")[0][0]
    again = f"outbound issue {month} --account nile"
    assert done["says"] == [
        (
            f"{bought['invoice']} of nile becomes void and keeps its number: its purchase stays, with units,"
            f" receivable 114.00 and VAT 14.00 EGP; issue it again with {again}"
        )
    ]
    found = operator.run("reconcile", "--no-build", "--json")
    assert (found.status, found.json["disagreements"]) == (
        1,
        [
            {
                "check": "purchases",
                "account": "nile",
                "where": "purchase PO-1",
                "found": f"has no invoice that stands: {again}",
            }
        ],
    )
    (issued,) = issue(month, account="nile", rebuild=False)
    assert (str(issued["total"]), issued["invoice"] > bought["invoice"]) == ("114.00", True)
    assert operator.does("reconcile", "--no-build")["disagreements"] == []


def test_a_purchase_s_invoice_is_not_credited_by_hand(operator):
    answer = operator.run("credit", buy(operator)["invoice"], "--net", "1", "--reason", "x")
    assert "outbound refund" in answer.error
