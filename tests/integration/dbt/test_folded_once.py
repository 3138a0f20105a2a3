"""Lots and movements of an account are read from one fold of its events."""

from decimal import Decimal

from billing import balances
from tests.integration.dbt.conftest import books, cairo

__all__ = ["books"]


class Recorder:
    """A connection that keeps what it was asked."""

    def __init__(self, connection):
        self.connection = connection
        self.asked: list[str] = []

    def execute(self, query, values):
        self.asked.append(query)
        return self.connection.execute(query, values)


def test_lots_and_movements_come_from_one_fold(books):
    nile, delta = books.account("nile"), books.account("delta")
    nile.buys(10_000, at="2026-03-15 10:00", rate="0.10")
    nile.sends(6_000, at="2026-04-01 10:00")
    nile.buys(5_000, at="2026-09-01 10:00", rate="0.08")
    delta.buys(7, at="2026-09-01 10:00", rate="0.50")
    connection = Recorder(books.connection)
    lots, movements = balances.balance(connection, nile.account_id, cairo("2026-09-01 10:00"))
    assert [(lot.remaining, lot.rate, str(lot.last_valid_day), lot.paid) for lot in lots] == [
        (9_000, Decimal("0.08"), "2027-09-01", True)
    ]
    assert balances.posted(movements) == {
        "receivable": Decimal("456.00"), "deferred_revenue": Decimal("320.00"), "vat": Decimal("56.00"),
        "revaluation_gain": Decimal("80.00"),
    }  # fmt: skip
    assert sum("prepaid_state_at" in query for query in connection.asked) == 1
