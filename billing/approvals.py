"""Two people for an act of the books, where the legal entity says so: one proposes, another one does the same."""

from datetime import datetime

import psycopg

from outbound import audit, clock, database, queries
from outbound.errors import OutboundError

Q = queries.load("billing/approvals")


class AwaitsApproval(OutboundError):
    """It was proposed and is not done yet: by whom, until when, and who has to run the same command."""


def ask(connection: psycopg.Connection, legal_entity: int, approvals: str, action: str, subject: str) -> None:
    """Returns where it may be done now; the approval is part of the caller's transaction.

    The first call commits a proposal on a connection of its own and raises AwaitsApproval; so does every other call of
    the same person, of whoever is not active staff of finance or a manager, and of anybody once the proposal has
    expired. action and subject say exactly what: an approval is for these words only.
    """
    if approvals == "none":
        return
    me = audit.actor()
    words = {"entity": legal_entity, "action": action, "object": subject, "actor": me}
    may_approve = connection.execute(Q.may_approve, words).fetchone() == (True,)
    if may_approve and connection.execute(Q.approve, words).fetchone():
        return
    with database.connect("billing") as own:
        lapsed = own.execute(Q.lapse, words).fetchone()
        row = own.execute(Q.propose, words).fetchone()
        assert row is not None  # noqa: S101  the query gives the proposal, old or new
        proposer, proposed_at, expires_at, is_new, zone = row
        if is_new:
            audit.record(own, f"propose {action}", None, subject, {"expires_at": expires_at})
    told = (
        f"{action} {subject}: proposed by {proposer} at {_told(proposed_at, zone)}, and not done yet. The legal"
        f" entity asks for two people: someone else than {proposer}, staff of role finance or manager, has to run the"
        f" same command until {_told(expires_at, zone)}, when the proposal expires"
    )
    if lapsed:
        told += f". The proposal of {lapsed[0]} expired at {_told(lapsed[1], zone)}; this is a new one"
    if connection.execute(Q.owes_way_in, {"actor": me, "proposer": proposer}).fetchone() == (True,):
        told += f". {me} may not agree: they were let in, or given their role, by {proposer}"
    if not may_approve and me.lower() != proposer.lower():
        told += (
            f". {me} may not agree: OUTBOUND_ACTOR has to be the e-mail address of someone whom the set-up file lists"
            " under staff as finance or manager, and who is not deactivated"
        )
    raise AwaitsApproval(told)


def _told(instant: datetime, zone: str) -> str:
    return f"{clock.on_clock(instant, zone):%Y-%m-%d %H:%M} ({zone})"
