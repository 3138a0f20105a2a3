"""The hours in which a campaign may go: its daily window without the quiet hours it has to keep (INTAKE, Quiet hours)."""

from collections.abc import Iterable
from datetime import datetime

import psycopg

from ingest import options, timing
from ingest.accounts import Account
from ingest.accounts import Q as ACCOUNTS
from ingest.refusal import Unusable
from outbound import daily_window
from outbound.daily_window import DailyWindow, NeverOpen


def quiet_hours(connection: psycopg.Connection, account: Account, klass: str, countries: Iterable[str]) -> list[str]:
    """Those of the account, of its legal entity's country and of these countries, like ["21:00-09:00"].

    They are read on the clocks of the account. None for a campaign that is not promotional.
    """
    if klass != "promotional":
        return []
    where = {"account": account.account_id, "countries": list(countries)}
    found = [hours for (hours,) in connection.execute(ACCOUNTS.quiet_hours, where)]
    own = options.policy(account.defaults).quiet_hours
    return list(dict.fromkeys([*([own] if own else []), *found]))


def window(daily: DailyWindow | None, quiet: list[str], zone: str) -> DailyWindow | None:
    """What is left; None is all day. Raises Unusable (QUIET_HOURS) where that is nothing."""
    opens, closes = (daily.opens, daily.closes) if daily is not None else (None, None)
    try:
        return daily_window.of_campaign(opens, closes, quiet, zone)
    except NeverOpen as error:
        raise Unusable("QUIET_HOURS", f"a promotional campaign may never go: {error}") from None


def first(due: datetime, hours: DailyWindow | None, ends_at: datetime | None) -> timing.Start:
    """The first instant from `due` on at which it may go. Raises Unusable (END_PAST) where its end comes before."""
    start = timing.start(due, hours)
    if ends_at is not None and ends_at <= start.at:
        if hours is None:
            raise Unusable("END_PAST", "the end comes before the campaign can be sent")
        raise Unusable(
            "END_PAST",
            f"the campaign does not open between its start and its end: it goes {' and '.join(hours.written())}",
        )
    return start
