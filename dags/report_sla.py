"""# Report the SLA

Each day: brings the SLA figures up to date. A month's figures are provisional until 72 hours after its end; the run
after that freezes them with the month's documents, and later receipts are stored but never restate them. What a missed
target earns is proposed as a draft credit note once the month's invoice is issued; a person decides on it.
"""

from datetime import timedelta

from airflow.sdk import DAG, task

from outbound.landing import airflow_connections

with DAG(
    dag_id="report_sla",
    doc_md=__doc__,
    schedule="45 4 * * *",
    max_active_runs=1,
    default_args={
        "owner": "operations",
        "pre_execute": airflow_connections.provide,
        "pool": "reports",
        "retries": 3,
        "retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=1),
    },
    tags=["sla"],
):

    @task(doc_md="Writes the reports of the months whose 72 hours are over. Returns their months.")
    def report() -> list[str]:
        from reports.sla_report import write_due

        return write_due()

    @task(doc_md="Proposes credits for missed targets, each once. Returns how many.")
    def credit() -> int:
        from billing.missed_targets import raise_due

        return len(raise_due()["drafts"])

    report() >> credit()
