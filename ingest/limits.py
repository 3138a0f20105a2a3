"""How many segments of an account may be queued on one local day; fewer while it is new (INTAKE, DAILY_LIMIT)."""

from datetime import date, timedelta

import psycopg

from ingest import options
from ingest.accounts import Account
from ingest.hold import Hold
from ingest.options import Policy
from ingest.row import one
from outbound import clock
from outbound.queries import load

A = load("ingest/acceptance")


def daily(connection: psycopg.Connection, account: Account, segments: int) -> Hold | None:
    """A hold where so many more segments are over today's limit. Callers that act on it hold the account's reservation lock:
    what others queued before is counted then, and nobody else queues meanwhile."""
    policy = options.policy(account.defaults)
    if policy.max_segments_per_day is None and policy.new_account_segments_per_day is None:
        return None
    today = clock.local_day(clock.now(), account.timezone)
    since = clock.day_start(today, account.timezone)
    used, set_up_at = one(connection, A.used_today, {"account": account.account_id, "since": since})
    limit, is_new = limit_on(today, clock.local_day(set_up_at, account.timezone), policy)
    if limit is None or used + segments <= limit:
        return None
    whose = "a new account" if is_new else "the account"
    then = "the next day, if it fits then, or a person" if segments <= limit else "a person"
    return Hold(
        "DAILY_LIMIT",
        f"needs {segments} segments; {used} of the {limit} that {whose} may send a day are used on {today}; {then} releases it",
    )


def limit_on(day: date, set_up_on: date, policy: Policy) -> tuple[int | None, bool]:
    """(segments a day, whether it is that of a new account); None: no limit."""
    plain, for_new = policy.max_segments_per_day, policy.new_account_segments_per_day
    is_new = for_new is not None and day < set_up_on + timedelta(days=policy.new_account_days)
    if for_new is not None and is_new and (plain is None or for_new < plain):
        return for_new, True
    return plain, False
