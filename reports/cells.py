"""A database value as a cell of a file: exact, and never a formula."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")  # how a text begins that a spreadsheet would calculate


def plain(value: Any) -> str | int | float | bool | None:
    """For JSON: money and instants as text, so that nothing is rounded on the way."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)


def text(value: Any) -> str:
    """For CSV. A text that a spreadsheet would take for a formula gets an apostrophe; numbers stay what they are."""
    found = plain(value)
    if found is None:
        return ""
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(value, str) and value.startswith(_DANGEROUS):
        return f"'{value}"
    return str(found)
