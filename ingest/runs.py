"""Which runs of `process_campaign` are to be started: one a file, and another one each time that a file is taken again."""

from collections.abc import Callable, Iterator
from itertools import islice

from ingest.scan import scan
from outbound import database
from outbound.queries import load

Q = load("ingest/reprocess")

AT_ONCE = 500  # runs that one look starts: each is a task, and Airflow fails a look that asks for more than 1,024
_ASKED = 100  # names in one question

Run = tuple[str, int]
"""(name, file id)"""
Started = Callable[[list[str]], int]
"""How many of these names, at least one, are those of runs that were started before."""


def due(started: Started) -> list[Run]:
    """Runs of files that have no answer yet, new ones included, and no run; the first of them where there are too many.

    A file whose run is under way is not named again: each name costs a task that takes a slot from what it waits for.
    """
    waiting = scan()
    with database.connect("ingest", autocommit=True) as connection:
        found = connection.execute(Q.runs, {"files": waiting}).fetchall()
    runs = [(f"file-{file_id}" + (f"-again-{times}" if times else ""), file_id) for file_id, times in found]
    return list(islice(not_started(runs, started), AT_ONCE))


def not_started(runs: list[Run], started: Started) -> Iterator[Run]:
    """Those of runs, in their order, that were not started before; few questions where they stand together."""
    for place in range(0, len(runs), _ASKED):
        yield from _not_started(runs[place : place + _ASKED], started)


def _not_started(runs: list[Run], started: Started) -> Iterator[Run]:
    known = started([name for name, _ in runs])
    if known == 0:
        yield from runs
    elif known < len(runs):
        middle = len(runs) // 2
        yield from _not_started(runs[:middle], started)
        yield from _not_started(runs[middle:], started)
