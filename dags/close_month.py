"""# Close the month

Each day from the first of the month: **close** the month that has ended, once none of its attempts is in doubt, and
**issue** its invoices and **deliver** them. A month that is closed already is left alone, so the days after change
nothing; one that cannot be closed yet says why in the log and is tried again the next day. To close an earlier month,
start a run with it. Invoices of purchases and credit notes go out at once, whether or not the month can be closed.

What is closed and issued can never change; corrections are credit notes.
"""

from datetime import timedelta

from airflow.sdk import DAG, Asset, Param, task

with DAG(
    dag_id="close_month",
    doc_md=__doc__,
    schedule="15 3 * * *",
    max_active_runs=1,
    params={
        "month": Param(
            None,
            type=["null", "string"],
            pattern=r"^\d{4}-\d{2}$",
            description="YYYY-MM; none: the last month",
        )
    },
    default_args={
        "owner": "finance",
        "pool": "dbt",
        "retries": 3,
        "retry_delay": timedelta(minutes=20),
        "execution_timeout": timedelta(hours=2),
    },
    tags=["billing"],
):

    @task(doc_md="Builds, reconciles and freezes the month of every account. Returns the month.")
    def close(params: dict) -> str:
        from billing.closing import close
        from outbound.clock import month_before, now

        month = params["month"] or month_before(now())
        close(month)
        return month

    @task(
        doc_md="Gives the drafts of the month, and of earlier ones, their numbers; what is issued stays as it is.",
        outlets=[Asset("outbound://documents")],
    )
    def issue(month: str) -> None:
        from billing.issuing import issue

        issue(month, with_earlier=True, rebuild=False)

    @task(doc_md="Puts every document that has not gone out into its account's results folder, once.")
    def deliver() -> None:
        from billing.documents.delivery import deliver

        deliver()

    deliver.override(task_id="deliver_issued")()  # invoices of purchases and credit notes wait for no month
    issue(close()) >> deliver()
