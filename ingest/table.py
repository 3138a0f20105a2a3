"""A file's bytes as a table: its columns, its rows, and where the numbers stand."""

from collections.abc import Iterator
from dataclasses import dataclass

from ingest import columns, decoding, scanner
from ingest.layout import Layout
from ingest.refusal import Unusable
from ingest.scanner import Row

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Table:
    """rows: without the header, as they stand in the file; ragged ones too."""

    header: list[str]
    rows: list[Row]
    recipient: int
    text: str
    encoding: str
    delimiter: str

    def raw(self, row: Row) -> str:
        """The row as its sender wrote it."""
        return self.text[row.start : row.end]

    def places(self, aliases: frozenset[str]) -> list[int]:
        return columns.find(self.header, aliases)


def read(data: bytes, layout: Layout) -> Table:
    """Raises Unusable with the code of the first rule that the file breaks as a whole."""
    if not data:
        raise Unusable("EMPTY_FILE", "the file has no content")
    text, encoding = decoding.decode(decoding.unpack(data), layout.encoding)
    if not text.strip():
        raise Unusable("EMPTY_FILE", "the file has no content")
    decoding.refuse_other_texts(text)
    delimiter = layout.delimiter or _sniff(text)
    found = scanner.rows(text, delimiter)
    header, rows = _parted(found, layout)
    if any("\0" in name for name in header):
        raise Unusable("BAD_BYTE", "the header holds a NUL byte")
    recipients = columns.find(header, columns.RECIPIENT)
    if not recipients:
        raise Unusable("NO_RECIPIENT_COLUMN", "no column is named msisdn, phone, mobile, number or alike")
    if len(recipients) > 1:
        raise Unusable("DOUBLE_RECIPIENT_COLUMN", f"columns {' and '.join(str(place + 1) for place in recipients)}")
    if not rows:
        raise Unusable("NO_ROWS", "there is a header and no row below it")
    return Table(header, rows, recipients[0], text, encoding, delimiter)


def _parted(found: Iterator[Row], layout: Layout) -> tuple[list[str], list[Row]]:
    rows = list(found)
    if layout.has_header:
        return (rows[0].fields, rows[1:]) if rows else ([], [])
    width = len(rows[0].fields) if rows else 0
    return [*layout.names, *map(str, range(len(layout.names) + 1, width + 1))][: max(width, 1)], rows


def _sniff(text: str) -> str:
    """The delimiter that lets a column of numbers appear in the first row; of several the one that parts it most."""

    def merit(delimiter: str) -> tuple[bool, int]:
        try:
            first = next(scanner.rows(text, delimiter), None)
        except Unusable:
            return False, 0
        fields = first.fields if first else []
        return bool(columns.find(fields, columns.RECIPIENT)), len(fields)

    return max(DELIMITERS, key=merit)
