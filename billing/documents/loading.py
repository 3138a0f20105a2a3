"""Reads a document from the database: an issued one never changes, so that every reading gives the same."""

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from billing.documents.content import Document, Effects, Line, Party
from outbound import queries
from outbound.errors import OutboundError

Q = queries.load("billing/documents")


class UnknownDocument(OutboundError):
    """No document, or more than one, has that number: what to do."""


def find(connection: psycopg.Connection, label: str, account_id: int | None = None) -> Document:
    """The invoice or credit note of that number. Raises UnknownDocument."""
    found = connection.execute(Q.find, {"label": label, "account": account_id}).fetchall()
    if not found:
        raise UnknownDocument(f"no document has the number {label}: `outbound documents list` says which there are")
    if len(found) > 1:
        raise UnknownDocument(f"several legal entities have a document {label}: name its account with --account")
    return load(connection, *found[0])


def load(connection: psycopg.Connection, kind: str, document_id: int) -> Document:
    which = {"kind": kind, "document": document_id}
    with connection.cursor(row_factory=dict_row) as cursor:
        head = cursor.execute(Q.head, which).fetchone()
    assert head is not None  # noqa: S101  every issued document has its particulars
    with connection.cursor(row_factory=class_row(Line)) as cursor:
        lines = cursor.execute(Q.lines, which).fetchall()
    label, day = head.pop("corrected_label"), head.pop("corrected_day")
    head |= {"seller": Party.of(head["seller"]), "buyer": Party.of(head["buyer"]), "effects": _effects(head["effects"])}
    return Document(**head, corrected=(label, day) if label else None, lines=tuple(lines))


def _effects(told: dict[str, Any]) -> Effects | None:
    if not told:
        return None
    return Effects(
        extended_units=int(told["extended_units"]),
        served_units=int(told["served_units"]),
        units=int(told["units"]),
        rate=Decimal(told["rate"]),
        last_valid_day=date.fromisoformat(told["last_valid_day"]),
    )
