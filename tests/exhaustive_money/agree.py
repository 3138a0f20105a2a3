"""What a build's marts say of an account beside what the second implementation says: every difference, in a line."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.exhaustive_money.account import Account
from tests.unit.billing.postpaid_model import Line
from tests.unit.billing.prepaid_model import Purse

Figures = dict[str, dict[str, list[Any]]]
NOTHING = Decimal(0)
ROLLED = {  # the columns of the roll-forward: a kind of entry, and the sign it has there
    "brought_in": ("opening", 1), "sold": ("purchase", 1), "used": ("usage", -1), "given_back": ("reversal", 1),
    "lapsed": ("expiry", -1), "refunded": ("refund", -1), "revalued": ("rollover", 1),
}  # fmt: skip
CONSUMED = ("usage", "served", "late_usage", "reversal", "lapsed_reversal")  # a reversal's units come back


def differences(figures: Figures, account: Account, as_of: datetime) -> Iterator[str]:
    for what, found, wanted in _pairs(figures, account, as_of):
        if isinstance(found, dict) and isinstance(wanted, dict):
            keys = [key for key in {**found, **wanted} if found.get(key) != wanted.get(key)]
            found, wanted = ({key: one[key] for key in keys if key in one} for one in (found, wanted))
        if found != wanted:
            yield f"{account.name} ({account.timezone}, {account.currency}) {what}: {found}, not {wanted}"


def _pairs(figures: Figures, account: Account, as_of: datetime) -> Iterator[tuple[str, Any, Any]]:
    name = account.name
    yield (
        "charges",
        {(row.ordinal, row.segment): (row.attempt, row.charged_at) for row in figures["charges"][name]},
        {(one.ordinal, one.segment): (one.attempt, one.charged_at) for one in account.charges(as_of)},
    )
    unrated = any(row.error in ("NO_RATE", "NO_ZONE") for row in figures["errors"][name])
    # for an instant before the last close the log has what is charged only after that
    is_past = account.opens is not None and account.opens > as_of
    yield "days that do not agree", [] if unrated or is_past else [row.day for row in figures["days"][name]], []
    if account.scheme == "prepaid":
        yield from _prepaid(figures, account, as_of)
    else:
        yield from _postpaid(figures, account, as_of)


def _prepaid(figures: Figures, account: Account, as_of: datetime) -> Iterator[tuple[str, Any, Any]]:
    name, purse = account.name, account.purse(as_of)
    yield (
        "lots",
        {
            row.lot: (
                (row.remaining, row.lapsed, row.rate, row.last_valid_day, row.is_paid, row.successor),
                (row.carrying_value, row.blended_value),
            )
            for row in figures["lots"][name]
        },
        {
            lot.key: (
                (lot.units, lot.lapsed, lot.rate, lot.last_valid_day, lot.paid, lot.successor and lot.successor.key),
                (purse.carrying(lot), purse.blended(lot)),
            )
            for lot in purse.lots
        },
    )
    yield (
        "rollovers",
        {row.purchase: (row.remained, row.old_value, row.revaluation) for row in figures["rollovers"][name]},
        {one.purchase: (one.remained, one.old_value, one.revaluation) for one in purse.rollovers},
    )
    posted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for posting in purse.journal:
        posted[posting.month, posting.account] += getattr(posting, account.valuation)
    yield "ledger", _ledger(figures, account), _with_payments(posted, account, as_of)
    yield "deferred revenue", *_rolled_forward(figures, account, purse, as_of)
    yield "shortfall", sum(row.units for row in figures["shortfalls"][name]), len(purse.shortfall)
    yield (
        "credits",
        {row.purchase: (row.net, row.vat) for row in figures["credits"][name] if row.purchase and row.net},
        {sale.purchase: (sale.credited, sale.vat) for sale in purse.sales if sale.credited},
    )
    yield "errors", [row.subject for row in figures["errors"][name]], []
    yield (
        "what is not served, not given for a refund, and not there to reverse",
        [(row.units, row.refunded, row.reversals) for row in figures["waiting"][name]] or [(0, 0, 0)],
        [(len(purse.shortfall), len(purse.claims), len(purse.unmatched))],
    )
    moved = defaultdict(int, {row.kind: row.units for row in figures["units"][name]})
    there = sum(row.remaining + row.lapsed for row in figures["lots"][name])
    yield (
        "units bought, granted, brought in and given back, and where they are",
        sum(moved[kind] for kind in ("purchase", "grant", "opening", "reversal", "lapsed_reversal")),
        there - sum(moved[kind] for kind in ("usage", "served", "late_usage", "refund", "late_refund")),
    )
    yield (
        "units served and refunded",
        (-sum(moved[kind] for kind in CONSUMED), -moved["refund"] - moved["late_refund"], purse.bought),
        (purse.served, purse.refunded, there + purse.served + purse.refunded),
    )


def _postpaid(figures: Figures, account: Account, as_of: datetime) -> Iterator[tuple[str, Any, Any]]:
    contract, used = account.contract(), account.used(as_of)
    lines: dict[str, Counter[Line]] = defaultdict(Counter)
    for row in figures["lines"][account.name]:
        line = Line(row.kind, row.zone, row.card_from, row.from_unit, row.quantity, row.rate, row.net, row.vat)
        lines[row.month][line] += 1
    unrated: dict[str, int] = defaultdict(int)
    for row in figures["errors"][account.name]:
        unrated[row.month] += row.units
    posted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for month in _months(account, as_of):
        wanted, without_rate = contract.invoice(month, used[month])
        yield f"units without a rate in {month}", unrated[month], without_rate
        if month in account.issued:
            wanted = account.issued[month].lines
        yield f"lines of {month}", lines.pop(month, Counter()), Counter(wanted)
        if month < account.month_of(as_of):
            net = sum((line.net for line in wanted), NOTHING)
            posted[month, "1210"] += net
            posted[month, "4100"] -= net
    for month, issued in account.issued.items():
        if month > account.month_of(as_of):
            yield f"lines of {month}", lines.pop(month, Counter()), Counter(issued.lines)
        if issued.at <= as_of:
            net, vat = (sum((getattr(line, what) for line in issued.lines), NOTHING) for what in ("net", "vat"))
            month_of_issue = account.month_of(issued.at)
            posted[month_of_issue, "1200"] += net + vat
            posted[month_of_issue, "1210"] -= net
            posted[month_of_issue, "2200"] -= vat
    yield "other months", dict(lines), {}
    yield "ledger", _ledger(figures, account), _with_payments(posted, account, as_of)


def _ledger(figures: Figures, account: Account) -> dict[tuple[str, str], Decimal]:
    return {(row.month, row.code): row.amount for row in figures["ledger"][account.name] if row.amount}


def _with_payments(
    posted: dict[tuple[str, str], Decimal], account: Account, as_of: datetime
) -> dict[tuple[str, str], Decimal]:
    for payment in account.payments(as_of):
        month = account.month_of(payment.at)
        posted[month, "1100"] += payment.amount
        posted[month, "1200"] -= payment.amount
    return {key: amount for key, amount in posted.items() if amount}


def _rolled_forward(figures: Figures, account: Account, purse: Purse, as_of: datetime) -> tuple[Any, Any]:
    """Month by month; months before the first that moved units or money are in neither."""
    found = {row.month: row for row in figures["deferred"][account.name]}
    moved: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    balance = {"rerate": NOTHING, "blended": NOTHING}
    for posting in purse.journal:
        if posting.account == "2100":
            moved[posting.month, posting.kind] -= getattr(posting, account.valuation)
    wanted: dict[str, tuple[Decimal, ...]] = {}
    said: dict[str, tuple[Decimal, ...]] = {}
    for month in _months(account, as_of):
        opening = balance[account.valuation]
        for posting in purse.journal:
            if posting.account == "2100" and posting.month == month:
                balance["rerate"] -= posting.rerate
                balance["blended"] -= posting.blended
        columns = [sign * moved[month, kind] for kind, sign in ROLLED.values()]
        row = opening, *columns, balance[account.valuation], balance["rerate"], balance["blended"]
        if month in found or any(row):
            wanted[month] = row
    for month, one in found.items():
        columns = [getattr(one, column) for column in ROLLED]
        said[month] = one.opening, *columns, one.closing, one.rerate_value, one.blended_value
    return said, wanted


def _months(account: Account, as_of: datetime) -> list[str]:
    month, last = date(2026, 1, 1), account.month_of(as_of)
    months = []
    while f"{month:%Y-%m}" <= last:
        months.append(f"{month:%Y-%m}")
        month = (month + timedelta(days=31)).replace(day=1)
    return months
