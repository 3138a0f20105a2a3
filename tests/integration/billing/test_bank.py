"""A bank's file: each line once, all or nothing, every wrong line by its number, nothing lost that nobody could be found for."""

from decimal import Decimal

import pytest

HEADER = "Reference,Value date,Amount,Customer,Invoice,Payer\n"


@pytest.fixture
def bank(operator):
    """What `outbound bank load` says of a file of this content."""

    def load(content: str | bytes, *options: str, header: str = HEADER):
        path = operator.folder / "october.csv"
        path.write_bytes(content if isinstance(content, bytes) else (header + content).encode())
        return operator.run("bank", "load", path, "--json", *options)

    return load


def payments(operator) -> list[tuple[str, str, Decimal]]:
    return operator.sql(
        "select account.name, reference, amount from account.payment join account.account using (account_id)"
        " order by payment_id"
    )


def test_lines_become_payments_of_whom_they_name(operator, bank):
    label = operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10")["invoice"]
    done = bank(f'FT1,2026-10-05,"1,140.00",delta,,Delta Ltd\nFT2,2026-10-06,50.00,,{label},Nile\n').json
    assert [(row["line"], row["account"], row["amount"], row["pays"]) for row in done["payments"]] == [
        (2, "delta", "1140.00", "the oldest invoices first"), (3, "nile", "50.00", label),
    ]  # fmt: skip
    assert payments(operator) == [("delta", "FT1", Decimal("1140.00")), ("nile", "FT2", Decimal("50.00"))]
    assert operator.sql("select at at time zone 'Africa/Cairo' from account.payment where reference = 'FT1'")[0][
        0
    ].isoformat() == ("2026-10-05T00:00:00")


def test_a_file_comes_again_and_nothing_is_paid_twice(operator, bank):
    first = "FT1,2026-10-05,10.00,delta,,\nFT2,2026-10-05,20.00,nile,,\n"
    bank(first)
    again = bank(first + "FT3,2026-10-06,30.00,nile,,\n").json
    assert (again["known"], [row["reference"] for row in again["payments"]]) == (2, ["FT3"])
    assert len(payments(operator)) == 3
    twice = bank("FT4,2026-10-06,1.00,nile,,\nFT4,2026-10-06,1.00,nile,,\n").json
    assert (twice["known"], len(twice["payments"])) == (1, 1)


def test_every_wrong_line_is_told_by_its_number_and_nothing_is_taken(operator, bank):
    bank("OLD,2026-10-01,5.00,nile,,\n")
    answer = bank(
        'FT1,2026-10-05,10.00,delta,,"two\nlines"\n'  # lines 2 and 3
        "FT2,05/10/2026,x,delta,,\n"
        "\n"
        ",2026-10-05,1.00,delta,,\n"
        "FT3,2026-10-05,0.001,delta,,\n"
        "FT4,2026-10-05,1.00,delta,,a,b\n"
        "OLD,2026-10-01,6.00,nile,,\n"
        "FT5,2999-01-01,1.00,delta,,\n"
    )
    assert answer.status == 1
    told = answer.error.splitlines()
    assert told[0] == "nothing of october.csv was taken: 6 lines are wrong"
    assert [line.strip().split(":")[0] for line in told[1:]] == [f"line {n}" for n in (4, 6, 7, 8, 9, 10)]
    assert "amount: 'x' is no amount like 1140.00" in answer.error
    assert "date: '05/10/2026' is no day of the form 2026-10-31" in answer.error
    assert "is there already, from line 2 of october.csv, with 5.00 on 2026-10-01" in answer.error
    assert payments(operator) == [("nile", "OLD", Decimal("5.00"))]
    assert operator.sql("select count(*) from billing.bank_line") == [(1,)]


