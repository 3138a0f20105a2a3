"""Manifests that come after their files were claimed: they hold what was not sent, and are answered either way (INTAKE).

A manifest that lies there without its file is late where the last file of that name was taken without one. Where that
file had one of its own, or its successor is on its way as X.part, the manifest is the next file's, and is left to it.
"""

import hashlib
import json
import time
from collections.abc import Iterator

import psycopg

from ingest import acknowledgement, answers, claim, files, sightings, zone
from ingest.accounts import Account
from ingest.files import File
from ingest.obstacles import LATE
from ingest.row import one
from ingest.sightings import Sightings
from ingest.zone import Listing
from outbound import audit
from outbound.landing.zone import RESULTS, Found, NotTaken, Zone
from outbound.logs import logger
from outbound.queries import load

log = logger("ingest.late")
Q = load("ingest/late")

_TRIES = 5  # while a worker is about to commit
_PAUSE = 0.1


def notice(connection: psycopg.Connection, account: Account, store: Zone, listing: Listing, seen: Sightings) -> bool:
    """Answers late manifests, and archives them once they have been at rest without a new file. Tidies up markers that
    came late. Whether nothing is left to do until something changes or has been at rest."""
    alone = list(_alone(listing))
    if not alone:
        return True
    keys = {(kind, zone.printable(name)): found for kind, name, found in alone}
    kinds, names = zip(*keys, strict=True)
    claims = connection.execute(
        Q.latest_claims, {"account": account.account_id, "kinds": list(kinds), "names": list(names)}
    ).fetchall()
    is_done = True
    for kind, name, file_id, has_manifest in claims:
        for suffix, companion in keys[kind, name].items():
            try:
                if suffix == zone.DONE:
                    is_done &= store.archive(companion, claim.archived_name(name, file_id) + suffix)
                elif not has_manifest:
                    is_done &= _take(connection, account, store, kind, companion, file_id, seen)
            except (NotTaken, OSError, psycopg.errors.LockNotAvailable) as error:
                log.warning("late manifest not answered yet", account=account.name, error=type(error).__name__)
                is_done = False
    return is_done


def _alone(listing: Listing) -> Iterator[tuple[str, str, dict[str, Found]]]:
    """(kind, name of the file that is not there, its companions by suffix)."""
    for kind, there in listing.items():
        orphans: dict[str, dict[str, Found]] = {}
        for name, found in there.items():
            if not zone.is_companion(name):
                continue
            suffix = zone.DONE if name.endswith(zone.DONE) else zone.SIDECAR
            owner = name.removesuffix(suffix)
            if not {owner, owner + zone.PART, f".{owner}"} & there.keys():
                orphans.setdefault(owner, {})[suffix] = found
        for owner, companions in orphans.items():
            yield kind, owner, companions


def _take(
    connection: psycopg.Connection,
    account: Account,
    store: Zone,
    kind: str,
    sidecar: Found,
    file_id: int,
    seen: Sightings,
) -> bool:
    """Whether the manifest is out of the way, or noted to be looked at again."""
    content = store.read(sidecar, zone.LARGEST_MANIFEST)
    where = {"file": file_id, "sha256": hashlib.sha256(content).digest(), "account": account.account_id}
    known = connection.execute(Q.known, where).fetchone()
    if known is None:
        _note(connection, file_id, where)
    if known is None or not known[0]:
        _answer(connection, account, store, file_id)
        connection.execute(Q.answered, where)
    if seen.is_at_rest(kind, sidecar):
        return store.archive(sidecar, claim.archived_name(files.get(connection, file_id).name, file_id) + zone.SIDECAR)
    if not seen.is_noted(kind, sidecar):
        sightings.note_manifest(connection, account.account_id, kind, sidecar)
    return True


def _note(connection: psycopg.Connection, file_id: int, where: dict[str, object]) -> None:
    """Records it and stops what was not sent, in one transaction. Raises LockNotAvailable while a worker is in the middle
    of a commit."""
    for attempt in range(_TRIES):
        try:
            with connection.transaction():
                holds = _holds(connection, files.get(connection, file_id))
                connection.execute(Q.note, where | {"holds": holds})
        except psycopg.errors.LockNotAvailable:
            if attempt == _TRIES - 1:
                raise
            time.sleep(_PAUSE)
        else:
            log.info("late manifest", file=file_id, holds=holds)
            return


def _holds(connection: psycopg.Connection, file: File) -> bool:
    """Whether nothing of the file was sent and nothing will be until a person releases it."""
    if file.kind != "campaign" or file.outcome in ("rejected", "duplicate"):
        return False
    row = connection.execute(Q.lock_campaign, {"file": file.file_id}).fetchone()
    if row is None or row[1] in ("validated", "held"):
        return True  # acceptance looks for the note before it queues anything
    campaign_id = row[0]
    if not one(connection, Q.pause_unsent, {"campaign": campaign_id})[0]:
        return False
    connection.execute(
        Q.note_pause, {"campaign": campaign_id, "account": file.account_id, "reason": "its manifest came late"}
    )
    if file.ack is not None and file.outcome != "held":
        answer = acknowledgement.held(file.ack, LATE.code, LATE.detail)
        answers.redecide(connection, file, answer)
    return True


def _answer(connection: psycopg.Connection, account: Account, store: Zone, file_id: int) -> None:
    """Says in results/ what came of it; where the campaign is held, its acknowledgement says so as well."""
    file = files.get(connection, file_id)
    (holds,) = one(connection, Q.of_file, {"file": file_id})
    answer = {
        "file": file.name,
        "file_id": file_id,
        "account": account.name,
        "kind": file.kind,
        **acknowledgement.late_manifest(holds=holds),
    }
    content = json.dumps(answer, ensure_ascii=False, indent=2).encode()
    store.write(RESULTS, answers.result_name(file, "late-manifest.json"), [content, b"\n"])
    if file.ack is not None:
        answers.put(connection, account, store, file)


def is_held(connection: psycopg.Connection, campaign_id: int) -> bool:
    """Whether the campaign was queued already when its manifest stopped it."""
    return bool(one(connection, Q.is_held_late, {"campaign": campaign_id})[0])


def release(connection: psycopg.Connection, campaign_id: int, file_id: int, reason: str) -> None:
    """Lets a queued campaign go on, in the caller's transaction. Its validity counts anew from now."""
    connection.execute(Q.resume, {"campaign": campaign_id, "actor": audit.actor(), "reason": reason})
    file = files.get(connection, file_id)
    if file.ack is not None:
        answers.redecide(connection, file, acknowledgement.let_go(file.ack, LATE.code))
