"""The DAG files as Airflow reads them."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "dags"


@pytest.fixture(scope="session")
def dag_bag(tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(home))
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{home}/airflow.db")
        from airflow.dag_processing.dagbag import DagBag

        yield DagBag(FOLDER)
