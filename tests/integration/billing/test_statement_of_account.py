"""A statement of account as its customer reads it: opening, each document and payment, closing; and its exports."""

import json

import pytest

PAST = [
    {"type": "opening", "id": "start", "at": "2026-03-01T00:00:00+02:00", "receivable": "250.00"},
    {"type": "payment", "id": "P-1", "at": "2026-03-31T23:59:59+02:00", "amount": "100.00", "reference": "FT1"},
    {"type": "payment", "id": "P-2", "at": "2026-04-01T00:00:00+02:00", "amount": "200.00"},
]


@pytest.fixture
def built(operator):
    assert operator.loads(*PAST, account="delta").status == 0
    operator.loads(
        {"type": "opening", "id": "start", "at": "2026-03-01T00:00:00+02:00", "receivable": "7.00"}, account="nile"
    )
    assert operator.run("build", "--as-of", "2026-05-01T00:00:00+03:00").status == 0
    return operator


def test_a_month_opens_with_what_the_one_before_closed_with(built):
    march, april = (
        built.does("statement-of-account", "--account", "delta", "--month", m) for m in ("2026-03", "2026-04")
    )
    assert [(line["kind"], line["document"], line["balance"]) for line in march["lines"]] == [
        ("opening", "start", "250.00"), ("payment", "P-1", "150.00"),
    ]  # fmt: skip
    assert (march["opening"], march["closing"], march["lines"][1]["reference"]) == ("0", "150.00", "FT1")
    assert (april["opening"], april["closing"]) == ("150.00", "-50.00")
    assert april["ageing"] == [{"bucket": "on account", "open": "-50.00"}]

    may = built.does("statement-of-account", "--account", "delta", "--from", "2026-05-01", "--to", "2026-05-31")
    assert (may["opening"], may["lines"], may["closing"]) == ("-50.00", [], "-50.00")
    whole = built.does("statement-of-account", "--account", "delta")
    assert [line["balance"] for line in whole["lines"]] == ["250.00", "150.00", "-50.00"]

    printed = built.run("statement-of-account", "--account", "delta").output
    assert printed.split("ageing")[0].splitlines()[-2].split()[:3] == ["2026-04-01", "payment", "P-2"]

    lines = json.loads(
        built.run("export", "finance.account_statements", "--account", "delta", "--format", "json").output
    )
    assert [line["n"] for line in lines] == [1, 2, 3]
    aged = json.loads(built.run("export", "finance.receivables_ageing", "--format", "json").output)
    assert sorted((row["account"], row["bucket"]) for row in aged) == [("delta", "on account"), ("nile", "31-60")]
    paid = json.loads(
        built.run("export", "finance.payment_allocations", "--month", "2026-04", "--format", "json").output
    )
    assert [(row["document"], row["settled_document"]) for row in paid] == [("P-2", "start")]


def test_documents_of_purchases_go_by_their_numbers(operator):
    """Two of 114.00; 11.40 of the second are refunded with a credit note; the first's invoice is void, and is a draft again."""
    first, second = (
        operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10", "--id", key)["invoice"]
        for key in ("PO-1", "PO-2")
    )
    operator.does("payment", "--account", "nile", "--amount", "114.00", "--invoice", second, "--id", "P-1")
    refund = operator.does("refund", "--account", "nile", "--units", 100, "--reason", "leaves", "--id", "RF-1")
    note = refund["credit_notes"][0]["credit_note"]
    operator.does("void", first, "--reason", "wrong address", "--undelivered")
    assert operator.run("build").status == 0
    lines = operator.does("statement-of-account", "--account", "nile")["lines"]
    assert [(line["kind"], line["document"], line["reference"], line["balance"]) for line in lines] == [
        ("purchase", "PO-1", None, "114.00"), ("purchase", second, None, "228.00"), ("payment", "P-1", None, "114.00"),
        ("credit", note, "RF-1", "102.60"),
    ]  # fmt: skip
    paid = json.loads(operator.run("export", "finance.payment_allocations", "--format", "json").output)
    assert [(row["document"], row["settled_document"], row["amount"], row["is_named"]) for row in paid] == [
        ("P-1", "PO-1", "11.40", False), ("P-1", second, "102.60", True), (note, second, "11.40", True),
    ]  # fmt: skip


def test_what_cannot_be_told_says_why(operator):
    words = ("statement-of-account", "--account", "delta")
    assert "nothing has been built yet" in operator.run(*words).error
    assert "no account is called" in operator.run("statement-of-account", "--account", "nobody").error
    assert "before it begins" in operator.run(*words, "--from", "2026-05-02", "--to", "2026-05-01").error
    assert operator.run(*words, "--month", "2026-05", "--to", "2026-05-01").status == 2
