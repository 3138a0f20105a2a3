"""kill -9 of the dispatch worker while it sends: what no message may be lost or doubled by."""

import threading
from pathlib import Path

from local.supervisor import Supervisor

LOOK_SECONDS = 0.02


class Killer:
    """Waits, beside the demo, until the carrier has accepted so many segments more, then kills the worker once."""

    def __init__(self, supervisor: Supervisor, worker: str, witness: Path, segments: int) -> None:
        self._supervisor, self._worker = supervisor, worker
        self._witness, self._segments = witness, segments
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)
        self.pid: int | None = None
        self.accepted = 0  # at the kill, of this run

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        """Counts the lines that the carrier appends to its record."""
        self._witness.touch()
        with self._witness.open("rb") as record:
            record.seek(0, 2)
            while not self._ending.is_set():
                self.accepted += record.read().count(b"\n")
                if self.accepted >= self._segments:
                    self.pid = self._supervisor.kill(self._worker)
                    return
                self._ending.wait(LOOK_SECONDS)
