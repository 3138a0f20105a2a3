"""What can be exported: tables by the names that callers rely on, and how a month is told from their columns."""

import re
from datetime import date, timedelta
from typing import NamedTuple

import psycopg
from psycopg import sql

from outbound import clock
from outbound.errors import OutboundError
from outbound.queries import load

Q = load("reports/export")


class UnknownTable(OutboundError):
    """There is no such table to export: which there are."""


class NotBuilt(OutboundError):
    """A mart does not exist yet: how to build it."""


class NoMonths(OutboundError):
    """--month was asked of a table whose rows belong to no month."""


class UnknownAccount(OutboundError):
    """No account has that name: which there are."""


class NoMonth(OutboundError):
    """The text is not a month: how to write one."""


class TooLarge(OutboundError):
    """A table with a row a message was asked for as a whole by somebody who waits for it: what to name."""


class _Owner(NamedTuple):
    account_id: int
    timezone: str
    language: str


class Table(NamedTuple):
    """what it holds; the SQL for the month of a row, as YYYY-MM; the columns that order its rows."""

    what: str
    month: str | None
    order: list[str]


_OF = "to_char(found.{} at time zone owner.timezone, 'YYYY-MM')"
_MONTH = "left(found.month::text, 7)"
_DAY = "to_char(found.day, 'YYYY-MM')"

_TOLD = (
    ("finance.account_statements", "what each account owes, line by line with its balance", _MONTH, "account, n"),
    ("finance.adjustments", "grants, refunds, reversals, payouts and write-offs: who, why, when and what they posted", _MONTH,
     "account, at, document"),
    ("finance.carrier_costs", "what carriers ask, in their currency, by network and day", _DAY,
     "account, day, connector, network, per, rate"),
    ("finance.carrier_differences", "what carriers' statements and the log tell differently", _DAY,
     "connector, day, kind, account, campaign, ordinal, segment, carrier_message_id"),
    ("finance.carrier_reconciliation", "day by day: log, charges and carriers' statements", _DAY, "account, day, connector"),
    ("finance.charges", "every segment that is charged, with its number", _OF.format("charged_at"),
     "account, campaign, sent_at, msisdn, segment"),
    ("finance.deferred_revenue", "what prepaid accounts are still owed, by month", _MONTH, "account, month"),
    ("finance.invoice_lines", "lines of drafts and issued invoices", _MONTH, "account, month, zone, from_unit"),
    ("finance.invoice_usage", "the segments that postpaid months bill, with the tier that prices each", _MONTH,
     "account, month, ordinal_in_month, from_unit"),
    ("finance.invoices", "drafts and issued invoices", _MONTH, "account, month"),
    ("finance.ledger_entries", "the double-entry ledger", _OF.format("at"), "account, at, entry, ledger_account"),
    ("finance.margin", "revenue, what carriers cost and what is left, by network and day", _DAY,
     "account, day, network, operator"),
    ("finance.margin_errors", "segments whose cost nobody knows, for want of a rate", _DAY, "account, day, connector, network"),
    ("finance.payment_allocations", "which payment or credit settles which invoice", _OF.format("at"),
     "account, at, settlement, item"),
    ("finance.prepaid_lots", "lots of prepaid units and what remains in them", None, "account, opened_at, lot"),
    ("finance.rating_errors", "what cannot be charged, and keeps its month open", _MONTH, "account"),
    ("finance.receivables_ageing", "what is open, by how long it is overdue, and money on account", None,
     "account, day, document"),
    ("finance.reconciliation", "day by day: log, charges and ledger", _DAY, "account, day"),
    ("finance.rollovers", "recharges that extended and re-rated a balance", _OF.format("at"), "account, at"),
    ("finance.shortfalls", "units used without balance, or used and paid back, that wait for the next purchase", None, "account"),
    ("finance.tax_documents", "what was issued, void and credited, by month of issue and treatment: a tax return's figures", _MONTH,
     "legal_entity, month, currency, tax_treatment, vat_rate, kind"),
    ("finance.trial_balance", "opening, debit, credit and closing of every ledger account, by month and currency", _MONTH,
     "legal_entity, month, currency, code"),
    ("billing.approvals", "what takes two people: who proposed it, and who agreed", None, "proposed_at, approval"),
    ("billing.notices", "what customers were told of their balances", _OF.format("at"), "account, at, notice"),
    ("billing.document", "what was issued, its delivery and the tax authority's answer", "to_char(found.issue_day, 'YYYY-MM')",
     "account, issued_at, document"),
    ("dispatch.submissions", "every attempt to submit a segment, with its number", _OF.format("sent_at"),
     "account, campaign, line, segment, attempt"),
    ("billing.draft_credits", "credits that were proposed, and what became of them", _MONTH, "account, draft_credit_id"),
    ("operations.message_outcomes", "what became of each message", _MONTH, "account, campaign, ordinal"),
    ("operations.error_classes", "what error codes of receipts mean, and who answers for it", None, "connector, error_code"),
    ("operations.session_hours", "minutes in which sessions with carriers had answers, by hour", None, "connector, hour"),
    ("operations.sla", "SLA figures: raw, adjusted, exclusions", _MONTH, "account, month, metric"),
    ("operations.sla_campaigns", "SLA: each campaign's outcomes, promptness and punctuality", _MONTH, "account, campaign"),
    ("operations.sla_credits", "SLA: what missed targets of frozen months earn", _MONTH, "account, month, line"),
    ("operations.sla_errors", "SLA: what messages failed for", _MONTH, "account, month, connector, error, outcome"),
    ("operations.sla_files", "SLA: each file's turnaround and accepted rows", _MONTH, "account, file"),
    ("operations.sla_hours", "SLA: what was sent and became of it, by hour, network and connector", _MONTH,
     "account, month, hour, country, operator, connector"),
    ("operations.sla_sessions", "SLA: minutes with and without a session, by connector", _MONTH, "account, month, bind_group"),
)  # fmt: skip
TABLES = {name: Table(what, month, order.split(", ")) for name, what, month, order in _TOLD}
_OF_MESSAGES = {
    "dispatch.submissions": "sent_at",
    "finance.charges": "charged_at",
    "finance.invoice_usage": "month_start",
    "operations.message_outcomes": "month",
}
"""Tables with a row a message or a segment -> the column by which the rows of a month are found: an instant, a day or a text."""
_QUERIES = {
    "billing.approvals": Q.approvals,
    "billing.document": Q.documents,
    "finance.charges": Q.charges,
    "finance.tax_documents": Q.tax_documents,
    "finance.trial_balance": Q.trial_balance,
    "dispatch.submissions": Q.submissions,
    "operations.error_classes": Q.error_classes,
    "operations.session_hours": Q.session_hours,
    "operations.sla": Q.sla,
}


