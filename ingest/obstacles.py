"""What stops a campaign between its checks and the queue (INTAKE, Gate and handover)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ingest import options
from ingest.accounts import Account
from ingest.files import File
from ingest.hold import Hold
from ingest.row import one
from outbound.queries import load

C = load("ingest/campaigns")
A = load("ingest/acceptance")
F = load("ingest/files")
L = load("ingest/late")

MOST_NAMED = 10  # entries of the content screen in one hold


NOT_APPROVED = "NOT_APPROVED"
LATE = Hold(
    "LATE_MANIFEST",
    "its manifest came after it was taken; a person releases it as it is, or it is cancelled and sent again",
)


def found(
    connection: psycopg.Connection, account: Account, file: File, campaign: dict[str, Any], judged: dict[str, Any]
) -> Hold | None:
    """The first thing that stops the campaign, but for the balance. A person may have let any of them pass."""
    passed = approved(connection, campaign["campaign_id"])
    reasons = [
        same_name(connection, account, file),
        truncated(file),
        base_mismatch(account, judged["base_is_empty"], judged["not_in_base"], judged["not_in_base_ratio"]),
        late_manifest(connection, file),
        content_screen(judged["screened"]),
        None if judged["gate_passed"] else Hold("GATE_FAILED", failed_rules(judged["gate_result"])),
        not_approved(account),
    ]
    return next((hold for hold in reasons if hold is not None and hold.code not in passed), None)


def approved(connection: psycopg.Connection, campaign_id: int) -> set[str]:
    """The codes that a person has let pass."""
    return {row[0] for row in connection.execute(C.approved, {"campaign": campaign_id})}


def not_approved(account: Account) -> Hold | None:
    """Where the account wants two people for a campaign. Looked at last, so that who approves it approves what can go."""
    if not options.policy(account.defaults).approval_required:
        return None
    return Hold(NOT_APPROVED, "it waits until another person of the account approves it")


def same_name(connection: psycopg.Connection, account: Account, file: File) -> Hold | None:
    where = {"account": account.account_id, "name": file.name, "sha256": file.sha256, "file": file.file_id}
    row = connection.execute(F.same_name, where | {"batch_ref": file.batch_ref}).fetchone()
    if row is None or row[0] is None:
        return None
    return Hold(
        "DUPLICATE_NAME",
        f"file {row[0]} had this name and other bytes; a new batch_ref in the manifest tells them apart",
    )


def late_manifest(connection: psycopg.Connection, file: File) -> Hold | None:
    row = connection.execute(L.of_file, {"file": file.file_id}).fetchone()
    return LATE if row is not None and row[0] else None


def truncated(file: File) -> Hold | None:
    if not file.may_be_truncated:
        return None
    return Hold("MAYBE_TRUNCATED", "the last line has no end, and nothing said that the file is complete")


def base_mismatch(account: Account, is_empty: bool, not_in_base: int, ratio: Decimal) -> Hold | None:
    """An empty base, or too large a part of the rows outside it: more likely the wrong file than so many strangers."""
    limit = options.policy(account.defaults).base_mismatch_percent
    if is_empty and not_in_base:
        return Hold("BASE_MISMATCH", "the account's base is empty; the campaign is looked at again after a base load")
    if ratio * 100 > limit:
        return Hold(
            "BASE_MISMATCH",
            f"{ratio * 100:.1f} % of the rows are not in the account's base, {limit} % are allowed; the campaign is"
            " looked at again after a base load",
        )
    return None


def content_screen(screened: Mapping[str, int]) -> Hold | None:
    """Names the entries of the lists, never what stands around them."""
    if not screened:
        return None
    often = sorted(screened.items(), key=lambda one: (-one[1], one[0]))
    named = [f"{entry!r} in {count} message{'s' if count > 1 else ''}" for entry, count in often[:MOST_NAMED]]
    more = f", and {len(often) - MOST_NAMED} more" if len(often) > MOST_NAMED else ""
    return Hold("CONTENT_SCREEN", f"listed words or links: {', '.join(named)}{more}; a person releases it")


def no_balance(
    connection: psycopg.Connection, account: Account, needed: int, available: int, starts_at: datetime | None
) -> Hold:
    """Says what it is that the balance ends at, and what releases it."""
    left = max(available, 0)
    if account.scheme == "prepaid":
        return Hold("NO_BALANCE", f"needs {needed} segments, has {left}; a recharge releases it")
    (limit,) = one(connection, A.limited_by, {"account": account.account_id, "at": starts_at})
    released_by = "the next month or a higher cap" if limit == "monthly cap" else "a payment or a higher limit"
    return Hold("NO_BALANCE", f"needs {needed} segments, the {limit} leaves {left}; {released_by} releases it")


def available(connection: psycopg.Connection, account: Account, starts_at: datetime | None) -> int | None:
    """How many segments the account may still promise to a campaign of this start; None is without limit."""
    (units,) = one(connection, A.available, {"account": account.account_id, "at": starts_at})
    return None if units is None else int(units)


def failed_rules(result: dict[str, Any] | None) -> str:
    return "; ".join((result or {}).get("failed", [])) or "the campaign's profile is outside the account's thresholds"


def profile(connection: psycopg.Connection, campaign_id: int) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(C.profile, {"campaign": campaign_id}).fetchone()
    if row is None:
        raise LookupError(f"campaign {campaign_id} has no profile")
    return row


def has_base(connection: psycopg.Connection, account: Account) -> bool:
    _, is_empty = one(connection, C.base, {"account": account.account_id})
    return not is_empty
