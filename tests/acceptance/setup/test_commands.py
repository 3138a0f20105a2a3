"""The commands as a person meets them: one clear line for what is wrong, and exit status 0 only on success."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def outbound(tmp_path: Path) -> Run:
    """Runs the installed command in a folder of its own."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("outbound")), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=os.environ | environment, check=False
        )

    return run


def test_the_example_is_a_set_up(outbound: Run, tmp_path: Path, database: str) -> None:
    example = outbound("apply", "--example")
    assert example.returncode == 0
    (tmp_path / "setup.yaml").write_text(example.stdout)
    dry = outbound("apply", "setup.yaml", "--dry-run")
    assert "(dry run: nothing was changed)" in dry.stdout
    first = outbound("apply", "setup.yaml")
    assert first.returncode == 0, first.stderr
    assert "added    account nile" in first.stdout
    assert "secret" not in first.stdout + first.stderr
    assert outbound("apply", "setup.yaml").stdout == "nothing changed\n"
    assert outbound("status").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("apply", "none.yaml"), "error: there is no file none.yaml: write one with `outbound apply --example"),
        (("apply", "."), "error: . cannot be read: Is a directory"),
        (("apply", "broken.yaml"), "error: broken.yaml is not valid YAML: line 2"),
        (("apply", "binary.yaml"), "error: binary.yaml is not UTF-8 text (byte 0)"),
        (("export", "finance.charges"), "error: finance.charges has not been built yet: run `outbound build`"),
        (("export", "nothing"), "error: there is no table 'nothing' to export. There are: billing.approvals"),
    ],
)
def test_a_mistake_is_one_line(
    outbound: Run, tmp_path: Path, database: str, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "broken.yaml").write_text("a: [1\nb: 2\n")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    done = outbound(*arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("somewhere", "error: DATABASE_URL is no address of a database"),
        ("postgresql+psycopg2://h/db", "error: DATABASE_URL is no address of a database"),
        ("postgresql://user:topsecret@127.0.0.1:1/db", "error: no connection to the database 127.0.0.1:1/db"),
    ],
)
@pytest.mark.parametrize("command", [("status",), ("export", "--list")])
def test_a_database_that_is_not_there_is_one_line_without_its_password(
    outbound: Run, command: tuple[str, ...], url: str, said: str
) -> None:
    done = outbound(*command, DATABASE_URL=url)
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
    assert "topsecret" not in done.stderr


def test_a_full_disk_is_one_line(outbound: Run, tmp_path: Path, database: str) -> None:
    command = f"{Path(sys.executable).with_name('outbound')} export dispatch.submissions"
    full = subprocess.run(["sh", "-c", f"{command} > /dev/full"], capture_output=True, text=True, check=False)
    assert full.returncode == 1
    assert full.stderr == "error: no space is left for what was to be written: free some and repeat the command\n"
    limited = subprocess.run(
        ["sh", "-c", f"ulimit -f 0; {command} -o out.csv"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert limited.returncode == 1
    assert limited.stderr.startswith("error: out.csv cannot be written: File too large")
    assert not list(tmp_path.glob("*out.csv*"))
