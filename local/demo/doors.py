"""The doors: `outbound` commands, run as an operator would run them, each with its output in a log."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from outbound.errors import OutboundError
from outbound.settings import Settings


class DoorFailed(OutboundError):
    """A command of the demo failed: which, and what it said."""


class Doors:
    """Runs commands for one home."""

    def __init__(self, configured: Settings) -> None:
        self._log = configured.home / "logs" / "demo-commands.log"
        self._command = str(Path(sys.executable).with_name("outbound"))
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self._environment = kept | {"OUTBOUND_HOME": str(configured.home)}

    def call(self, *words: str) -> str:
        """What the command printed. Raises DoorFailed."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [self._command, *words], env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        with self._log.open("a") as log:
            log.write(f"$ outbound {' '.join(words)}\n{done.stdout}{done.stderr}")
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}").splitlines()[-5:]
            raise DoorFailed(f"`outbound {' '.join(words)}` failed: {' '.join(said).removeprefix('error: ')}")
        return done.stdout

    def ask(self, *words: str) -> Any:
        """The same with --json, read."""
        return json.loads(self.call(*words, "--json"))
