"""Takes held campaigns up again once what held them is settled: a recharge, a new base, another day, a person's approval."""

import psycopg

from ingest import accounts, answers, campaigns, files, limits, obstacles
from ingest.acceptance import accept, find
from ingest.gate import judge
from outbound import database
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load

log = logger("ingest.holds")
C = load("ingest/campaigns")
A = load("ingest/acceptance")


def release_ready() -> list[int]:
    """Looks at every held campaign again: after a recharge, a base load, an approval, on a new day. The ids of those accepted now.
    One account's trouble is not another's.

    Delivers, too, the answers that a process decided and did not live to put into results/.
    """
    accepted = []
    with database.connect("ingest", autocommit=True) as connection:
        answers.deliver_missing(connection)
        held = connection.execute(C.held).fetchall()
        for campaign_id, file_id, code in held:
            try:
                if _is_settled(connection, campaign_id, file_id, code) and accept(campaign_id) == "accepted":
                    accepted.append(campaign_id)
            except (OSError, OutboundError) as error:
                log.warning("not released", campaign=campaign_id, error=str(error))
    if accepted:
        log.info("released", campaigns=accepted)
    return accepted


def _is_settled(connection: psycopg.Connection, campaign_id: int, file_id: int, code: str) -> bool:
    """Whether the campaign's acceptance is worth another try. A new base has its rows checked and judged anew."""
    if code in obstacles.approved(connection, campaign_id):
        return True
    if code == "NO_BALANCE":
        return _has_balance(connection, campaign_id)
    if code == "DAILY_LIMIT":
        campaign = find(connection, campaign_id)
        account = accounts.by_id(connection, campaign["account_id"])
        return limits.daily(connection, account, campaign["segments"]) is None
    return code == "BASE_MISMATCH" and _has_base(connection, campaign_id, file_id)


def _has_balance(connection: psycopg.Connection, campaign_id: int) -> bool:
    row = connection.execute(A.has_balance, {"campaign": campaign_id}).fetchone()
    return bool(row and row[0])


def _has_base(connection: psycopg.Connection, campaign_id: int, file_id: int) -> bool:
    """Checks the rows anew where the base was loaded since; what a killed process left undone is taken up."""
    is_checked_anew = _check_anew(connection, campaign_id, file_id)
    found = obstacles.profile(connection, campaign_id)
    if found["judged_at"] is None:
        judge(campaign_id)
    account = accounts.by_id(connection, found["account_id"])
    mismatch = obstacles.base_mismatch(
        account, found["base_is_empty"], found["not_in_base"], found["not_in_base_ratio"]
    )
    return is_checked_anew or mismatch is None


def _check_anew(connection: psycopg.Connection, campaign_id: int, file_id: int) -> bool:
    with connection.transaction():
        file = files.lock(connection, file_id)
        connection.execute(C.lock_campaign, {"campaign": campaign_id})
        row = connection.execute(C.is_base_newer, {"campaign": campaign_id}).fetchone()
        if not row or not row[0]:
            return False
        campaigns.land_again(connection, accounts.by_id(connection, file.account_id), file, campaign_id)
    return True
