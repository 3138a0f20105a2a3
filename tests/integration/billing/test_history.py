"""A migrating account's past comes in whole or not at all, and only once."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

BOUGHT = {"type": "purchase", "id": "PO-1", "at": "2026-03-15T10:00:00+02:00", "units": 10_000, "rate": "0.10"}
USED = {"type": "usage", "id": "U-1", "at": "2026-05-01T09:00:00.000001+03:00", "units": 6_000, "zone": "EG"}


def test_a_past_becomes_facts_marked_as_history(operator):
    answer = operator.loads(
        BOUGHT,
        {"type": "payment", "id": "PAY-1", "at": "2026-04-01T12:00:00+02:00", "amount": "1140.00"},
        {"type": "grant", "id": "G-1", "at": "2030-04-02T12:00:00+02:00", "units": 500, "reason": "outage"},
        USED,
        {"type": "reversal", "id": "RV-1", "at": "2026-05-02T09:00:00+03:00", "usage_id": "U-1"},
        account="nile",
    )
    assert (answer.status, answer.json["new"]) == (0, 5)
    assert operator.sql("select units, rate, is_history, zones from account.purchase") == [
        (10_000, Decimal("0.10"), True, ["EG"])
    ]
    assert operator.sql("select at from account.past_usage") == [(datetime(2026, 5, 1, 6, 0, 0, 1, tzinfo=UTC),)]
    assert operator.sql("select kind, is_history from account.adjustment order by kind") == [
        ("grant", True),
        ("reversal", True),
    ]
    assert operator.sql("select action, detail ->> 'usage' from account.audit where action = 'history load'") == [
        ("history load", "1")
    ]


def test_a_record_that_is_there_already_changes_nothing(operator):
    operator.loads(BOUGHT, USED, account="nile")
    again = operator.loads(BOUGHT, USED, USED, BOUGHT | {"id": "PO-2"}, account="nile")
    assert (again.json["new"], again.json["known"]) == (1, 3)
    assert operator.sql("select count(*), sum(units) from account.past_usage") == [(1, 6_000)]


def test_the_same_id_is_another_account_s_own(operator):
    usage = USED | {"account": "delta"}
    assert operator.loads(USED | {"account": "nile"}, usage).json["new"] == 2


def test_a_purchase_without_a_rate_pays_the_card_s_at_the_tier_of_its_units(operator):
    """CHARGING 12."""
    operator.loads(
        *[BOUGHT | {"id": f"PO-{units}", "units": units, "rate": None} for units in (999, 1_000, 10_000)],
        account="nile",
    )
    assert operator.sql("select units, rate from account.purchase order by units") == [
        (999, Decimal("0.12")),
        (1_000, Decimal("0.10")),
        (10_000, Decimal("0.08")),
    ]


def test_units_are_valid_in_the_home_country_also_where_the_card_prices_another(operator):
    abroad = """
legal_entity: {name: Example Telecom, country: EG, timezone: Africa/Cairo}
networks: [{prefix: "2010", operator: A, country: EG, zone: EG}, {prefix: "9665", operator: B, country: SA, zone: SA}]
accounts: [{name: nile, scheme: prepaid, currency: EGP, rates: [
  {zone: EG, from: 2020-01-01, rate: "0.12"}, {zone: SA, from: 2020-01-01, rate: "0.30"}]}]
