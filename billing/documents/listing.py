"""What was issued, for people: the list of it, and one document as a file of any form."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from billing import accounts
from billing.documents import einvoice, ubl, usage_file
from billing.documents.content import Document
from billing.documents.loading import find
from billing.documents.pages import Typesetter
from outbound import clock, database, queries
from outbound.errors import OutboundError

Q = queries.load("billing/documents")


class NoUsageFile(OutboundError):
    """The document bills no usage, or its account wants no file of it."""


def documents(account: str | None = None) -> list[dict[str, Any]]:
    """All of them, or an account's; when each went out is on its account's clock."""
    with database.connect("billing") as connection:
        only = accounts.find(connection, account).account_id if account else None
        with connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(Q.all, {"account": only}).fetchall()
    for row in rows:
        zone, at = row.pop("timezone"), row["delivered_at"]
        row["delivered_at"] = at and clock.on_clock(at, zone)
    return rows


def write_one(label: str, form: str, path: Path, *, language: str | None = None, account: str | None = None) -> int:
    """form: pdf, usage, ubl or eta; gives the number of bytes. A file appears only when all of it is there."""
    part = path.with_name(f".{path.name}.part")
    with database.connect("billing") as connection:
        only = accounts.find(connection, account).account_id if account else None
        document = find(connection, label, only)
        try:
            with part.open("wb") as file:
                size = sum(file.write(block) for block in _blocks(connection, document, form, language))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return size


def _blocks(connection: psycopg.Connection, document: Document, form: str, language: str | None) -> Iterable[bytes]:
    if form == "usage":
        if document.usage_file == "none":
            raise NoUsageFile(f"{document.label} has no usage file: it bills no month, or its account wants none")
        return usage_file.blocks(connection, document)
    if form == "ubl":
        return [ubl.document(document)]
    if form == "eta":
        return [einvoice.as_json(document)]
    with Typesetter() as typesetter:
        return [typesetter.pdf(document, language)]
