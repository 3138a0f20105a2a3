"""Queues a whole campaign in one transaction, or holds it: messages, batches, reservation and state, or none of them.

Locks are taken in one order: the campaign, then the account's reservation lock. What the lock had to wait for is seen
by the statements after it.
"""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from ingest import (
    accounts,
    acknowledgement,
    answers,
    campaigns,
    cost,
    files,
    leaving_out,
    limits,
    obstacles,
    opening,
    timing,
)
from ingest.accounts import Account
from ingest.campaigns import over
from ingest.hold import Hold
from ingest.refusal import Unusable
from ingest.row import one
from outbound import clock, database
from outbound.daily_window import DailyWindow
from outbound.errors import OutboundError
from outbound.logs import logger
from outbound.queries import load

log = logger("ingest.acceptance")
C = load("ingest/campaigns")
Q = load("ingest/acceptance")

Campaign = dict[str, Any]


class NoSuchCampaign(OutboundError):
    """There is no campaign of this id."""


class NotJudged(OutboundError):
    """A campaign is queued after the gate has judged it, never before."""


def accept(campaign_id: int) -> str:
    """The campaign's state then: accepted, held or rejected; what it is in already when it was decided before. Its answer is
    in results/ then."""
    state = decide(campaign_id)
    with database.connect("ingest", autocommit=True) as connection:
        answers.deliver(connection, find(connection, campaign_id)["file_id"])
    return state


def decide(campaign_id: int) -> str:
    """The same without its answer, which the next look at the landing zone would deliver."""
    with database.connect("ingest", autocommit=True) as connection:
        campaign = find(connection, campaign_id)
        if campaign["state"] in ("validated", "held") and not campaigns.is_large(campaign_id):
            connection.execute(Q.ensure_partition, {"campaign": campaign_id})
        with connection.transaction():
            state = _accept(connection, campaign_id)
    log.info("decided", campaign=campaign_id, state=state)
    return state


def find(connection: psycopg.Connection, campaign_id: int) -> Campaign:
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(C.campaign, {"campaign": campaign_id}).fetchone()
    if found is None:
        raise NoSuchCampaign(f"there is no campaign {campaign_id}")
    return found


def _accept(connection: psycopg.Connection, campaign_id: int) -> str:
    connection.execute(C.lock_campaign, {"campaign": campaign_id})
    campaign = find(connection, campaign_id)
    if campaign["state"] not in ("validated", "held"):
        return str(campaign["state"])
    account = accounts.by_id(connection, campaign["account_id"])
    file = files.get(connection, campaign["file_id"])
    profile = obstacles.profile(connection, campaign_id)
    if profile["judged_at"] is None:
        raise NotJudged(f"campaign {campaign_id}: the gate has not judged it yet; run `ingest.gate.judge` first")
    found = acknowledgement.checked(campaign["rows"], campaign["messages"], profile["reasons"], campaign["segments"])
    found |= {"cost": cost.estimate(connection, account, profile["zones"])} | acknowledgement.skipped(
        profile["skipped"]
    )
    quiet = opening.quiet_hours(connection, account, campaign["class"], profile["countries"])
    try:
        window = opening.window(_daily(account, campaign), quiet, account.timezone)
        due = max(clock.now(), campaign["scheduled_at"] or campaign["received_at"])
        start = opening.first(due, window, campaign["ends_at"])
    except Unusable as refusal:
        campaigns.reject(connection, campaign_id, refusal.detail)
        answers.decide(connection, account, file, acknowledgement.refused(refusal), campaign_id)
        return "rejected"
    held = obstacles.found(connection, account, file, campaign, profile)
    if held is None and not campaign["messages"]:
        campaigns.reject(connection, campaign_id, "no row can be sent")
        answers.decide(connection, account, file, found, campaign_id)
        return "rejected"
    if held is None:
        held, cut = _reserve(connection, account, campaign)
        if cut:
            found = leaving_out.over_balance(connection, account, file, campaign, found, cut)
    if held is None:
        found = leaving_out.unapproved(connection, account, file, campaign, found, start.at)
        found = leaving_out.capped(connection, account, file, campaign, found, start.at)
        if not found["accepted"]:
            campaigns.reject(connection, campaign_id, "no row can be sent")
            answers.decide(connection, account, file, found, campaign_id)
            return "rejected"
    if held is not None:
        connection.execute(C.hold, {"campaign": campaign_id, "code": held.code, "detail": held.detail})
        answer = acknowledgement.held(found, held.code, held.detail)
        if held.code == obstacles.NOT_APPROVED:
            answer |= acknowledgement.times(start, window)
        answers.decide(connection, account, file, answer, campaign_id)
        return "held"
    _queue(connection, account, find(connection, campaign_id), start, window, quiet)
    answers.decide(connection, account, file, found | acknowledgement.times(start, window), campaign_id)
    return "accepted"


def _reserve(connection: psycopg.Connection, account: Account, campaign: Campaign) -> tuple[Hold | None, int]:
    """A hold, or how many messages the balance ends before (0: it covers all of them)."""
    connection.execute(Q.lock_reservations, {"account": account.account_id})
    needed = campaign["segments"]
    over_limit = limits.daily(connection, account, needed)
    if over_limit is not None and over_limit.code not in obstacles.approved(connection, campaign["campaign_id"]):
        return over_limit, 0
    available = obstacles.available(connection, account, campaign["scheduled_at"])
    if available is None or available >= needed:
        return None, 0
    affordable = 0
    if campaign["options"].get("on_insufficient_balance") == "partial":
        (last,) = one(connection, over(campaign["campaign_id"], Q.affordable), {"available": max(available, 0)})
        affordable = last or 0
    if affordable:
        return None, affordable
    return obstacles.no_balance(connection, account, needed, available, campaign["scheduled_at"]), 0


def _daily(account: Account, campaign: Campaign) -> DailyWindow | None:
    if campaign["window_opens"] is None:
        return None
    return DailyWindow(campaign["window_opens"], campaign["window_closes"], account.timezone)


def _queue(
    connection: psycopg.Connection,
    account: Account,
    campaign: Campaign,
    start: timing.Start,
    window: DailyWindow | None,
    quiet: list[str],
) -> None:
    """From here on the campaign is dispatch's."""
    campaign_id = campaign["campaign_id"]
    where = {"campaign": campaign_id, "account": account.account_id}
    if not campaigns.is_large(campaign_id):
        connection.execute(over(campaign_id, Q.insert_messages))
        connection.execute(campaigns.drop(campaign_id))
    else:
        connection.execute(Q.attach_messages, where | {"landing": f"intake.{campaigns.landing_table(campaign_id)}"})
    connection.execute(
        Q.accept, where | {"opens_at": start.opens_at, "closes_at": start.closes_at, "quiet_hours": quiet}
    )
    cuts = timing.cut(campaign["messages"], start.at, campaign["ends_at"], campaign["spread"], window)
    connection.execute(
        Q.add_batches,
        where
        | {
            "firsts": [cut.first_ordinal for cut in cuts],
            "sizes": [cut.size for cut in cuts],
            "not_before": [cut.not_before for cut in cuts],
        },
    )
    connection.execute(Q.add_reservation, where)
    connection.execute(Q.note_units, where)
    connection.execute(Q.wake_dispatch)