def test_what_nobody_can_be_found_for_is_kept_and_assigned_later(operator, bank):
    kept = bank("FT1,2026-10-05,10.00,,,Delta Ltd\nFT2,2026-10-05,20.00,nobody,,\nFT3,2026-10-05,3.00,,2026-999999,\n")
    assert [(row["line"], row["why"]) for row in kept.json["unassigned"]] == [
        (2, "it names no account and no invoice"), (3, "no account is called nobody"), (4, "nobody has 2026-999999"),
    ]  # fmt: skip
    assert payments(operator) == []
    assert [row["reference"] for row in operator.does("bank", "unassigned")["unassigned"]] == ["FT1", "FT2", "FT3"]
    assigned = operator.does("bank", "assign", "FT1", "--account", "delta")
    assert (assigned["amount"], assigned["says"]) == (
        "10.00", ["records 10.00 EGP from delta, for what is oldest: nothing owed after it, 10.00 EGP on account"],
    )  # fmt: skip
    assert "is a payment of delta already" in operator.run("bank", "assign", "FT1", "--account", "nile").error
    again = bank("FT1,2026-10-05,10.00,,,Delta Ltd\nFT2,2026-10-05,20.00,nile,,\n").json  # mended in the file
    assert (again["known"], [row["account"] for row in again["payments"]]) == (1, ["nile"])
    assert [row["reference"] for row in operator.does("bank", "unassigned")["unassigned"]] == ["FT3"]
    assert payments(operator) == [("delta", "FT1", Decimal("10.00")), ("nile", "FT2", Decimal("20.00"))]


def test_references_are_of_one_bank(operator, bank):
    bank("FT1,2026-10-05,10.00,nile,,\n")
    assert "names delta here" in bank("FT1,2026-10-05,10.00,delta,,\n").error
    assert bank("FT1,2026-10-05,10.00,delta,,\n", "--bank", "second").status == 0
    assert payments(operator) == [("nile", "FT1", Decimal("10.00")), ("delta", "FT1", Decimal("10.00"))]


def test_headers_marks_and_days_of_another_bank(operator, bank):
    done = bank(
        "T-1;31/10/2026;1.140,00;nile;\nT-2;31/10/2026;;;charges\nT-3;31/10/2026;-5,00;;fees\n",
        *("--column", "reference=Trx no", "--column", "amount=Haben", "--delimiter", ";", "--decimal", ","),
        *("--date-format", "%d/%m/%Y"),
        header="Trx no;Booking date;Haben;Account;Text\n",
    ).json
    assert (done["payments"][0]["amount"], done["outgoing"]) == ("1140.00", 2)


def test_tax_withheld_comes_with_its_certificate(operator, bank):
    header = "reference,date,amount,account,withheld,certificate\n"
    assert "the number of its certificate" in bank("F,2026-10-05,98.00,delta,2.00,\n", header=header).error
    bank("F,2026-10-05,98.00,delta,2.00,41/7\n", header=header)
    assert operator.sql("select amount, withheld, certificate from account.payment") == [
        (Decimal("98.00"), Decimal("2.00"), "41/7")
    ]


def test_a_day_of_a_closed_month_counts_from_the_first_open_one(operator, bank):
    operator.sql(
        "insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by)"
        " select account_id, '2026-09-01', '2026-08-31 21:00Z', '2026-09-30 21:00Z', 'test' from account.account"
        " where name = 'delta'"
    )
    done = bank("FT1,2026-09-30,10.00,delta,,\nFT2,2026-09-30,10.00,nile,,\n").json
    assert [row["at"] for row in done["payments"]] == ["2026-10-01 00:00:00+03:00", "2026-09-30 00:00:00+03:00"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"reference,amount\nF,1\n", "no column 'date' among reference, amount"),
        (b"reference,date,amount,credit\n", "several columns may be the amount (amount, credit)"),
        (b"reference,date,amount\nF,2026-10-05,\"1\n", "cannot be read as utf-8-sig"),
        (b"reference,date,amount\nF\xff,2026-10-05,1\n", "cannot be read as utf-8-sig"),
        (b"", "among no columns at all"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(bank, content, said):
    assert said in bank(content).error


def test_a_dry_run_takes_nothing(operator, bank):
    assert bank("FT1,2026-10-05,10.00,nile,,\n", "--dry-run").json["payments"][0]["account"] == "nile"
    assert operator.sql("select count(*) from billing.bank_line") == [(0,)]


def test_orders_that_a_file_pays_take_effect(operator, bank):
    operator.sql("update account.term set activation = 'payment'")
    operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10", "--id", "PO-1")
    done = bank("FT1,2026-10-05,114.00,,PO-1,\n").json
    assert [(row["account"], row["order"], row["total"]) for row in done["activated"]] == [("nile", "PO-1", "114.00")]
