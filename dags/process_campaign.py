"""# Process one file

From a claimed file to its final report: **validate** every row, **judge** the batch, **accept** it in one transaction,
**wait** for dispatch without holding a worker, **report** to its sender.

`scan_landing_zone` starts one run a file. Running a task again changes nothing that was done before. A file that cannot
be used is answered in the account's `results/` folder and the run succeeds; so do loads of bases and opt-outs. The run
of a held campaign waits until it is released (a recharge, a new base, a person) or refused.
"""

from datetime import timedelta

from airflow.sdk import DAG, Asset, Param, task

from ingest.waiting import WaitForCampaign
from outbound.landing import airflow_connections

with DAG(
    dag_id="process_campaign",
    doc_md=__doc__,
    schedule=None,
    # a default, because the triggerer reads the parameters without those of the run
    params={"file_id": Param(0, type="integer", minimum=0, description="intake.file.file_id")},
    max_active_runs=1000,
    default_args={
        "owner": "intake",
        "pre_execute": airflow_connections.provide,
        "pool": "ingest",
        "retries": 3,
        "retry_delay": timedelta(seconds=10),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=1),
    },
    tags=["ingest", "dispatch"],
):

    @task.short_circuit(doc_md="Reads the file. Returns its campaign; the rest is skipped where there is none.")
    def validate(params: dict) -> int | None:
        from ingest.pipeline import validate

        return validate(params["file_id"])

    @task(doc_md="Great Expectations judges the campaign's profile; a failed gate holds the campaign.")
    def judge(campaign_id: int) -> bool:
        from ingest.gate import judge

        return judge(campaign_id)

    @task(doc_md="Queues the whole campaign, or holds it; writes the acknowledgement. Returns the campaign's state.")
    def accept(campaign_id: int) -> str:
        from ingest.acceptance import accept

        return accept(campaign_id)

    @task(pool="reports", doc_md="Writes the final report.", outlets=[Asset("outbound://submissions")])
    def report(campaign_id: int) -> None:
        from ingest.report import write

        write(campaign_id)

    campaign = validate()
    wait = WaitForCampaign(
        task_id="wait",
        campaign_from="validate",
        pool="dispatch",
        doc_md="Deferred until every message is final, or the campaign was refused.",
    )
    judge(campaign) >> accept(campaign) >> wait >> report(campaign)
