"""Starts the simulator as the separate process it is, for the demo and for tests."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.carrier.witness import Witness
from outbound.errors import OutboundError

_ROOT = Path(__file__).resolve().parents[2]


class CarrierDidNotStart(OutboundError):
    """The simulator ended before it listened; its own error is in the message."""


@dataclass(slots=True)
class Running:
    """A simulator that listens. witness: what it accepted, by its own record."""

    process: subprocess.Popen[str]
    host: str
    port: int
    witness: Witness
    status_file: Path

    def status(self) -> dict[str, int]:
        """Its figures, at most half a second old."""
        figures: dict[str, int] = json.loads(self.status_file.read_text("ascii"))
        return figures

    def kill(self) -> None:
        """kill -9, as a crash does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, then waits for the end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=15)


@contextlib.contextmanager
def start(folder: Path, *options: str, port: int = 0) -> Iterator[Running]:
    """A simulator with these options of `outbound carrier`, its witness and status in `folder`; stopped at the end.

    Started again with the same folder it goes on where it was: ids stay unique, receipts not acknowledged come.
    """
    folder.mkdir(parents=True, exist_ok=True)
    witness, status_file = folder / "witness.jsonl", folder / "status.json"
    process = subprocess.Popen(
        [
            sys.executable, "-m", "local.carrier", "--port", str(port),
            "--witness", str(witness), "--status-file", str(status_file), *options,
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    )  # fmt: skip
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise CarrierDidNotStart(f"the carrier simulator ended with status {process.wait()}; see its error above")
        where = json.loads(line)
        running = Running(process, where["host"], where["port"], Witness(witness), status_file)
        yield running
        running.stop()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()
