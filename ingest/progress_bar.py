"""A bar on a terminal for who waits for a file to be checked; nothing where stderr is no terminal."""

import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ingest import zone

Progress = Callable[[int], None]

_PACKED = (b"PK\x03\x04", b"\x1f\x8b")  # workbooks, archives: how many rows they hold is known at their end
_BLOCK = 1 << 20


@contextmanager
def bar(path: Path) -> Iterator[Progress | None]:
    """What is to be told how many rows are done; None where nobody sees it."""
    if not sys.stderr.isatty():
        yield None
        return
    lines = _lines(path)
    count = itertools.count() if lines is None else None
    with click.progressbar(
        count, length=lines, label=zone.safe(zone.printable(path.name)), show_pos=True, file=sys.stderr
    ) as shown:
        yield lambda rows: shown.update(rows - shown.pos)
        if lines is not None:
            shown.update(lines - shown.pos)


def _lines(path: Path) -> int | None:
    """How many lines the file has, which is about how many rows; None where its size does not say."""
    with path.open("rb") as file:
        if file.peek(4).startswith(_PACKED):
            return None
        return max(1, sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b"")))
