"""How many messages a second one dispatch worker sends: real worker processes, PostgreSQL with synchronous commit, and a
carrier in C that accepts everything, all on this machine. Beside it, on the same tables, the least that a durable submitter
can do in C, and smpplib with and without the same durable log.

    python benchmarks/dispatch.py [--messages N] [--runs N] [--only NAME ...] [--json FILE]

Prints a line a figure (name value unit reference ratio target ok|SHORT), medians of the runs, and writes JSON. Needs gcc.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import smpplib_submitters  # noqa: E402
from benchmarks.figures import status  # noqa: E402
from benchmarks.native.build import build  # noqa: E402
from benchmarks.stage import Stage  # noqa: E402
from local import postgres  # noqa: E402


@dataclass(frozen=True)
class Figure:
    """value beside reference; ratio of the two; target: that the ratio has to reach."""

    name: str
    value: float
    unit: str
    reference: float
    target: float

    @property
    def ratio(self) -> float:
        return self.value / self.reference

    @property
    def verdict(self) -> str:
        return "ok" if self.ratio >= self.target else "SHORT"

    def __str__(self) -> str:
        figures = f"{self.value:.0f} {self.unit} {self.reference:.0f} {self.ratio:.2f} {self.target:.2f}"
        return f"{self.name} {figures} {self.verdict}"


class Bench:
    """One server, programs built once; each run gets a database of its own."""

    def __init__(self, uri: str, home: Path, messages: int, runs: int) -> None:
        self._uri = uri
        self._home = home
        self._messages = messages
        self._runs = runs
        self._programs = build(home / "native")

    @contextmanager
    def _stage(self, messages: int, **settings: int) -> Iterator[Stage]:
        with Stage.made(self._uri, self._home, messages, **settings) as stage:
            yield stage

    @contextmanager
    def _sink(self, *options: str) -> Iterator[int]:
        sink = subprocess.Popen([self._programs / "sink", *options], stdout=subprocess.PIPE, text=True)
        try:
            yield int(sink.stdout.readline()) if sink.stdout else 0
        finally:
            sink.kill()
            sink.communicate()

    def _median(self, once: Callable[[], float]) -> float:
        return statistics.median(once() for _ in range(self._runs))

    def ours(self, *options: str, messages: int = 0, workers: int = 1, **settings: int) -> float:
        """Messages a second of `outbound dispatch`: to the last durable answer, or with receipts to the last match."""

        def once() -> float:
            with self._sink(*options) as port, self._stage(messages or self._messages, **settings) as stage:
                return stage.measure(port, workers=workers, receipts="--receipts" in options)

        return self._median(once)

    def native(self, *, window: int, ledger_window: int) -> float:
        def once() -> float:
            with self._sink() as port, self._stage(self._messages) as stage:
                batches = stage.lease_everything()
                found = subprocess.run(
                    [self._programs / "submitter", stage.uri, str(port), str(self._messages), str(window),
                     str(ledger_window), str(batches.epoch), batches.path],
                    capture_output=True, text=True, check=True,
                )  # fmt: skip
                return float(found.stdout)

        return self._median(once)

    def smpplib(self, way: str, messages: int) -> float:
        def once() -> float:
            with self._sink() as port, self._stage(messages) as stage:
                return smpplib_submitters.WAYS[way](stage.uri, port, messages)

        return self._median(once)

    def submissions(self) -> Iterator[Figure]:
        """Submissions alone, at two ledger windows, beside the native reference and smpplib."""
        threaded = self.smpplib("threaded", 5_000)
        for ledger_window in (2_000, 8_000):
            rate = self.ours(window=2_000, ledger_window=ledger_window)
            native = self.native(window=2_000, ledger_window=ledger_window)
            yield Figure(f"submissions_ledger_{ledger_window}", rate, "messages/s", native, 0.8)
        yield Figure("submissions_to_smpplib_threaded_window_100", rate, "messages/s", threaded, 20)
        yield Figure("submissions_to_smpplib_durable_by_row", rate, "messages/s", self.smpplib("by_row", 2_000), 20)
        yield Figure("submissions_to_smpplib_durable_batched", rate, "messages/s", self.smpplib("batched", 10_000), 20)

    def receipts(self) -> Iterator[Figure]:
        """Texts of their own, receipts parsed, stored, acknowledged after commit and matched."""
        one = self.ours("--receipts", window=2_000)
        yield Figure("matched_one_process", one, "messages/s", 80_000, 1)
        two = self.ours("--receipts", window=2_000, workers=2)
        yield Figure("matched_two_processes", two, "messages/s", one, 1.3)

    def round_trip(self) -> Iterator[Figure]:
        """A carrier that answers after 20 ms lets a window of 100 have 5,000 answers a second."""
        rate = self.ours("--latency", "20", messages=50_000, window=100)
        yield Figure("window_100_round_trip_20_ms", rate, "messages/s", 100 / 0.020, 0.95)

    def memory(self) -> Iterator[Figure]:
        """The worker's largest resident set over ten times the messages, and room below 300 MB."""
        with self._sink() as port, self._stage(10 * self._messages) as stage:
            stage.measure(port, workers=1, receipts=False)
            largest = stage.largest_resident
        yield Figure("memory_left_below_300_MB", 300 - largest / 2**20, "MB", 300, 0)


PARTS = ("submissions", "receipts", "round_trip", "memory")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--messages", type=int, default=500_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    options.add_argument("--json", type=Path, default=Path(".outbound/benchmarks/dispatch.json"))
    chosen = options.parse_args()
    figures = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="outbound-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        uri = os.environ.get("DATABASE_URL") or postgres.ensure(home)
        try:
            bench = Bench(uri, home, chosen.messages, chosen.runs)
            for part in chosen.only:
                for figure in getattr(bench, part)():
                    print(figure, flush=True)
                    figures.append({**asdict(figure), "ratio": figure.ratio, "verdict": figure.verdict})
        finally:
            postgres.stop(home)
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps(figures, indent=2) + "\n")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"# {time.monotonic() - began:.0f} s, {os.cpu_count()} cores, largest process {peak} MB", file=sys.stderr)
    return status(figure["verdict"] for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
