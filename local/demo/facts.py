"""What the platform says after a run, read from the tables that customers and finance read."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from outbound import database, queries

Q = queries.load("demo")
ACCOUNTS = ["nile", "delta", "sahara"]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """logged: accepted submissions; unsettled: in doubt or unknown. By campaign: charged, outcomes. sla: good, counted,
    whether it still settles."""

    logged: int
    logged_once: int
    unsettled: int
    charged: int
    charged_by_campaign: dict[int, int] = field(default_factory=dict)
    outcomes: dict[int, Counter[str]] = field(default_factory=dict)
    lots: list[tuple[str, int, Decimal, date]] = field(default_factory=list)
    invoices: list[tuple[str, str, str, Decimal]] = field(default_factory=list)
    deferred: Decimal = Decimal(0)
    lots_worth: Decimal = Decimal(0)
    sla: list[tuple[str, int, int, bool]] = field(default_factory=list)


def read(campaigns: list[int], billed_month: str, current_month: str) -> Facts:
    """campaigns: of this run."""
    who: dict[str, Any] = {"accounts": ACCOUNTS, "campaigns": campaigns}
    outcomes: dict[int, Counter[str]] = {}
    with database.connect("operator") as connection:
        logged, once, unsettled = connection.execute(Q.logged, who).fetchone() or (0, 0, 0)
        (charged,) = connection.execute(Q.charged, who).fetchone() or (0,)
        deferred, worth = connection.execute(Q.deferred, who).fetchone() or (Decimal(0), Decimal(0))
        for campaign, outcome, messages in connection.execute(Q.outcomes, who):
            outcomes.setdefault(campaign, Counter())[outcome] = messages
        return Facts(
            logged=logged,
            logged_once=once,
            unsettled=unsettled,
            charged=charged,
            charged_by_campaign=dict(connection.execute(Q.charged_by_campaign, who).fetchall()),
            outcomes=outcomes,
            lots=connection.execute(Q.lots, who).fetchall(),
            invoices=connection.execute(Q.invoices, who | {"month": billed_month}).fetchall(),
            deferred=deferred,
            lots_worth=worth,
            sla=connection.execute(Q.sla, who | {"month": current_month}).fetchall(),
        )


def available(account: str) -> int:
    """The units that the account may still promise."""
    with database.connect("operator") as connection:
        return int((connection.execute(Q.available, {"account": account}).fetchone() or (0,))[0])


def is_built(since: datetime) -> bool:
    """Whether a build of the marts has ended that began after this instant."""
    with database.connect("operator") as connection:
        return connection.execute(Q.built, {"since": since}).fetchone() is not None


def held() -> list[str]:
    """The file's name of each campaign of the demo's accounts that is held."""
    with database.connect("operator") as connection:
        return [name for (name,) in connection.execute(Q.held, {"accounts": ACCOUNTS})]
