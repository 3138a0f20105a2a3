"""The fixtures of operator_at_work and dbt_remembers."""

from tests.dbt_remembers import dbt_remembers
from tests.integration.billing.operator_at_work import operator

__all__ = ["dbt_remembers", "operator"]
