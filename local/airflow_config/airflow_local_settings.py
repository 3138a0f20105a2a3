"""Read by every Airflow process as it starts.

The scheduler imports what tasks need, so that its forks have it already: without this each task pays for the imports of
dbt, Great Expectations and pandas anew.
"""

import atexit
import gc
import sys

gc.set_threshold(50_000, 50, 100)  # what start-up makes stays: looking through it over and over costs seconds

if "scheduler" in sys.argv:
    import dbt.cli.main  # noqa: F401
    import great_expectations  # noqa: F401
    import pandas  # noqa: F401

    gc.collect()
    gc.freeze()  # forks share it and never look through it

atexit.register(gc.freeze)  # nor does the end, which would take as long as the start
