"""Takes texts and numbers away when their time is over: 90 days after a campaign has ended, and 13 months.

A keyed hash of the number stays, so that a person who asks what was sent to a number can still be answered. What carriers
handed over goes with the texts, for it quotes them; a subscriber's STOP stays three years, as consent does.
"""

import hashlib

import psycopg

from outbound import database
from outbound.logs import logger
from outbound.queries import load

log = logger("dispatch.retention")
Q = load("dispatch/retention")

_BLOCK = hashlib.sha256().block_size


def run() -> dict[str, int]:
    """One campaign a transaction. How many campaigns lost their texts, and how many their numbers; how many days of receipts
    went, how many replies, and how many lines of carriers' statements lost their number."""
    with database.connect("dispatch", autocommit=True) as connection:
        found = {"texts": _remove(connection, "texts"), "numbers": _remove(connection, "numbers")}
        ((found["receipt_days"], found["replies"], _),) = connection.execute(Q.forget_logs)
        found["destinations"] = connection.execute(Q.forget_destinations).rowcount
    log.info("retained no longer", **found)
    return found


def _remove(connection: psycopg.Connection, what: str) -> int:
    due, remove = (Q.due_texts, Q.remove_texts) if what == "texts" else (Q.due_numbers, Q.remove_numbers)
    campaigns = connection.execute(due).fetchall()
    for campaign_id, key in campaigns:
        inner, outer = pads(key)
        connection.execute(remove, {"campaign": campaign_id, "inner": inner, "outer": outer})
    return len(campaigns)


def pads(key: bytes) -> tuple[bytes, bytes]:
    """HMAC's two pads (RFC 2104), so that the database makes the hashes itself: sha256(outer || sha256(inner || number))."""
    whole = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return bytes(octet ^ 0x36 for octet in whole), bytes(octet ^ 0x5C for octet in whole)
