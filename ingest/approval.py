"""A person lets a held campaign pass, or refuses it: on record, and the campaign is taken up again or ends."""

from typing import NamedTuple

import psycopg

from ingest import accounts, acknowledgement, answers, campaigns, files, late
from ingest.acceptance import accept
from ingest.obstacles import LATE, NOT_APPROVED
from ingest.refusal import Unusable
from outbound import audit, database
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("ingest/campaigns")

APPROVERS = frozenset({"customer_approver", "customer_admin"})


class NotReleasable(OutboundError):
    """A campaign that no person can let pass: why, and what does."""


class NotTheirs(OutboundError):
    """Somebody who may not approve, or not this campaign: who may."""


class _Held(NamedTuple):
    account_id: int
    file_id: int
    state: str
    code: str | None
    submitted_by: str | None


def release(campaign_id: int, reason: str) -> str:
    """Approves what holds the campaign, and gives its state then: accepted, or held for another reason.

    Recipients outside the base and those who opted out stay rejected. A balance cannot be approved, and the account's own
    second person not by anybody else. Raises NotReleasable.
    """
    with database.connect("ingest") as connection:
        held = _held(connection, campaign_id)
        code = held.code
        if code is None and late.is_held(connection, campaign_id):
            late.release(connection, campaign_id, held.file_id, reason)
            code = LATE.code
        if code is None:
            raise NotReleasable(f"campaign {campaign_id} is not held, it is {held.state}")
        if code == "NO_BALANCE":
            raise NotReleasable(
                f"campaign {campaign_id} is over the balance: `outbound purchase`, a payment or a higher limit releases it,"
                " not a person"
            )
        if code == NOT_APPROVED:
            raise NotReleasable(
                f"campaign {campaign_id} waits for a second person of its account, in the portal or by `outbound approve`"
            )
        _let_pass(connection, campaign_id, held.account_id, code, "release", reason)
    return accept(campaign_id)


def approve(campaign_id: int, reason: str) -> str:
    """The second person of the account lets it go: its state then, accepted or held for what else holds it. Raises NotReleasable,
    NotTheirs."""
    with database.connect("ingest") as connection:
        held = _waiting(connection, campaign_id)
        _refuse_others(connection, campaign_id, held)
        if held.submitted_by is not None and held.submitted_by.lower() == audit.actor().lower():
            raise NotTheirs(f"campaign {campaign_id} is yours: another person of the account approves it")
        _let_pass(connection, campaign_id, held.account_id, NOT_APPROVED, "approve", reason)
    return accept(campaign_id)


def refuse(campaign_id: int, reason: str) -> str:
    """Ends a campaign that waits for its approval; whoever submitted it may take it back so. Nothing was queued. Raises
    NotReleasable, NotTheirs."""
    with database.connect("ingest") as connection:
        held = _waiting(connection, campaign_id)
        if held.submitted_by is None or held.submitted_by.lower() != audit.actor().lower():
            _refuse_others(connection, campaign_id, held)
        campaigns.reject(connection, campaign_id, f"refused: {reason}")
        answer = acknowledgement.refused(Unusable(NOT_APPROVED, f"a person of the account refused it: {reason}"))
        file, account = files.get(connection, held.file_id), accounts.by_id(connection, held.account_id)
        answers.decide(connection, account, file, answer, campaign_id)
        audit.record(connection, "refuse", held.account_id, f"campaign {campaign_id}", {"reason": reason})
    with database.connect("ingest", autocommit=True) as connection:
        answers.deliver(connection, held.file_id)
    return "rejected"


def _held(connection: psycopg.Connection, campaign_id: int) -> _Held:
    row = connection.execute(Q.hold_of, {"campaign": campaign_id}).fetchone()
    if row is None:
        raise NotReleasable(f"there is no campaign {campaign_id}; `outbound status` lists what is held")
    return _Held(*row)


def _waiting(connection: psycopg.Connection, campaign_id: int) -> _Held:
    held = _held(connection, campaign_id)
    if held.code != NOT_APPROVED:
        what = f"held for {held.code}" if held.code else held.state
        raise NotReleasable(f"campaign {campaign_id} does not wait for a second person, it is {what}")
    return held


def _refuse_others(connection: psycopg.Connection, campaign_id: int, held: _Held) -> None:
    """Whoever is no approver of the account."""
    row = connection.execute(Q.role_in, {"account": held.account_id, "email": audit.actor()}).fetchone()
    if row is None or row[0] not in APPROVERS:
        raise NotTheirs(
            f"{audit.actor()} may not decide on campaign {campaign_id}: a person of its account does, of the role"
            " customer_approver or customer_admin (OUTBOUND_ACTOR names who acts)"
        )


def _let_pass(
    connection: psycopg.Connection, campaign_id: int, account_id: int, code: str, action: str, reason: str
) -> None:
    later = connection.execute(Q.sent_since, {"campaign": campaign_id}).fetchone()
    if later is not None:
        raise NotReleasable(
            f"campaign {campaign_id}: file {later[0]} came later in its place; released, the same would be sent twice"
        )
    connection.execute(Q.approve, {"campaign": campaign_id, "code": code, "actor": audit.actor(), "reason": reason})
    audit.record(connection, action, account_id, f"campaign {campaign_id}", {"hold": code, "reason": reason})
