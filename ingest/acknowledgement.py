"""The acknowledgement of a file: what became of it, in counts and codes (INTAKE, Answers). No number, no text."""

from collections.abc import Mapping
from typing import Any

from ingest.refusal import Unusable
from ingest.timing import Start
from outbound import clock
from outbound.daily_window import DailyWindow


def refused(refusal: Unusable) -> dict[str, Any]:
    """The part of an answer that is about a file's content, where it cannot be used as a whole."""
    return {"status": "rejected", **_counts(0, 0, {}), "codes": [refusal.as_code()]}


def duplicate(of_file: int) -> dict[str, Any]:
    code = {
        "code": "DUPLICATE_CONTENT",
        "detail": f"the same bytes came as file {of_file}; a new batch_ref in the manifest sends them again",
    }
    return {"status": "duplicate", **_counts(0, 0, {}), "codes": [code]}


def checked(rows: int, accepted: int, reasons: Mapping[str, int], segments: int = 0) -> dict[str, Any]:
    """accepted: every row; partial: some rows rejected; rejected: every row."""
    status = "accepted" if accepted == rows else "partial" if accepted else "rejected"
    return {
        "status": status,
        **_counts(rows, accepted, reasons),
        "segments": segments,
        "codes": [{"code": code, "rows": count} for code, count in sorted(reasons.items())],
    }


def skipped(count: int) -> dict[str, int]:
    """Rows and sheets of a workbook that are hidden, where there are some."""
    return {"skipped": count} if count else {}


def held(answer: Mapping[str, Any], code: str, detail: str) -> dict[str, Any]:
    """The same campaign, not queued: why comes first among the codes."""
    return {**answer, "status": "held", "codes": [{"code": code, "detail": detail}, *answer["codes"]]}


def times(start: Start, hours: DailyWindow | None) -> dict[str, Any]:
    """When it goes. starts_at: null is at once. closes_at: when the opening ends that it begins in; then it goes on in the
    hours of each day, on the clocks of the account. Both are null where it goes without a pause."""
    return {
        "starts_at": start.at.isoformat() if start.at > clock.now() else None,
        "closes_at": start.closes_at.isoformat() if start.closes_at else None,
        "hours": hours.written() if hours else None,
    }


def let_go(answer: Mapping[str, Any], code: str) -> dict[str, Any]:
    """The answer of a campaign that was queued, then held for this code, and goes on."""
    return {
        **answer,
        "status": "accepted" if answer["accepted"] == answer["rows"] else "partial",
        "codes": [found for found in answer["codes"] if found["code"] != code],
    }


def late_manifest(*, holds: bool) -> dict[str, Any]:
    """The answer to a manifest that came after its file was claimed."""
    if holds:
        detail = (
            "the manifest came after its file was taken and is not used; nothing was sent yet, so the campaign is held:"
            " have it released as it is, or cancelled, and send manifest and file again with a new batch_ref"
        )
    else:
        detail = (
            "the manifest came after its file was taken and changes nothing; put a manifest there before its file, and use"
            " a new batch_ref to send the same again"
        )
    return {"status": "held" if holds else "ignored", "codes": [{"code": "LATE_MANIFEST", "detail": detail}]}


def _counts(rows: int, accepted: int, reasons: Mapping[str, int]) -> dict[str, Any]:
    return {
        "rows": rows,
        "accepted": accepted,
        "rejected": rows - accepted,
        "reasons": dict(sorted(reasons.items())),
        "segments": 0,
    }