def available(connection: psycopg.Connection) -> dict[str, str]:
    """Name -> what it holds; marts that have no line here included."""
    others = [row[0] for row in connection.execute(Q.marts) if row[0] not in TABLES]
    return {name: table.what for name, table in TABLES.items()} | dict.fromkeys(others, "a mart")


def find(connection: psycopg.Connection, name: str) -> Table:
    """Raises UnknownTable, NotBuilt."""
    known = available(connection)
    if name not in known:
        raise UnknownTable(f"there is no table {name!r} to export. There are: {', '.join(sorted(known))}")
    row = connection.execute(Q.exists, {"table": name}).fetchone()
    if not row or not row[0]:
        raise NotBuilt(f"{name} has not been built yet: run `outbound build`, then export it")
    return TABLES.get(name) or Table("a mart", None, [])


def a_part(connection: psycopg.Connection, name: str, account: str | None, month: str | None) -> sql.Composed:
    """`statement` for somebody who waits: of what has a row a message an account and a month only. Raises TooLarge too."""
    if name in _OF_MESSAGES and not (account and month):
        raise TooLarge(
            f"{name} has a row for each message: choose an account and a month; `outbound export {name}` writes all of it"
        )
    return statement(connection, name, account, month)


def statement(connection: psycopg.Connection, name: str, account: str | None, month: str | None) -> sql.Composed:
    """The rows to export, in an order that stays the same. Raises NoMonth, NoMonths, UnknownAccount, UnknownTable,
    NotBuilt."""
    table = find(connection, name)
    base = _QUERIES.get(name) or f"select * from {name}"  # noqa: S608  a name of the catalogue
    wanted: list[sql.Composable] = [sql.SQL("true")]
    owner = None
    if account is not None:
        owner = _owner(connection, account)
        wanted.append(sql.SQL("found.account = {}").format(sql.Literal(account)))
    if month is not None:
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
            raise NoMonth(f"{month!r} is no month: write it like 2026-10")
        if table.month is None:
            raise NoMonths(f"{name} has no months: leave out --month")
        wanted.append(sql.SQL("{} = {}").format(sql.SQL(table.month), sql.Literal(month)))
        if (found_by := _OF_MESSAGES.get(name)) and owner is not None:
            wanted.append(_found(found_by, month, owner))
    order: list[sql.Composable] = [sql.Identifier("found", column) for column in table.order]
    return sql.SQL(
        "select found.* from ({base}) as found left join account.account as owner on owner.name = found.account"
        " where {wanted} order by {order}"
    ).format(
        base=sql.SQL(base), wanted=sql.SQL(" and ").join(wanted), order=sql.SQL(", ").join(order or [sql.SQL("1")])
    )


def _found(column: str, month: str, owner: _Owner) -> sql.Composed:
    """Account and month once more, as they stand in an index, or as instants, which lead to a day's partition too."""
    first = date.fromisoformat(f"{month}-01")
    if column.endswith("_at"):
        ends = (clock.day_start(day, owner.timezone) for day in (first, (first + timedelta(days=31)).replace(day=1)))
        return sql.SQL("found.{column} >= {} and found.{column} < {}").format(
            *map(sql.Literal, ends), column=sql.Identifier(column)
        )
    return sql.SQL("found.account_id = {} and found.{} = {}").format(
        sql.Literal(owner.account_id), sql.Identifier(column), sql.Literal(month if column == "month" else first)
    )


def is_right_to_left(connection: psycopg.Connection, account: str | None) -> bool:
    """Whether what is exported of an account is read from the right: its documents are in Arabic alone. Raises
    UnknownAccount."""
    return account is not None and _owner(connection, account).language == "ar"


def _owner(connection: psycopg.Connection, account: str) -> _Owner:
    """Raises UnknownAccount."""
    known = {name: _Owner(*rest) for name, *rest in connection.execute(Q.accounts)}
    if account not in known:
        there = ", ".join(known) or "none; `outbound apply` makes them"
        raise UnknownAccount(f"no account is called {account!r}. There are: {there}")
    return known[account]
