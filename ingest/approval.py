"""A person lets a held campaign pass: the hold's reason is approved, on record, and the campaign is taken up again."""

from ingest import late
from ingest.acceptance import accept
from ingest.obstacles import LATE
from outbound import audit, database
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("ingest/campaigns")


class NotReleasable(OutboundError):
    """A campaign that no person can let pass: why, and what does."""


def release(campaign_id: int, reason: str) -> str:
    """Approves what holds the campaign, and gives its state then: accepted, or held for another reason.

    Recipients outside the base and those who opted out stay rejected. A balance cannot be approved. Raises NotReleasable.
    """
    with database.connect("ingest") as connection:
        row = connection.execute(Q.hold_of, {"campaign": campaign_id}).fetchone()
        if row is None:
            raise NotReleasable(f"there is no campaign {campaign_id}; `outbound status` lists what is held")
        account_id, file_id, state, code = row
        if code is None and late.is_held(connection, campaign_id):
            late.release(connection, campaign_id, file_id, reason)
            code = LATE.code
        if code is None:
            raise NotReleasable(f"campaign {campaign_id} is not held, it is {state}")
        if code == "NO_BALANCE":
            raise NotReleasable(
                f"campaign {campaign_id} is over the balance: `outbound purchase`, a payment or a higher limit releases it,"
                " not a person"
            )
        later = connection.execute(Q.sent_since, {"campaign": campaign_id}).fetchone()
        if later is not None:
            raise NotReleasable(
                f"campaign {campaign_id}: file {later[0]} came later in its place; released, the same"
                " would be sent twice"
            )
        connection.execute(Q.approve, {"campaign": campaign_id, "code": code, "actor": audit.actor(), "reason": reason})
        audit.record(connection, "release", account_id, f"campaign {campaign_id}", {"hold": code, "reason": reason})
    return accept(campaign_id)
