"""Whether a file ends like a whole one, without reading all of it into memory (INTAKE, MAYBE_TRUNCATED)."""

import os
from pathlib import Path

from ingest.archive import Gunzip
from ingest.container import GZIP, ZIP
from ingest.refusal import Unusable

_ZIP_END = b"PK\x05\x06"
_RECORD = 22  # bytes: a zip's end record; a comment may follow
_TAIL = _RECORD + 65_535


def is_whole(path: Path) -> bool:
    """A text ends with a line end, a zip archive or workbook with its end record, a gzip file where its content does."""
    with path.open("rb") as file:
        head = file.read(4)
        size = file.seek(0, os.SEEK_END)
        file.seek(0 if head.startswith(GZIP) else max(0, size - _TAIL))
        if head.startswith(GZIP):
            return _unpacks(Gunzip(file, size))
        tail = file.read()
    if head.startswith(ZIP):
        return 0 <= tail.rfind(_ZIP_END) <= len(tail) - _RECORD
    return tail.rstrip(b"\0").endswith((b"\n", b"\r"))  # of UTF-16 a NUL may follow


def _unpacks(content: Gunzip) -> bool:
    try:
        while content.read():
            pass
    except Unusable:
        return False
    return True
