"""Two people for what gives or takes money, where the legal entity says so: one proposes, another one does the same."""

import psycopg

from billing.audit import actor
from outbound import database, queries
from outbound.errors import OutboundError

Q = queries.load("billing/approvals")


class AwaitsApproval(OutboundError):
    """It was proposed and is not done yet: by whom, and who has to run the same command."""


def ask(connection: psycopg.Connection, legal_entity: int, approvals: str, action: str, subject: str) -> None:
    """Returns where it may be done now; the approval is part of the caller's transaction.

    The first call commits a proposal on a connection of its own and raises AwaitsApproval; so does every other call of
    the same person. action and subject say exactly what: an approval is for these words only.
    """
    if approvals == "none":
        return
    me = actor()
    words = {"entity": legal_entity, "action": action, "object": subject, "actor": me}
    if connection.execute(Q.approve, words).fetchone():
        return
    with database.connect("billing") as own:
        row = own.execute(Q.propose, words).fetchone()
    assert row is not None  # noqa: S101  the query gives the proposal, old or new
    raise AwaitsApproval(
        f"{action} {subject}: proposed by {row[0]} at {row[1]:%Y-%m-%d %H:%M} UTC, and not done yet."
        f" The legal entity asks for two people: someone else than {row[0]} has to run the same command"
    )
