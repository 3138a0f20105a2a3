"""What the acknowledgement of a campaign file would say, and the verdict on each of its rows; neither is kept."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from ingest import acknowledgement, answers, checks, cost, gate, obstacles, options, pipeline, preparing
from ingest.accounts import Account
from ingest.checks import Verdict
from ingest.files import File
from ingest.obstacles import Hold
from ingest.preparing import Prepared
from ingest.profile import Profile
from ingest.refusal import Unusable
from ingest.zone import SIDECAR, beside, printable
from outbound import clock

_LAST = 2**62  # the file would come after every other


def preview(
    connection: psycopg.Connection, account: Account, path: Path, note: Callable[[Verdict], None]
) -> dict[str, Any]:
    """The acknowledgement, with neither a file's nor a campaign's id. note: is told each row's verdict."""
    content = path.read_bytes()
    file = _file(account, path, content)
    answer = _answer(connection, account, file, content, note)
    earlier = pipeline.same_content(connection, account, file.sha256, file.batch_ref, _LAST)
    if earlier is not None:
        answer = acknowledgement.duplicate(earlier)
    return answers.describe(account, file, answer, None) | {"file_id": None, "rejects_file": None}


def _answer(
    connection: psycopg.Connection, account: Account, file: File, content: bytes, note: Callable[[Verdict], None]
) -> dict[str, Any]:
    try:
        prepared = preparing.prepare(connection, account, content, file.manifest, file.manifest_error, file.stable_at)
        profile = Profile()
        for verdict in checks.check(prepared.table.rows, prepared.rules, preparing.standing(connection, account)):
            profile.add(verdict)
            note(verdict)
        profile.refuse_mangled_numbers()
    except Unusable as refusal:
        return acknowledgement.refused(refusal)
    found = acknowledgement.checked(profile.rows, profile.accepted, profile.reasons, profile.segments)
    found |= {"cost": cost.estimate(connection, account, profile.zones)}
    hold = _hold(connection, account, file, profile, prepared)
    return acknowledgement.held(found, hold.code, hold.detail) if hold is not None else found


def _hold(
    connection: psycopg.Connection, account: Account, file: File, profile: Profile, prepared: Prepared
) -> Hold | None:
    is_empty = not obstacles.has_base(connection, account)
    row = profile.as_row()
    mismatch = obstacles.base_mismatch(account, is_empty, row["not_in_base"], row["not_in_base_ratio"])
    if mismatch is None and not profile.accepted:
        return None  # every row is rejected, for reasons that no base load changes
    bounds = gate.thresholds(options.policy(account.defaults).gate)
    passed, failed = gate.evaluate(gate.judged_columns(row), bounds, None) if bounds else (True, [])
    found = (
        obstacles.same_name(connection, account, file),
        mismatch,
        None if passed else Hold("GATE_FAILED", obstacles.failed_rules({"failed": failed})),
    )
    hold = next((one for one in found if one is not None), None)
    available = obstacles.available(connection, account, prepared.scheduled_at)
    if hold is None and available is not None and available < profile.segments:
        is_partial = prepared.options.on_insufficient_balance == "partial" and available > 0
        return None if is_partial else obstacles.no_balance(profile.segments, available)
    return hold


def _file(account: Account, path: Path, content: bytes) -> File:
    """The file as it would be claimed."""
    sidecar = beside(path, SIDECAR)
    manifest, error = options.read_manifest(sidecar.read_bytes() if sidecar else None)
    batch_ref = manifest.get("batch_ref") if manifest else None
    return File(
        file_id=_LAST,
        account_id=account.account_id,
        kind="campaign",
        name=printable(path.name),
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
        manifest=manifest,
        manifest_error=error,
        batch_ref=batch_ref if isinstance(batch_ref, str) else None,
        snapshot="",
        completed_by="command",
        stable_at=clock.now(),
        claimed_at=clock.now(),
        state="claimed",
        outcome=None,
        ack=None,
    )
