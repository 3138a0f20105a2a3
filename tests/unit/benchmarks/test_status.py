"""A benchmark of which a figure is short has failed."""

import ast

import pytest

from benchmarks.figures import Figure, status
from outbound.settings import ROOT


@pytest.mark.parametrize(
    ("most", "value", "expected"), [(True, 1.2, 0), (True, 1.3, 1), (False, 1.2, 0), (False, 1.1, 1)]
)
def test_a_short_figure_is_the_exit_status(most, value, expected):
    good = Figure("within", 1.0, "s", 1.0, 1.0)
    assert status(one.verdict for one in (good, Figure("told", value, "s", 1.0, 1.2, most=most), good)) == expected


@pytest.mark.parametrize("name", ["dbt", "dispatch", "intake", "portal", "rate", "scan", "turnaround"])
def test_no_benchmark_ends_well_whatever_it_found(name):
    tree = ast.parse((ROOT / "benchmarks" / f"{name}.py").read_text())
    (main,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    returned = [ast.unparse(node.value) for node in ast.walk(main) if isinstance(node, ast.Return) and node.value]
    assert len(returned) == 1
    assert "status(" in returned[0]
    assert "verdict" in returned[0]
