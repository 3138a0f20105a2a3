"""Puts documents into the accounts' landing zones, once each: what went out is recorded, and cannot be void (CHARGING 29)."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from billing import accounts
from billing.documents import einvoice, ubl, usage_file
from billing.documents.content import Document
from billing.documents.loading import load
from billing.documents.pages import Typesetter
from outbound import audit, database, queries
from outbound.errors import OutboundError
from outbound.landing.opening import open_zone
from outbound.landing.zone import RESULTS, Zone
from outbound.logs import logger

log = logger(__name__)
Q = queries.load("billing/documents")


class NotDelivered(OutboundError):
    """Some documents have not gone out: whose, and why. The others have; repeat the command for the rest."""


class _Due(NamedTuple):
    kind: str
    document_id: int
    account: str
    landing: str


def deliver(*, account: str | None = None, dry_run: bool = False) -> list[dict[str, Any]]:
    """Delivers what is issued and has not been, of every account or of one; gives the documents with their files.

    A run that was killed is made up for by the next: the same files with the same bytes take the place of what is there.
    An account whose zone cannot be reached, or whose rows the database refuses, keeps nobody else waiting: raises NotDelivered,
    at the end.
    """
    delivered: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    with database.connect("billing", autocommit=True) as connection, Typesetter() as typesetter:
        only = accounts.find(connection, account).account_id if account else None
        for due in [_Due._make(row) for row in connection.execute(Q.undelivered, {"account": only})]:
            if due.account in failed:
                continue
            try:
                done = _deliver(connection, due, typesetter, dry_run)
            except (OutboundError, OSError) as error:
                failed[due.account] = str(error)
                continue
            except psycopg.Error as error:  # of what it says only the class: the rest may quote a row
                failed[due.account] = f"the database refused it ({type(error).__name__})"
                log.warning("delivery refused by the database", account=due.account, error=type(error).__name__)
                continue
            if done:
                delivered.append(done)
    log.info("delivered", documents=len(delivered), accounts_failed=len(failed), dry_run=dry_run)
    if failed:
        told = "; ".join(f"{name}: {why}" for name, why in failed.items())
        raise NotDelivered(f"{len(delivered)} documents are delivered, and those of {len(failed)} accounts not. {told}")
    return delivered


def _deliver(connection: psycopg.Connection, due: _Due, typesetter: Typesetter, dry_run: bool) -> dict[str, Any] | None:
    """All that can fail for what the document says comes before its delivery begins: until then it can be void."""
    document = load(connection, due.kind, due.document_id)
    told = {"account": document.account, "document": document.label, "kind": document.kind}
    if dry_run:
        names = [name for name, _ in _small_files(document, typesetter)]
        return told | {"files": " ".join([usage_file.name(document)] * (document.usage_file != "none") + names)}
    small = list(_small_files(document, typesetter))
    if document.usage_file != "none":
        usage_file.check(connection, document)
    step = {"kind": due.kind, "document": due.document_id, "actor": audit.actor()}
    may = connection.execute(Q.begin_delivery, step).fetchone()
    if may is None or not may[0]:
        return None  # it was voided a moment ago
    hashes = {}
    with open_zone(due.account, due.landing) as zone:
        zone.prepare()
        if document.usage_file != "none":
            hashes[usage_file.name(document)] = _put(
                zone, usage_file.name(document), usage_file.blocks(connection, document)
            )
        for name, content in small:
            hashes[name] = _put(zone, name, [content])
    with connection.transaction():
        ended = connection.execute(Q.end_delivery, step | {"files": Jsonb(hashes)}).fetchone()
        if ended is None or not ended[0]:
            return None  # another run has put the same files there
        audit.record(connection, "deliver", document.account_id, document.label, {"files": hashes})
    return told | {"files": " ".join(hashes)}


def _small_files(document: Document, typesetter: Typesetter) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file but the usage. The PDF comes last: who sees it finds the others there."""
    yield f"{document.file_name}.xml", ubl.document(document)
    if document.kind == "invoice" and einvoice.is_possible(document):
        yield f"{document.file_name}-eta.json", einvoice.as_json(document)
    yield f"{document.file_name}.pdf", typesetter.pdf(document)


def _put(zone: Zone, name: str, content: Iterable[bytes]) -> str:
    digest = hashlib.sha256()

    def read() -> Iterator[bytes]:
        for block in content:
            digest.update(block)
            yield block

    zone.write(RESULTS, name, read())
    return digest.hexdigest()
