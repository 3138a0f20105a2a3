"""Do the books agree? Every comparison there is, and exactly what differs."""

from typing import Any

from billing import accounts
from billing.build import build
from outbound import database, queries
from outbound.errors import OutboundError

Q = queries.load("billing/reconciling")

CHECKS = (
    "segments",
    "statements",
    "states",
    "prices",
    "rating",
    "entries",
    "deferred",
    "receivables",
    "posted",
    "adjustments",
    "balances",
    "months",
    "documents",
    "purchases",
    "numbers",
)


class NothingBuilt(OutboundError):
    """There are no marts to compare yet: how to get them."""


def reconcile(*, account: str | None = None, build_first: bool = True) -> dict[str, Any]:
    """`{"agrees", "accepted", "charged", "loaded", "in_ledger", "documents", "bank_lines_unassigned",
    "disagreements": [...]}`. Money of the bank that is nobody's yet is no disagreement: it is in no ledger.

    account: only what differs of this one, and of its legal entity's series. build_first: judges today's books; False: what is there, and what was
    recorded since then is no disagreement.
    """
    if build_first:
        build()
    with database.connect("billing") as connection:
        if account:
            accounts.find(connection, account)
        table = connection.execute("select to_regclass('finance.reconciliation')").fetchone()
        if table is None or table[0] is None:
            raise NothingBuilt("nothing has been built yet: run outbound build, or leave --no-build out")
        differing = [
            {"check": check, "account": whose, "where": where, "found": found}
            for check in CHECKS
            for whose, where, found in connection.execute(getattr(Q, check), {})
            if account in (None, whose) or check == "numbers"
        ]
        counted = connection.execute(Q.counted, {"account": account}).fetchone()
    assert counted is not None  # noqa: S101  an aggregate gives a row
    names = ("accepted", "charged", "loaded", "in_ledger", "documents", "bank_lines_unassigned")
    return {"agrees": not differing} | dict(zip(names, counted, strict=True)) | {"disagreements": differing}
