"""# Build the marts

dbt reads the new facts and builds charges, the prepaid ledger, drafts of invoices and SLA figures. Runs each hour, and
when a campaign has ended or documents were issued: an asset's event is a wake-up only, what is read is decided by a
watermark in the database.

Closed months and issued documents never change, however often this runs.
"""

from datetime import timedelta

from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronTriggerTimetable, task

with DAG(
    dag_id="build_marts",
    doc_md=__doc__,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("7 * * * *", timezone="UTC"),
        assets=Asset("outbound://submissions") | Asset("outbound://documents"),
    ),
    max_active_runs=1,
    default_args={
        "owner": "finance",
        "pool": "dbt",
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(minutes=50),
    },
    tags=["dbt", "billing"],
):

    @task(doc_md="One dbt build, drafts only. Returns its figures.")
    def build() -> dict:
        from billing.build import build

        return build()

    build()
