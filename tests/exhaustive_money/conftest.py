"""The fixture `dbt_remembers`: see there."""

from tests.dbt_remembers import dbt_remembers

__all__ = ["dbt_remembers"]
