"""Which runs of `process_campaign` are due: one a file, and another one each time that a file is taken again."""

from ingest.scan import scan
from outbound import database
from outbound.queries import load

Q = load("ingest/reprocess")


def due() -> list[tuple[str, int]]:
    """(name of the run, file id) of the files that have no answer yet, new ones included."""
    waiting = scan()
    with database.connect("ingest", autocommit=True) as connection:
        found = connection.execute(Q.runs, {"files": waiting}).fetchall()
    return [(f"file-{file_id}" + (f"-again-{times}" if times else ""), file_id) for file_id, times in found]
