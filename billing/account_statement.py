"""A statement of account: opening balance, documents and payments of a period, closing balance (CHARGING 25)."""

from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from billing import accounts
from billing.closing import first_day
from outbound import database, queries
from outbound.errors import OutboundError

Q = queries.load("billing/account_statement")


class NoStatement(OutboundError):
    """A statement of account cannot be given: why, and what to do."""


def month_days(month: str) -> tuple[date, date]:
    """The first and the last day of "2026-10". Raises NoMonth."""
    first = first_day(month)
    return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def statement(account: str, first: date | None = None, last: date | None = None) -> dict[str, Any]:
    """What an account owed from the start of `first` to the end of `last`, local days, as of the last build.

    `{"account", "currency", "from", "to", "as_of", "opening", "lines", "closing", "ageing"}`; without first it begins
    with the account, without last it ends with the build. Negative balances are money on account. Raises NoStatement.
    """
    if first and last and first > last:
        raise NoStatement(f"the period ends on {last}, before it begins on {first}: turn them round")
    with database.connect("billing") as connection, connection.cursor(row_factory=dict_row) as cursor:
        owner = accounts.find(connection, account)
        try:
            built = connection.execute(Q.built_for).fetchone()
            period = {"account": owner.account_id, "first": first or date.min, "last": last or date.max}
            before = {"account": owner.account_id, "day": first or date.min}
            (opening,) = connection.execute(Q.balance_before, before).fetchone() or (None,)
            lines = cursor.execute(Q.lines, period).fetchall()
            ageing = cursor.execute(Q.ageing, period).fetchall()
        except psycopg.errors.UndefinedTable as error:
            raise NoStatement("nothing has been built yet: run `outbound build`, then ask again") from error
    return {
        "account": account, "currency": owner.currency, "from": first, "to": last, "as_of": owner.on_its_clock(built[0]) if built else None,
        "opening": opening, "lines": lines, "closing": lines[-1]["balance"] if lines else opening, "ageing": ageing,
    }  # fmt: skip
