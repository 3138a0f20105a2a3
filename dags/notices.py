"""# Tell customers of their balances

Each hour: compares the live balances with the accounts' thresholds, writes notices (a low balance, units
that lapse soon, a limit that is near or reached) and sends what waits, by e-mail and webhook. What cannot be sent is
tried again by later runs; a mail server that is down stops nothing else.
"""

from datetime import timedelta

from airflow.sdk import DAG, TriggerRule, task

with DAG(
    dag_id="notices",
    doc_md=__doc__,
    schedule="17 * * * *",
    max_active_runs=1,
    default_args={
        "owner": "finance",
        "pool": "reports",
        "retries": 2,
        "retry_delay": timedelta(minutes=2),
        "execution_timeout": timedelta(minutes=10),
    },
    tags=["billing"],
):

    @task(doc_md="Writes the notices that are due. Returns its figures.")
    def check() -> dict:
        from billing.notices import check

        return check()

    @task(trigger_rule=TriggerRule.ALL_DONE, doc_md="Sends what waits, also where a balance could not be looked at.")
    def send() -> dict:
        from billing.notice_sending import send

        return send()

    check() >> send()
