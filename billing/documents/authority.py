"""What goes to the tax authority and what it answered: documents to sign and submit, UUIDs and states that came back.

The submission itself needs the legal entity's certificate and is done by its signing service.
"""

from pathlib import Path
from typing import Any

from billing import accounts
from billing.documents import einvoice
from billing.documents.canonical import canonical, content_hash
from billing.documents.loading import find, load
from outbound import audit, database, queries

Q = queries.load("billing/documents")


def export(folder: Path, *, account: str | None = None) -> list[dict[str, Any]]:
    """Writes NUMBER.json and NUMBER.txt, the text to be signed, of what has no valid answer; gives what it did with each.

    "file" and "signed_text" are the two paths. A document that cannot be told yet has neither, and the reason in "waits_for".
    """
    folder.mkdir(parents=True, exist_ok=True)
    told = []
    with database.connect("billing") as connection:
        only = accounts.find(connection, account).account_id if account else None
        for kind, document_id in connection.execute(Q.waiting_for_authority, {"account": only}).fetchall():
            document = load(connection, kind, document_id)
            row: dict[str, Any] = {"account": document.account, "document": document.label}
            try:
                made = einvoice.einvoice(document)
            except einvoice.NoEinvoice as error:
                told.append(row | {"file": None, "signed_text": None, "sha256": None, "waits_for": str(error)})
                continue
            file, signed_text = folder / f"{document.label}.json", folder / f"{document.label}.txt"
            file.write_bytes(einvoice.as_json(document))
            signed_text.write_text(canonical(made), encoding="utf-8")
            files = {"file": str(file), "signed_text": str(signed_text)}
            told.append(row | files | {"sha256": content_hash(made).hex(), "waits_for": None})
    return told


def record(label: str, uuid: str, status: str, *, account: str | None = None) -> dict[str, Any]:
    """Keeps the authority's answer; the latest one holds. Raises UnknownDocument."""
    with database.connect("billing") as connection:
        only = accounts.find(connection, account).account_id if account else None
        document = find(connection, label, only)
        values = {
            "kind": document.kind, "document": document.document_id, "account": document.account_id, "uuid": uuid,
            "status": status, "actor": audit.actor(),
        }  # fmt: skip
        row = connection.execute(Q.told, values).fetchone()
        assert row is not None  # noqa: S101  one row is inserted
        audit.record(connection, "einvoice", document.account_id, label, {"uuid": uuid, "status": status})
    return {"account": document.account, "document": label, "uuid": uuid, "status": status, "recorded_at": row[0]}
