"""What `outbound reconcile` finds: each thing once, and nothing that a build has only not read yet."""

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
    assert [one for one in found() if one[0] in ("receivables", "balances")] == [
        ("receivables", "nile", "receivable", "ledger 115.00, owed 114.00"),
        ("balances", "nile", "lot PO-1", "ledger 999 units at 0.100000, live 1000 at 0.100000"),
    ]
