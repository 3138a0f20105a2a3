"""# Close the month

Each day from the first of the month: **close** the month that has ended, once none of its attempts is in doubt, and
**issue** its invoices and **deliver** them. A month that is closed already is left alone, so the days after change
nothing; one that cannot be closed yet says why in the log and is tried again the next day: its run has failed, and the
invoices of the accounts that were closed are issued and delivered all the same. To close an earlier month, start a run
with it. Invoices of purchases and credit notes go out at once, whether or not the month can be closed.

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

    @task(doc_md="The month to close, as YYYY-MM.")
    def month(params: dict) -> str:
        from outbound.clock import month_before, now

        return params["month"] or month_before(now())

    @task(
        doc_md="Builds the marts and freezes the month of every account that has nothing in doubt, nothing that cannot be"
        " charged, and a log, charges and ledger that agree. Fails, once and for this run, where one cannot be closed."
    )
    def close(month: str) -> None:
        from billing.closing import NotClosed, close
        from outbound.retrying import not_retried

        with not_retried(NotClosed):
            close(month)

    @task(
        doc_md="Gives the drafts of closed months, up to this one, their numbers; what is issued stays as it is.",
        outlets=[Asset("outbound://documents")],
        trigger_rule="all_done",  # one account that cannot be closed keeps nobody else's invoice back
    )
    def issue(month: str) -> None:
        from billing.issuing import NotIssued, issue
        from outbound.retrying import not_retried

        with not_retried(NotIssued):
            issue(month, with_earlier=True, rebuild=False)

    @task(
        doc_md="Puts every document that has not gone out into its account's results folder, once.",
        trigger_rule="all_done",
    )
    def deliver() -> None:
        from billing.documents.delivery import deliver

        deliver()

    @task(doc_md="Ends the run: one in which an account could not be closed or issued has failed.")
    def end() -> None:
        pass

    deliver.override(task_id="deliver_issued")()  # invoices of purchases and credit notes wait for no month
    wanted = month()
    closed, issued, delivered = close(wanted), issue(wanted), deliver()
    closed >> issued >> delivered
    [closed, issued, delivered] >> end()
