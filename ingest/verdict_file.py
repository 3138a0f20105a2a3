"""A CSV file of verdicts, a row each, for whoever wants to compare them (`outbound validate --verdicts`)."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ingest.checks import Judged
from recipients.networks import Network
from recipients.reason import REASONS

COLUMNS = ("line", "reason", "msisdn", "network", "encoding", "segments", "first_line")

Note = Callable[[Judged, list[Network]], None]


class VerdictWriter:
    def __init__(self, write: Callable[[Iterator[tuple[Any, ...]]], Any] | None) -> None:
        self._write = write
        self._with_file = False

    def header(self, *, with_file: bool) -> None:
        self._with_file = with_file
        if self._write is not None:
            self._write(iter([(*COLUMNS, *(["file"] if with_file else []))]))

    def of(self, file: str) -> Note:
        """Takes the verdicts on one file's rows."""

        def note(judged: Judged, networks: list[Network]) -> None:
            if self._write is not None:
                self._write((*row, file) if self._with_file else row for row in _rows(judged, networks))

        return note


def _rows(judged: Judged, networks: list[Network]) -> Iterator[tuple[Any, ...]]:
    has_text = judged.segments > 0
    return zip(
        judged.lines.tolist(),
        np.array(["", *REASONS], object)[judged.codes],
        np.where(judged.msisdns > 0, judged.msisdns.astype(object), ""),
        np.array([*(network.operator for network in networks), ""], object)[judged.networks],
        np.where(has_text, np.where(judged.ucs2, "ucs2", "gsm"), ""),
        np.where(has_text, judged.segments.astype(object), ""),
        np.where(judged.first_lines > 0, judged.first_lines.astype(object), ""),
        strict=True,
    )


@contextmanager
def writer(path: Path | None) -> Iterator[VerdictWriter]:
    """Writes to a file, or nowhere."""
    if path is None:
        yield VerdictWriter(None)
        return
    with path.open("w", newline="", encoding="utf-8") as file:
        yield VerdictWriter(csv.writer(file, lineterminator="\n").writerows)
