"""dbt's own unit tests: each money rule of a model on the smallest input that shows it."""

from billing.build import build, dbt


def test_every_money_rule_holds(books):
    build()  # a unit test takes the types of its inputs from the tables that are there
    assert dbt("test", "--select", "test_type:unit")["tests"] >= 50
