"""# Look for new files

Every minute: looks into each account's landing zone, claims the files that are complete, and starts one run of
`process_campaign` for each; of very many the first 500. Then looks again at the campaigns that are held: a recharge or
a new base may have settled what held them.

A file is claimed once, in the database; its run is named after it, and after how often it was taken again. So a second
look, a second scheduler or a run that is repeated starts nothing twice. A run that failed for good stays failed:
see its log, mend the cause, clear the task.
"""

from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, task

from outbound.landing import airflow_connections

with DAG(
    dag_id="scan_landing_zone",
    doc_md=__doc__,
    schedule="* * * * *",
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=10),
    default_args={
        "owner": "intake",
        "pre_execute": airflow_connections.provide,
        "pool": "ingest",
        "retries": 2,
        "retry_delay": timedelta(seconds=5),
        "execution_timeout": timedelta(minutes=5),
    },
    tags=["ingest"],
):

    @task(doc_md="Claims complete files. Returns the runs to start: of files that have no answer and no run yet.")
    def scan(ti) -> list[dict]:
        from ingest.runs import due

        runs = due(lambda names: ti.get_dr_count("process_campaign", run_ids=names))
        return [{"trigger_run_id": name, "conf": {"file_id": file_id}} for name, file_id in runs]

    @task(doc_md="Accepts held campaigns that may go now. Returns their ids.")
    def release() -> list[int]:
        from ingest.holds import release_ready

        return release_ready()

    process = TriggerDagRunOperator.partial(
        task_id="process",
        trigger_dag_id="process_campaign",
        skip_when_already_exists=True,
        logical_date=None,
        doc_md="Starts the run of one file; does nothing where it was started before.",
    ).expand_kwargs(scan())
    release()
