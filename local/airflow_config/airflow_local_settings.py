"""Read by every Airflow process as it starts. The scheduler imports what tasks need, so that its forks have it already.

Without this each task pays for the imports of dbt, Great Expectations and pandas anew.
"""

import sys

if "scheduler" in sys.argv:
    import dbt.cli.main  # noqa: F401
    import great_expectations  # noqa: F401
    import pandas  # noqa: F401
