"""The frame of the command line: lists without importing, prints results, tells errors."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import NoReturn

import click
import pytest
from click.testing import CliRunner

from outbound import cli
from outbound.commands import GROUPS
from outbound.errors import OutboundError


def test_every_command_stands_in_the_help_once() -> None:
    listed = [name for lines in GROUPS.values() for name in lines]
    assert sorted(listed) == sorted({point.name for point in entry_points(group="outbound.commands")})


def test_help_lists_the_commands_by_purpose() -> None:
    result = CliRunner().invoke(cli.commands, ["--help"])
    assert result.exit_code == 0
    for heading in ("Set up:", "Send:", "Money:", "See:", "Run:"):
        assert heading in result.output
    assert "More:" not in result.output


def test_help_imports_no_command_and_no_database() -> None:
    probe = (
        "import sys\nfrom outbound.cli import commands\n"
        "try: commands(['--help'])\nexcept SystemExit: pass\n"
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('psycopg', 'sqlalchemy', 'pydantic', 'airflow', 'dbt', 'reports', 'billing', 'ingest')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_an_unknown_command_gets_the_likely_one() -> None:
    result = CliRunner().invoke(cli.commands, ["aply"])
    assert result.exit_code == 2
    assert "there is no command aply: did you mean apply?" in result.output


def test_an_error_is_one_line_and_exit_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: str) -> NoReturn:
        raise OutboundError("what happened, where; what to do")

    monkeypatch.setattr(cli, "commands", fail)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    assert capsys.readouterr().err == "error: what happened, where; what to do\n"


def test_a_path_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(cli, "commands", lambda **_: (tmp_path / "gone" / "out.csv").open("w"))
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: cannot use {tmp_path}/gone/out.csv: No such file or directory")


def test_results_are_lines_for_people_and_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    cli.emit([{"name": "نيل", "units": 3}, {"name": "delta", "units": None}], as_json=False)
    cli.emit({"a": 1, "long": "x"}, as_json=False)
    cli.emit([], as_json=False)
    cli.emit({"name": "نيل"}, as_json=True)
    assert capsys.readouterr().out == (
        'name   units\nنيل    3\ndelta\na     1\nlong  x\nnothing\n{\n  "name": "نيل"\n}\n'
    )


def test_a_name_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    cli.table([{"name": "a\x1b[31m\nb"}])
    assert capsys.readouterr().out == "name\na�[31m�b\n"


@pytest.mark.parametrize("name", [name for lines in GROUPS.values() for name in lines])
def test_every_command_explains_itself(name: str) -> None:
    command = cli.commands.get_command(click.Context(cli.commands), name)
    assert command is not None
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"outbound {name} {parameter.opts[0]} has no help"
