"""A CSV file of verdicts, a row each, for whoever wants to compare them (`outbound validate --verdicts`)."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest.checks import Verdict

COLUMNS = ("line", "reason", "msisdn", "network", "encoding", "segments", "first_line")


class VerdictWriter:
    def __init__(self, write: Callable[[list[Any]], Any] | None) -> None:
        self._write = write
        self._with_file = False

    def header(self, *, with_file: bool) -> None:
        self._with_file = with_file
        if self._write is not None:
            self._write([*COLUMNS, *(["file"] if with_file else [])])

    def of(self, file: str) -> Callable[[Verdict], None]:
        """Takes the verdicts on one file's rows."""

        def note(verdict: Verdict) -> None:
            if self._write is None:
                return
            network = verdict.network.operator if verdict.network else None
            row = [verdict.line, verdict.reason, verdict.msisdn, network, verdict.encoding, verdict.segments]
            self._write([*row, verdict.first_line, *([file] if self._with_file else [])])

        return note


@contextmanager
def writer(path: Path | None) -> Iterator[VerdictWriter]:
    """Writes to a file, or nowhere."""
    if path is None:
        yield VerdictWriter(None)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        yield VerdictWriter(csv.writer(file, lineterminator="\n").writerow)
