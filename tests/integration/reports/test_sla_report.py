"""A month's SLA figures are frozen once its 72 h are over, written once, and never restated."""

import csv
import os
from pathlib import Path

import psycopg
import pytest

from reports.sla_report import write_due


def document(account: str = "nile", month: str = "2026-09") -> Path:
    return Path(os.environ["OUTBOUND_HOME"]) / "zones" / account / "results" / f"sla-{month}.csv"


def figures(database: str) -> list[tuple[str, str]]:
    with psycopg.connect(database) as connection:
        query = "select month, raw::text from report.sla_figure order by account_id, month, metric"
        return connection.execute(query).fetchall()


def rebuild(database: str, statement: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(statement)


def test_a_month_is_written_for_every_account_and_only_once(traffic: str) -> None:
    assert write_due() == ["2026-09"]
    with document().open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["metric"], row["raw"], row["adjusted"]) == ("S3", "0.5", "0.75")
    assert (row["excluded"], row["exclusions"]) == ("2", '{"opted_out": 2}')
    assert document("delta").exists()
    assert write_due() == []


def test_a_later_build_restates_nothing(traffic: str) -> None:
    write_due()
    before = document().read_bytes()
    rebuild(traffic, "update operations.sla set raw = 0.9")
    rebuild(
        traffic,
        "insert into operations.sla"
        " select account, month, 'S7', 1, 1, '{}', 1, 'met', 1, 1, 0, 0, false, 0, 1, 1, account_id from operations.sla",
    )
    assert write_due() == []
    assert document().read_bytes() == before
    assert figures(traffic) == [("2026-09", "0.5"), ("2026-09", "0.5")]


@pytest.mark.parametrize(
    "still",
    [
        "update operations.sla set is_provisional = true",
        # a build for the future makes no month due
        "update operations.sla set month = to_char(now(), 'YYYY-MM')",
        "update operations.sla set month = '2099-01'",
        "drop table operations.sla",
    ],
)
def test_what_is_not_over_yet_waits(traffic: str, still: str) -> None:
    rebuild(traffic, still)
    assert write_due() == []
    assert figures(traffic) == []
    assert not document().exists()


def test_a_run_that_was_killed_is_made_up_for_with_the_same_figures(
    traffic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the freeze and before the document: the next run writes what was frozen."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("reports.sla_report._deliver", killed)
        with pytest.raises(KeyboardInterrupt):
            write_due()
    rebuild(traffic, "update operations.sla set raw = 0.9")
    assert write_due() == ["2026-09"]
    with document().open(newline="") as file:
        assert [row["raw"] for row in csv.DictReader(file)] == ["0.5"]


def test_the_export_shows_frozen_months_as_they_were_frozen(traffic: str) -> None:
    import io

    from reports.export import export

    write_due()
    rebuild(traffic, "update operations.sla set raw = 0.9 where account = 'nile'")
    target = io.BytesIO()
    export("operations.sla", target, "csv")
    found = list(csv.DictReader(io.StringIO(target.getvalue().decode())))
    assert [(row["account"], row["raw"]) for row in found] == [("delta", "0.5"), ("nile", "0.5")]
    assert {"month", "metric", "adjusted", "exclusions", "target", "state"} <= set(found[0])
