"""What a file is read as, or why it is not."""

from ingest.layout import Layout
from ingest.refusal import Unusable
from ingest.source import open_source
from recipients.reason import REASONS


def opened(folder, content, layout=None, **options):
    path = folder / "file"
    path.write_bytes(content)
    return open_source(path, layout or Layout(), **options)


def rows_of(source):
    """As (line, fields, fault, raw)."""
    found = []
    for chunk in source.chunks():
        columns = [column.to_pylist() for column in chunk.columns]
        assert all(len(column) == len(chunk) for column in columns)
        found += [
            (line, list(fields), fault and REASONS[fault - 1].value, chunk.raw(place))
            for place, (line, fault, *fields) in enumerate(
                zip(chunk.lines.tolist(), chunk.faults.tolist(), *columns, strict=True)
            )
        ]
    return found


def read(folder, content, layout=None, **options):
    """The rows, or the code of a refusal and its place."""
    try:
        return rows_of(opened(folder, content, layout, **options))
    except Unusable as refusal:
        return refusal.code, refusal.line if refusal.line is not None else refusal.byte


def fields(folder, content, layout=None):
    return [row[1] for row in rows_of(opened(folder, content, layout))]
