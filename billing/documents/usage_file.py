"""The usage that an invoice bills, as CSV: its rows come to the invoice's lines exactly, or there is no file."""

import csv
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import psycopg

from billing.documents.content import Document
from outbound import queries
from outbound.errors import OutboundError

Q = queries.load("billing/usage_file")

BLOCK = 5_000  # rows from the database at a time
LARGE = 100_000  # segments of an invoice from which on a file of a row each is compressed
_MARK = "\ufeff"  # spreadsheets take a file without it for one in the machine's own encoding


class UsageDisagrees(OutboundError):
    """The usage that the marts have is not what the invoice bills: of which line, and what to do."""


def name(document: Document) -> str:
    return f"{document.file_name}-usage.csv" + (".gz" if _is_large(document) else "")


def blocks(connection: psycopg.Connection, document: Document) -> Iterator[bytes]:
    """The file in pieces, row by row from the database: its size does not matter. Raises UsageDisagrees, at the end."""
    lines = _lines(connection, document, document.usage_file)
    return _compressed(lines) if _is_large(document) else lines


def check(connection: psycopg.Connection, document: Document) -> None:
    """Whether there is a file, before any of it goes out. Raises UsageDisagrees."""
    for _ in _lines(connection, document, "days"):
        pass


def _is_large(document: Document) -> bool:
    return document.usage_file == "segments" and sum(line.quantity for line in document.lines) > LARGE


def _lines(connection: psycopg.Connection, document: Document, form: str) -> Iterator[bytes]:
    assert document.month is not None  # noqa: S101  only a month's invoice has a usage file
    values = {
        "invoice": document.document_id, "account": document.account_id, "month": document.month,
        "digits": document.digits,
    }  # fmt: skip
    units: dict[int, int] = defaultdict(int)
    nets: dict[int, Decimal] = defaultdict(Decimal)
    written = _Lines()
    with connection.transaction(), connection.cursor(name="usage_file") as cursor:
        cursor.itersize = BLOCK
        cursor.execute(getattr(Q, form), values)
        written.row([column.name for column in cursor.description or ()])
        yield _MARK.encode() + written.taken()
        for n, row in enumerate(cursor, start=1):
            units[row[0]] += row[-2]
            nets[row[0]] += row[-1]
            written.row([_text(value) for value in row])
            if n % BLOCK == 0:
                yield written.taken()
    yield written.taken()
    for line in document.lines:
        if (units[line.n], nets[line.n]) != (line.quantity, line.net):
            raise UsageDisagrees(
                f"invoice {document.label}, line {line.n}: it bills {line.quantity} segments for {line.net}, and the marts"
                f" have {units[line.n]} for {nets[line.n]}: run `outbound build`; if that does not help, `outbound reconcile`"
                " says what differs"
            )


class _Lines:
    """What csv writes into, and hands over in pieces."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._writer = csv.writer(self, lineterminator="\n")

    def write(self, piece: str) -> int:
        self._pieces.append(piece)
        return len(piece)

    def row(self, cells: Iterable[str]) -> None:
        self._writer.writerow(cells)

    def taken(self) -> bytes:
        whole = "".join(self._pieces).encode()
        self._pieces.clear()
        return whole


def _text(value: Any) -> str:
    """Zones and usage ids are texts that somebody chose: none may begin like a formula."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """gzip without a time or a name in its head, so that the same rows are the same bytes."""
    squeeze = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    for piece in pieces:
        if out := squeeze.compress(piece):
            yield out
    yield squeeze.flush()
