"""# Housekeeping

Once a day: makes the partitions of the days ahead, removes landing tables that no campaign needs any more, and what
else the stages keep in order. The platform goes on without it for a day or two, not for a week.
"""

from datetime import timedelta

from airflow.sdk import DAG, task

from outbound.landing import airflow_connections

with DAG(
    dag_id="housekeeping",
    doc_md=__doc__,
    schedule="40 1 * * *",
    max_active_runs=1,
    default_args={
        "owner": "operations",
        "pre_execute": airflow_connections.provide,
        "retries": 5,
        "retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(minutes=30),
    },
    tags=["operations"],
):

    @task(pool="ingest", doc_md="Snapshots, landing tables.")
    def intake() -> None:
        from ingest.housekeeping import run

        run()

    @task(pool="dispatch", doc_md="Partitions of the logs; texts and numbers whose time is over.")
    def dispatch() -> None:
        from dispatch import housekeeping, retention

        housekeeping.run()
        retention.run()

    intake()
    dispatch()
