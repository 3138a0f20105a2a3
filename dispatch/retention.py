"""Takes texts and numbers away when their time is over: 90 days after a campaign has ended, and 13 months.

A keyed hash of the number stays, so that a person who asks what was sent to a number can still be answered. What carriers
handed over goes with the texts, for it quotes them; a subscriber's STOP stays three years, as consent does.
"""

import psycopg

from outbound import database
from outbound.logs import logger
from outbound.queries import load

log = logger("dispatch.retention")
Q = load("dispatch/retention")


def run() -> dict[str, int]:
    """One campaign a transaction. How many campaigns lost their texts, and how many their numbers; how many days of receipts
    went, how many replies, and how many lines of carriers' statements lost their number."""
    with database.connect("dispatch", autocommit=True) as connection:
        found = {"texts": _remove(connection, "texts"), "numbers": _remove(connection, "numbers")}
        ((found["receipt_days"],),) = connection.execute(Q.forget_receipts)
        ((found["replies"],),) = connection.execute(Q.forget_replies)
        connection.execute(Q.forget_commits)
        found["destinations"] = connection.execute(Q.forget_destinations).rowcount
    log.info("retained no longer", **found)
    return found


def _remove(connection: psycopg.Connection, what: str) -> int:
    due, remove = (Q.due_texts, Q.remove_texts) if what == "texts" else (Q.due_numbers, Q.remove_numbers)
    campaigns = connection.execute(due).fetchall()
    for (campaign_id,) in campaigns:
        connection.execute(remove, {"campaign": campaign_id})
    return len(campaigns)
