"""What a page does, it does by the command that a person at a terminal would use: the same checks, the same trail.

No page writes a table of another stage. The command says what it did, or what is wrong and what to do; both are shown.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.portal.visitor import Visitor

_OUTBOUND = Path(sys.executable).with_name("outbound")
SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """succeeded: exit status 0. text: what the command printed, on stderr where it failed."""

    succeeded: bool
    text: str

    def json(self) -> Any:
        """What a command with --json printed."""
        return json.loads(self.text)


def run(visitor: Visitor, command: Sequence[str], seconds: float = SECONDS) -> Outcome:
    """Runs `outbound COMMAND...` in the visitor's name. No shell is involved."""
    environment = os.environ | {"OUTBOUND_ACTOR": visitor.email}
    try:
        done = subprocess.run(
            [_OUTBOUND, *command], env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return Outcome(False, f"it takes longer than {seconds:g} seconds: look again later whether it was done")
    if done.returncode == 0:
        return Outcome(True, done.stdout.strip())
    told = done.stderr.strip() or done.stdout.strip()
    return Outcome(False, told.removeprefix("error: "))
