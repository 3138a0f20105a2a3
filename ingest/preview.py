"""What the acknowledgement of a campaign file would say, and the verdict on each of its rows; neither is kept."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from ingest import (
    acknowledgement,
    answers,
    checks,
    cost,
    gate,
    limits,
    message_rows,
    obstacles,
    opening,
    options,
    pipeline,
    preparing,
    screen,
)
from ingest.accounts import Account
from ingest.checks import Judged, Rules
from ingest.files import File
from ingest.hold import Hold
from ingest.preparing import Prepared
from ingest.profile import Profile
from ingest.refusal import Unusable
from ingest.verdict_file import Note
from ingest.zone import SIDECAR, beside, printable
from outbound import clock
from recipients.networks import Network
from recipients.reason import Reason, code

_LAST = 2**62  # the file would come after every other


def preview(
    connection: psycopg.Connection,
    account: Account,
    path: Path,
    note: Note,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """The acknowledgement, with neither a file's nor a campaign's id. note: is told the rows' verdicts. progress: now
    and then how many rows are checked."""
    file = as_claimed(account, path)
    answer = _answer(connection, account, file, path, note, progress)
    earlier = pipeline.same_content(connection, account, file.sha256, file.batch_ref, _LAST)
    if earlier is not None:
        answer = acknowledgement.duplicate(earlier)
    return answers.describe(account, file, answer, None) | {"file_id": None, "rejects_file": None}


def _answer(
    connection: psycopg.Connection,
    account: Account,
    file: File,
    path: Path,
    note: Note,
    progress: Callable[[int], None] | None,
) -> dict[str, Any]:
    verdicts: list[Judged] = []
    networks: list[Network] = []
    rows = 0
    try:
        prepared = preparing.prepare(connection, account, file, path)
        networks = prepared.rules.networks.rows
        screening = screen.of_account(connection, account)
        screened: Counter[str] = Counter()
        for chunk, judged in checks.check(prepared.source.chunks(), prepared.rules):
            verdicts.append(judged)
            for part in message_rows.parts(judged) if screening else ():
                screened += screening.count(prepared.rules.texts_of(chunk, part))
            rows += len(judged.codes)
            if progress is not None:
                progress(rows)
        profile = _counted(verdicts, prepared.rules)
        preparing.refuse_wrong_count(prepared.options, profile.rows)
        profile.refuse_mangled_numbers()
        profile.screened = screened
        times = _times(connection, account, prepared, profile.countries)
        hold = _hold(connection, account, file, profile)
        if hold is None:
            hold, verdicts = _paid(connection, account, prepared, profile, verdicts)
        if hold is None and profile.accepted:
            hold = obstacles.not_approved(account)
    except Unusable as refusal:
        return acknowledgement.refused(refusal)
    finally:
        for judged in verdicts:
            note(judged, networks)
    profile = _counted(verdicts, prepared.rules)
    found = acknowledgement.checked(profile.rows, profile.accepted, profile.reasons, profile.segments)
    found |= {"cost": cost.estimate(connection, account, profile.zones)}
    found |= acknowledgement.skipped(prepared.source.skipped)
    if hold is not None:
        answer = acknowledgement.held(found, hold.code, hold.detail)
        return answer | times if hold.code == obstacles.NOT_APPROVED else answer
    return found | times if profile.accepted else found


def _times(connection: psycopg.Connection, account: Account, prepared: Prepared, countries: set[str]) -> dict[str, Any]:
    """When it would go. Raises Unusable where it never may."""
    chosen = prepared.options
    quiet = opening.quiet_hours(connection, account, chosen.klass, countries)
    hours = opening.window(chosen.window(account.timezone), quiet, account.timezone)
    due = max(clock.now(), prepared.scheduled_at or clock.now())
    return acknowledgement.times(opening.first(due, hours, prepared.ends_at), hours)


def _hold(connection: psycopg.Connection, account: Account, file: File, profile: Profile) -> Hold | None:
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
        obstacles.content_screen(profile.screened),
        None if passed else Hold("GATE_FAILED", obstacles.failed_rules({"failed": failed})),
    )
    return next((hold for hold in found if hold is not None), None)


def _paid(
    connection: psycopg.Connection, account: Account, prepared: Prepared, profile: Profile, verdicts: list[Judged]
) -> tuple[Hold | None, list[Judged]]:
    """A hold, or the verdicts as the day's limit and the balance leave them."""
    over_limit = limits.daily(connection, account, profile.segments)
    if over_limit is not None:
        return over_limit, verdicts
    available = obstacles.available(connection, account, prepared.scheduled_at)
    if available is None or available >= profile.segments:
        return None, verdicts
    cut = _up_to(verdicts, available)
    if prepared.options.on_insufficient_balance == "partial" and _counted(cut, prepared.rules).accepted:
        return None, cut
    return obstacles.no_balance(connection, account, profile.segments, available, prepared.scheduled_at), verdicts


def _up_to(verdicts: list[Judged], available: int) -> list[Judged]:
    """What does not fit any more, and everything after it, is left out."""
    cut, needed = [], 0
    for judged in verdicts:
        running = needed + np.cumsum(np.where(judged.codes == 0, judged.segments, 0), dtype=np.int64)
        is_out = (judged.codes == 0) & (running > available)
        cut.append(replace(judged, codes=np.where(is_out, np.int8(code(Reason.NO_BALANCE)), judged.codes)))
        needed = int(running[-1])
    return cut


def _counted(verdicts: Iterable[Judged], rules: Rules) -> Profile:
    profile = Profile(rules)
    for judged in verdicts:
        profile.add(judged)
    return profile


def as_claimed(account: Account, path: Path) -> File:
    """The file as it would be claimed now: it comes after every other."""
    with path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").digest()
    sidecar = beside(path, SIDECAR)
    manifest, error = options.read_manifest(sidecar.read_bytes() if sidecar else None)
    return File(
        file_id=_LAST,
        account_id=account.account_id,
        kind="campaign",
        name=printable(path.name),
        size=path.stat().st_size,
        sha256=sha256,
        manifest=manifest,
        manifest_error=error,
        batch_ref=options.batch_ref_of(manifest),
        snapshot="",
        completed_by="command",
        stable_at=clock.now(),
        claimed_at=clock.now(),
        state="claimed",
        outcome=None,
        ack=None,
    )
