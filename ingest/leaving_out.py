"""Rows that were in order when the file was checked and are left out when it is queued: rejected, and the others closed up.

In the caller's transaction, which holds the account's reservation lock. Each gives the answer as it is then.
"""

from datetime import datetime
from typing import Any

import psycopg

from ingest import acknowledgement, cost, options, preparing
from ingest.accounts import Account
from ingest.campaigns import over
from ingest.files import File
from ingest.row import one
from outbound.queries import load

C = load("ingest/campaigns")
Q = load("ingest/acceptance")

Campaign = dict[str, Any]


def over_balance(
    connection: psycopg.Connection, account: Account, file: File, campaign: Campaign, found: dict[str, Any], last: int
) -> dict[str, Any]:
    """Sends in file order up to the balance; the rest becomes rejected rows."""
    where = {"last": last, "file": file.file_id, "account": account.account_id, "campaign": campaign["campaign_id"]}
    left_out = connection.execute(over(campaign["campaign_id"], Q.leave_out), where).rowcount
    return _recounted(connection, account, campaign, found, "NO_BALANCE", left_out)


def unapproved(
    connection: psycopg.Connection,
    account: Account,
    file: File,
    campaign: Campaign,
    found: dict[str, Any],
    at: datetime,
) -> dict[str, Any]:
    """Rejects whom the sender may not reach on the day it starts: what held the campaign may have outlasted an approval."""
    operators = preparing.senders(connection, account, campaign["class"], at).get(campaign["sender"], frozenset())
    if operators is None:
        return found
    where = {"account": account.account_id, "file": file.file_id, "operators": sorted(operators)}
    left_out = connection.execute(over(campaign["campaign_id"], Q.leave_out_unapproved), where).rowcount
    return _closed_up(connection, account, campaign, found, "SENDER_NOT_APPROVED", left_out)


def capped(
    connection: psycopg.Connection,
    account: Account,
    file: File,
    campaign: Campaign,
    found: dict[str, Any],
    at: datetime,
) -> dict[str, Any]:
    """Rejects who has had enough messages of campaigns that were queued since this one was checked. The account's
    reservation lock is held: no other one is queued meanwhile."""
    cap = options.policy(account.defaults).frequency_cap
    if cap is None or not cap.caps(campaign["class"]):
        return found
    campaign_id = campaign["campaign_id"]
    where = {"account": account.account_id, "file": file.file_id, "at": at}
    where |= {"class": cap.klass, "days": cap.days, "messages": cap.messages}
    left_out = connection.execute(over(campaign_id, Q.leave_out_capped), where).rowcount
    return _closed_up(connection, account, campaign, found, "FREQUENCY_CAP", left_out)


def _closed_up(
    connection: psycopg.Connection,
    account: Account,
    campaign: Campaign,
    found: dict[str, Any],
    code: str,
    left_out: int,
) -> dict[str, Any]:
    """The same once so many rows were left out from between the others."""
    if not left_out:
        return found
    connection.execute(over(campaign["campaign_id"], Q.number_apart))
    connection.execute(over(campaign["campaign_id"], Q.number_anew))
    return _recounted(connection, account, campaign, found, code, left_out)


def _recounted(
    connection: psycopg.Connection,
    account: Account,
    campaign: Campaign,
    found: dict[str, Any],
    code: str,
    left_out: int,
) -> dict[str, Any]:
    """The campaign, and its answer, with what is left once so many rows were rejected."""
    campaign_id = campaign["campaign_id"]
    messages, segments = one(connection, over(campaign_id, Q.landed_size))
    connection.execute(C.recount, {"campaign": campaign_id, "messages": messages, "segments": segments})
    reasons = found["reasons"] | {code: found["reasons"].get(code, 0) + left_out}
    made = acknowledgement.checked(campaign["rows"], messages, reasons, int(segments))
    return found | made | {"cost": cost.estimate(connection, account, cost.landed(connection, campaign_id))}
