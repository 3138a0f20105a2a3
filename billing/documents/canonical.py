"""The text of an e-invoice that is hashed and signed, as the Egyptian Tax Authority defines it.

Every property's name in upper case and every plain value, in double quotes, one after another without anything between. A
list's name stands once before the list and once before each of its elements.
"""

import hashlib
import json
from decimal import Decimal
from typing import Any

from billing.documents.einvoice import number


def canonical(value: Any) -> str:
    """Of an e-invoice as einvoice() makes it."""
    if isinstance(value, dict):
        return "".join(_property(name, one) for name, one in value.items())
    return _quoted(number(value) if isinstance(value, Decimal) else str(value))


def content_hash(value: Any) -> bytes:
    """SHA-256: what a signature is of."""
    return hashlib.sha256(canonical(value).encode()).digest()


def _property(name: str, value: Any) -> str:
    head = f'"{name.upper()}"'
    if isinstance(value, list):
        return head + "".join(head + canonical(one) for one in value)
    return head + canonical(value)


def _quoted(text: str) -> str:
    """As it stands in the JSON: what is escaped there stays escaped."""
    return json.dumps(text, ensure_ascii=False)