"""
    operator.applies(abroad)
    operator.loads(BOUGHT, account="nile")
    assert operator.sql("select zones from account.purchase") == [(["EG"],)]


def test_an_opening_brings_lots_a_receivable_and_the_next_number(operator):
    lot = {"units": 1000, "rate": "0.10", "carrying_value": "100.00", "last_valid_day": "2027-07-31"}
    opening = {
        "type": "opening", "id": "start", "at": "2026-01-01T00:00:00+02:00", "receivable": "250.00",
        "next_invoice_number": 501, "lots": [lot, lot | {"opened_at": "2025-08-01T09:00:00+03:00"}],
    }  # fmt: skip
    assert operator.loads(opening, account="nile").status == 0
    assert operator.loads(opening, account="nile").json["new"] == 0
    assert operator.sql("select count(*), sum(carrying_value) from account.opening_lot") == [(2, Decimal("200.00"))]
    bought = operator.does("purchase", "--account", "nile", "--units", 1_000)
    assert bought["invoice"].endswith("-000501")


def test_every_error_is_told_with_its_line_and_nothing_is_loaded(operator):
    answer = operator.loads(
        BOUGHT,
        "{no json",
        BOUGHT | {"id": "PO-2", "units": 0},
        BOUGHT | {"id": "PO-3", "at": "2026-03-15"},
        BOUGHT | {"id": "PO-4", "at": "2026-03-15T10:00:00.1234567+02:00"},
        BOUGHT | {"id": "PO-5", "rate": "0.1234567"},
        BOUGHT | {"units": 9},
        USED | {"type": "use"},
        USED | {"account": "nobody"},
        USED | {"colour": "red"},
        BOUGHT | {"id": "PO-6", "account": "delta"},
        {"type": "payment", "id": "PAY-1", "at": "2026-04-01T12:00:00+02:00", "amount": "1.005", "account": "nile"},
    )
    assert answer.status == 1
    said = answer.error.splitlines()
    for line, words in [
        (1, "names none"), (2, "is no JSON object"), (3, "units"), (4, "is a day, not an instant"), (5, "microseconds"),
        (6, "rate"), (8, "type must be"), (9, "no account is called 'nobody'"), (10, "colour: no such field"),
        (11, "delta is postpaid"), (12, "at most 2 digits"),
    ]:  # fmt: skip
        assert any(text.startswith(f"  line {line}: ") and words in text for text in said), (line, said)
    assert operator.sql("select count(*) from account.purchase") == [(0,)]


def test_an_id_that_says_something_else_is_an_error(operator):
    operator.loads(BOUGHT, account="nile")
    changed = operator.loads(BOUGHT | {"units": 9_999}, account="nile")
    assert "line 1: id PO-1 is there already, and says something else" in changed.error
    twice = operator.loads(USED, USED | {"units": 1}, account="nile")
    assert "line 2: id U-1 stands on line 1 too" in twice.error
    kind = operator.loads(USED | {"id": "PO-1"}, account="nile")
    assert "id PO-1 is there already" in kind.error


def test_a_usage_is_given_back_once(operator):
    back = {"type": "reversal", "id": "RV-1", "at": "2026-05-02T09:00:00+03:00", "usage_id": "U-1"}
    operator.loads(USED, back, account="nile")
    assert "given back already, by RV-1" in operator.loads(back | {"id": "RV-2"}, account="nile").error


def test_only_usage_may_lie_in_a_closed_month(operator):
    operator.sql(
        "insert into billing.closed_period (account_id, month, starts_at, ends_at, closed_by)"
        " select account_id, '2026-05-01', '2026-04-30 21:00Z', '2026-05-31 21:00Z', 'test'"
        " from account.account where name = 'nile'"
    )
    refused = operator.loads(BOUGHT, account="nile")
    assert "nile has closed its months up to 2026-05" in refused.error
    assert operator.loads(USED, BOUGHT | {"at": "2026-06-01T00:00:00+03:00"}, account="nile").status == 0


def test_a_dry_run_checks_and_loads_nothing(operator):
    path = operator.folder / "history.jsonl"
    operator.loads(account="nile")
    path.write_text('{"type": "usage", "id": "U", "at": "2026-05-01T09:00:00Z", "units": 1, "zone": "EG"}\n')
    assert operator.does("history", "load", path, "--account", "nile", "--dry-run")["new"] == 1
    assert operator.sql("select count(*) from account.past_usage") == [(0,)]


WITHHELD = {
    "type": "payment", "id": "PAY-1", "at": "2026-04-01T12:00:00+02:00", "amount": "1116.00", "withheld": "24.00",
    "certificate": "41/2026/118",
}  # fmt: skip


def test_a_payment_of_the_past_may_have_tax_withheld(operator):
    certificate_alone = WITHHELD | {"id": "PAY-2", "amount": "0", "withheld": "7.50"}
    assert operator.loads(WITHHELD, certificate_alone, account="delta").json["new"] == 2
    assert operator.loads(WITHHELD, certificate_alone, account="delta").json["known"] == 2
    assert operator.sql(
        "select amount, withheld, certificate, is_history from account.payment order by business_key"
    ) == [
        (Decimal("1116.00"), Decimal("24.00"), "41/2026/118", True),
        (Decimal("0.00"), Decimal("7.50"), "41/2026/118", True),
    ]
    changed = operator.loads(WITHHELD | {"withheld": "25.00"}, account="delta")
    assert "id PAY-1 is there already, and says something else" in changed.error
    assert operator.sql("select billing.owed(account_id, now()) from account.account where name = 'delta'") == [
        (Decimal("-1147.50"),)
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"certificate": None}, "withheld and certificate go together"),
        ({"withheld": "0"}, "withheld and certificate go together"),
        ({"amount": "0", "withheld": "0", "certificate": None}, "a payment is of something"),
        ({"withheld": "0.001"}, "at most 2 digits after the point"),
    ],
)
def test_tax_withheld_of_the_past_comes_with_its_certificate(operator, change, told):
    assert told in operator.loads(WITHHELD | change, account="delta").error
    assert operator.sql("select count(*) from account.payment") == [(0,)]
