"""Every DAG file yields its DAG, and none of them does anything but say when."""

import ast
import subprocess
import sys

import pytest
from airflow.sdk.exceptions import AirflowFailException

from billing import closing, issuing
from ingest.runs import AT_ONCE
from local.airflow import POOLS

from .conftest import FOLDER

FILES = sorted(path.stem for path in FOLDER.glob("*.py"))
OWNERS = {"intake", "finance", "operations"}
HEAVY = ("dbt", "great_expectations", "pandas", "pyarrow", "numpy", "psycopg", "phonenumbers", "billing", "dispatch")


def test_the_files_are_those_of_the_design():
    assert FILES == [
        "build_marts", "close_month", "housekeeping", "notices", "process_campaign", "report_sla", "scan_landing_zone",
    ]  # fmt: skip


def test_every_file_yields_its_dag_and_nothing_else(dag_bag):
    assert dag_bag.import_errors == {}
    assert sorted(dag_bag.dags) == FILES
    assert {dag_id: dag.fileloc for dag_id, dag in dag_bag.dags.items()} == {
        name: str(FOLDER / f"{name}.py") for name in FILES
    }


@pytest.mark.parametrize("name", FILES)
def test_a_dag_has_its_page_tags_and_bounds(dag_bag, name):
    dag = dag_bag.dags[name]

    assert dag.doc_md.startswith("# ")
    assert dag.tags
    assert dag.max_active_runs == (1000 if name == "process_campaign" else 1)
    assert dag.catchup is False


@pytest.mark.parametrize("name", FILES)
def test_every_task_has_a_known_pool_an_owner_retries_a_timeout_and_a_sentence(dag_bag, name):
    for task in dag_bag.dags[name].tasks:
        assert task.pool in POOLS, task.task_id
        assert task.owner in OWNERS, task.task_id
        assert task.retries >= 2, task.task_id
        assert task.execution_timeout is not None, task.task_id
        assert task.doc_md, task.task_id


@pytest.mark.parametrize("name", FILES)
def test_a_dag_file_is_thin(name):
    text = (FOLDER / f"{name}.py").read_text()
    tree = ast.parse(text)
    branches = [node for node in ast.walk(tree) if isinstance(node, (ast.If, ast.For, ast.While, ast.Try))]

    assert branches == []
    assert len(text.splitlines()) < 100
    assert "select " not in text.lower().split('"""')[2]


def test_a_dag_file_imports_nothing_heavy():
    """The dag-processor reads them over and over; what tasks need is imported inside the tasks."""
    code = (
        "import runpy, sys; import airflow.sdk; before = set(sys.modules);"
        f"[runpy.run_path(f'{FOLDER}/{{name}}.py') for name in {FILES}];"
        "print(*sorted({module.split('.')[0] for module in set(sys.modules) - before}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=FOLDER.parent
    ).stdout.split()

    assert [package for package in HEAVY if package in loaded] == []


def test_the_run_of_a_file_follows_it_to_the_end(dag_bag):
    order = {task.task_id: task.downstream_task_ids for task in dag_bag.dags["process_campaign"].tasks}

    assert order == {
        "validate": {"judge", "accept", "report"},
        "judge": {"accept"},
        "accept": {"wait"},
        "wait": {"report"},
        "report": set(),
    }


def test_a_look_never_asks_for_more_runs_than_airflow_maps(dag_bag):
    """One that does fails, and so does each after it: not a file would be started any more."""
    from airflow.configuration import conf

    assert dag_bag.dags["scan_landing_zone"].get_task("process").is_mapped
    assert conf.getint("core", "max_map_length") >= AT_ONCE


def test_waiting_holds_no_worker(dag_bag):
    from importlib import import_module

    wait = dag_bag.dags["process_campaign"].get_task("wait")
    module, _, name = wait.start_trigger_args.trigger_cls.rpartition(".")
    trigger = getattr(import_module(module), name)(campaign_id=7)

    assert wait.start_from_trigger
    assert trigger.serialize() == (wait.start_trigger_args.trigger_cls, {"campaign_id": 7})


def test_marts_are_built_when_a_campaign_ends_and_when_documents_are_issued(dag_bag):
    ended = dag_bag.dags["process_campaign"].get_task("report").outlets
    issued = dag_bag.dags["close_month"].get_task("issue").outlets
    wanted = dag_bag.dags["build_marts"].timetable.asset_condition

    assert type(wanted).__name__.endswith("Any")  # either of them
    assert [asset.uri for asset in [*ended, *issued]] == [asset.uri for asset in wanted.objects]


def test_what_is_issued_goes_out_also_while_a_month_cannot_be_closed(dag_bag):
    dag = dag_bag.dags["close_month"]
    assert dag.get_task("deliver_issued").upstream_task_ids == set()
    assert dag.get_task("deliver").upstream_task_ids == {"issue"}


def test_an_account_that_cannot_be_closed_keeps_nobody_else_s_invoice_back_and_fails_the_run(dag_bag):
    dag = dag_bag.dags["close_month"]
    rules = {task.task_id: (task.upstream_task_ids, task.trigger_rule.value) for task in dag.tasks}
    assert rules["issue"] == ({"month", "close"}, "all_done")
    assert rules["deliver"] == ({"issue"}, "all_done")
    # the last task of all runs where everything was done, and else takes the run down with it
    assert rules["end"] == ({"close", "issue", "deliver"}, "all_success")
    assert dag.get_task("end").downstream_task_ids == set()


@pytest.mark.parametrize(
    ("task", "module", "error"), [("close", closing, closing.NotClosed), ("issue", issuing, issuing.NotIssued)]
)
def test_a_month_that_cannot_be_closed_or_issued_fails_its_run_at_once(dag_bag, monkeypatch, task, module, error):
    """A run that waited for its retries would keep the one waiting that a person starts once the reason is gone."""

    def refuse(month, **named):
        raise error(f"{month} cannot be closed")

    monkeypatch.setattr(module, task, refuse)
    with pytest.raises(AirflowFailException, match="2026-10 cannot be closed"):
        dag_bag.dags["close_month"].get_task(task).python_callable("2026-10")
