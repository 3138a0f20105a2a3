"""What `outbound reconcile` finds: each thing once, and nothing that a build has only not read yet."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from billing.build import build
from billing.reconciling import reconcile
from tests.integration.billing.operator_at_work import Operator


@pytest.fixture
def built(operator: Operator) -> Operator:
    operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10", "--id", "PO-1")
    operator.loads(
        {"type": "usage", "id": "U-1", "at": "2024-03-20T10:00:00+02:00", "units": 100, "zone": "EG"},
        {"type": "usage", "id": "U-2", "at": "2024-03-20T11:00:00+02:00", "units": 3, "zone": "XX"},
        account="delta",
    )
    build()
    return operator


def test_books_are_held_against_what_is_recorded_and_each_error_is_told_once(built):
    def found() -> list[tuple[str, str, str, str]]:
        told = reconcile(build_first=False)["disagreements"]
        return [(one["check"], one["account"], one["where"], one["found"]) for one in told]

    rating = ("rating", "delta", "2024-03 XX on 2024-03-20", "NO_RATE: 3 units")
    assert found() == [rating]
    assert reconcile(build_first=False)["bank_lines_unassigned"] == 0
    built.sql(
        "insert into billing.bank_line (bank, reference, file, line, value_day, amount, withheld, currency, loaded_by)"
        " values ('nbe', 'R-1', 'x.csv', 2, '2026-10-01', 5, 0, 'EGP', 'maha')"
    )
    assert reconcile(build_first=False)["bank_lines_unassigned"] == 1

    # recorded after the build, of before its instant: the marts have not read it, and nothing is wrong
    built.sql(
        "insert into account.payment (account_id, business_key, at, amount)"
        " select account_id, 'P-1', '2024-03-21', 5 from account.account where name = 'delta'"
    )
    built.sql(
        "insert into account.adjustment (account_id, business_key, kind, at, units, reason)"
        " select account_id, 'G-1', 'grant', at, 7, 'x' from account.purchase"
    )
    assert found() == [rating]

    build()
    assert found() == [rating]
    built.sql("update finance.ledger_entries set debit = debit + 1 where ledger_account like '1200%%' and debit > 0")
    built.sql("update finance.prepaid_lots set remaining = remaining - 1 where lot = 'PO-1'")
    month = f"{datetime.now(ZoneInfo('Africa/Cairo')):%Y-%m}"
    assert [one for one in found() if one[0] in ("receivables", "posted", "balances")] == [
        ("receivables", "nile", "receivable", "ledger 115.00, owed 114.00"),
        ("posted", "nile", f"{month} 1200", "documents 114.00, ledger 115.00"),
        ("balances", "nile", "lot PO-1", "ledger 999 units at 0.100000, live 1000 at 0.100000"),
    ]


def test_a_refund_stays_what_its_credit_note_says_when_use_of_before_it_comes_late(operator):
    """CHARGING 21, 29: 1,000 units are paid back and credited; 300 of them turn out to have been used before."""
    operator.does("purchase", "--account", "nile", "--units", 1_000, "--rate", "0.10", "--id", "PO-1")
    refund = operator.does("refund", "--account", "nile", "--units", 1_000, "--reason", "leaves", "--id", "RF-1")
    (note,) = refund["credit_notes"]
    assert operator.sql(
        "select net, label from account.adjustment join billing.credit_note using (adjustment_id, net)"
    ) == [(Decimal("100.00"), note["credit_note"])]
    operator.sql(
        "insert into account.past_usage (account_id, business_key, at, units, zone)"
        " select account_id, 'U-1', at + interval '1 microsecond', 300, 'EG' from account.purchase"
    )
    assert reconcile()["disagreements"] == [
        {
            "check": "adjustments", "account": "nile", "where": f"since {operator.sql('select at::date from account.adjustment')[0][0]}",
            "found": "300 units paid back that had been used, 0 reversals without their usage",
        }
    ]  # fmt: skip
    assert operator.sql(
        "select ledger_account, debit - credit from finance.ledger_entries where entry = 'refund:RF-1' order by 1"
    ) == [
        ("1200 receivable", Decimal("-114.00")), ("2100 deferred revenue", Decimal("70.00")), ("2200 VAT", Decimal("14.00")),
        ("4300 revaluation", Decimal("30.00")),
    ]  # fmt: skip
    assert operator.sql("select error from finance.rating_errors where account = 'nile'") == []
    bought = operator.does("purchase", "--account", "nile", "--units", 500, "--rate", "0.12", "--id", "PO-2")
    assert bought["says"][-1] == "takes 300 units that were paid back before and had been used: revaluation 36.00 EGP"
    assert [(lot["units"], lot["lot"]) for lot in bought["lots"]] == [(200, "PO-2")]
    assert reconcile()["agrees"]
    assert (
        operator.does("refund", "--account", "nile", "--units", 200, "--reason", "leaves")["credit_notes"][0]["net"]
        == "24.00"
    )
