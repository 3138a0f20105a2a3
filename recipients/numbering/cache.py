"""Compiled plans, kept in the home: made when first asked for, and anew for another `phonenumbers` or another form.

Several processes may ask at once: each that finds nothing makes the same and puts it there whole, by a rename. A file
that cannot be read is no error, it is replaced.
"""

import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import phonenumbers

from outbound.settings import settings
from recipients.numbering.steps import Steps

FORM = 1
"""Of the compiled plan: to be raised with every change of what number_plan and the modules below it make."""


def cached(name: str, make: Callable[[], Steps]) -> Steps:
    """The plan of this name from the home's `number_plan/`, or made and put there."""
    path = settings().home / "number_plan" / f"{name}.npz"
    made_by = f"phonenumbers {phonenumbers.__version__}, form {FORM}"
    found = _read(path, made_by)
    if found is None:
        found = make()
        _write(path, made_by, found)
    return found


def _read(path: Path, made_by: str) -> Steps | None:
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
            if str(file["made_by"]) != made_by:
                return None
            return Steps(file["starts"], file["codes"], file["deltas"])
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error):
        return None


def _write(path: Path, made_by: str, steps: Steps) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez_compressed(file, made_by=np.array(made_by), **steps._asdict())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
