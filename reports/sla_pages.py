"""What stands on the pages of an account's monthly SLA report: plain data for the template, which only draws it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from reports.sla_wording import LANGUAGES, Wording

TEMPLATE = Path(__file__).with_name("sla_document.typ")
TONES = {"met": "good", "breached": "bad", "at risk": "warning"}

Row = Mapping[str, Any]


def layout(month: str, parties: Row, figures: Sequence[Row]) -> dict[str, Any]:
    """month: YYYY-MM. parties: as the query of that name gives them. figures: frozen rows, by metric."""
    frozen: datetime = parties["frozen_at"]
    return {
        "title": f"SLA {parties['name']} {month}",
        "author": parties["entity"],
        "created": [frozen.year, frozen.month, frozen.day, frozen.hour, frozen.minute, frozen.second],
        "parts": [_part(month, parties, figures, wording) for wording in LANGUAGES[parties["language"]]],
    }


def _part(month: str, parties: Row, figures: Sequence[Row], say: Wording) -> dict[str, Any]:
    frozen = parties["frozen_at"].astimezone(ZoneInfo(parties["timezone"]))
    return {
        "lang": say.lang,
        "title": say["title"],
        "seller": _name(parties["entity"], parties["entity_documents"], say),
        "buyer": _name(parties["name"], parties["documents"], say),
        "facts": [
            [say["account"], parties["name"]],
            [say["month"], say.month(month)],
            [say["zone"], parties["timezone"]],
            [say["frozen"], f"{frozen:%Y-%m-%d %H:%M}"],
        ],
        "heads": [
            say[head]
            for head in ("metric", "target", "raw", "adjusted", "counted", "excluded", "interval", "budget", "state")
        ],
        "rows": [_row(one, say) for one in figures],
        "tones": [TONES.get(one["state"], "plain") for one in figures],
        "left_out_head": say["left_out"],
        "left_out": [
            [f"{one['metric']} {say.metrics[one['metric']]}", _exclusions(one["exclusions"], say)]
            for one in figures
            if one["exclusions"]
        ],
        "note": say["note"],
        "page": say["page"],
    }


def _row(one: Row, say: Wording) -> list[str]:
    interval = "" if one["at_least"] is None else f"{percent(one['at_least'])} - {percent(one['at_most'])}"
    return [
        f"{one['metric']} {say.metrics[one['metric']]}",
        percent(one["target"]),
        percent(one["raw"]),
        percent(one["adjusted"]),
        f"{one['good']:,} / {one['counted']:,}",
        f"{one['excluded']:,}",
        interval,
        percent(one["budget_left"]),
        say.states[one["state"]],
    ]


def _exclusions(exclusions: Mapping[str, int], say: Wording) -> str:
    """The most first; a class that has no words yet stands as it is called."""
    most = sorted(exclusions.items(), key=lambda one: (-one[1], one[0]))
    return " · ".join(f"{say.exclusions.get(name, name)} {count:,}" for name, count in most)


def percent(share: Decimal | None) -> str:
    """Two digits, and as many as a target needs: 99.95 %."""
    if share is None:
        return ""
    whole = (share * 100).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    digits = f"{whole:f}".rstrip("0")
    return f"{digits if len(digits.rpartition('.')[2]) > 2 else f'{whole:.2f}'} %"


def _name(name: str, documents: Mapping[str, Any], say: Wording) -> str:
    own = documents.get("name") or name
    return str(documents.get("name_ar") or own) if say.lang == "ar" else str(own)
