"""Hundreds of random accounts: the marts say what the second implementation says, whenever their facts came in.

Half of the facts are built, some months are closed, the rest comes in any order (some of it late), and it is built for
a later and again for the earlier instant: each time every lot, posting, line and balance is compared.
"""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outbound import clock, database
from tests.integration.dbt.conftest import CAIRO, Account, Books, Figures, cairo
from tests.unit.billing.postpaid_model import Contract, Tier, Used
from tests.unit.billing.prepaid_model import Event, Purse

EARLIER, LATER = "2027-01-20 12:00", "2029-03-10 00:00"
FIRST, LAST = date(2026, 1, 1), date(2028, 3, 1)
PREPAID, POSTPAID = 260, 90
AWKWARD = [  # the clock jumps, months are short, twelve months later there is no such day
    date(2026, 4, 23), date(2026, 4, 24), date(2026, 10, 29), date(2026, 10, 30), date(2027, 4, 30), date(2027, 10, 28),
    date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 28), date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1),
]  # fmt: skip


@dataclass
class Case:
    """An account, what happened to it, and which of that was there at the first build."""

    account: Account
    model: Any
    events: list[Any]
    early: set[str] = field(default_factory=set)

    def known(self) -> list[Any]:
        return [event for event in self.events if event.key in self.early]


def some_instant(rng: random.Random, known: list[datetime]) -> datetime:
    chance = rng.random()
    if known and chance < 0.25:
        return rng.choice(known)
    if known and chance < 0.4:  # when something bought then lapses
        bought = rng.choice(known).astimezone(CAIRO).date()
        day = min(Purse().last_valid_day(datetime(bought.year, bought.month, bought.day, 12, tzinfo=CAIRO)), LAST)
        return clock.day_start(day + timedelta(days=1), "Africa/Cairo")
    day = rng.choice(AWKWARD) if chance < 0.55 else FIRST + timedelta(days=rng.randrange((LAST - FIRST).days))
    hour, minute, second, micro = rng.choice(
        [(0, 0, 0, 0), (1, 0, 0, 0), (23, 30, 0, 0), (23, 59, 59, 999_999), (12, 0, 0, 0)]
    )
    local = datetime(day.year, day.month, day.day, hour, minute, second, micro, tzinfo=CAIRO, fold=rng.randrange(2))
    return datetime.fromtimestamp(local.timestamp(), tz=clock.now().tzinfo)


def some_rate(rng: random.Random) -> Decimal:
    return Decimal(rng.randrange(1, 400_000)).scaleb(-rng.choice([3, 4, 6]))


def some_key(rng: random.Random, n: int) -> str:
    return rng.choice("aZé_9b~") + str(n)


def prepaid_case(rng: random.Random, books: Books, n: int) -> Case:
    currency, digits = rng.choice([("EGP", 2), ("EGP", 2), ("KWD", 3), ("JPY", 0)])
    vat_rate, tolerance = rng.choice(["0.14", "0.15", "0"]), rng.choice(["0", "0", "0.1"])
    account = books.account(
        f"prepaid-{n}", currency=currency, vat_rate=vat_rate, recharge_tolerance=tolerance,
        valuation=rng.choice(["rerate", "blended"]),
    )  # fmt: skip
    model = Purse(vat_rate=Decimal(vat_rate), tolerance=Decimal(tolerance), digits=digits)
    events: list[Event] = []
    instants: list[datetime] = []
    for i in range(rng.randrange(3, 22)):
        kind = rng.choices(["purchase", "usage", "grant", "refund", "reversal"], [4, 10, 1, 1, 3])[0]
        at = some_instant(rng, instants)
        usages = [one for one in events if one.kind == "usage"]
        given_back = {one.usage_key for one in events}
        key = some_key(rng, i)
        if kind == "reversal":
            left = [one for one in usages if one.key not in given_back]
            if not left:
                continue
            used = rng.choice(left)
            at = max(at, used.at) if rng.random() < 0.1 else used.at + timedelta(days=rng.randrange(1, 500))
            events.append(Event(kind=kind, key=key, at=at, usage_key=used.key))
        else:
            units = rng.randrange(1, 60) if kind != "refund" else rng.randrange(1, 25)
            events.append(Event(kind=kind, key=key, at=at, units=units, rate=some_rate(rng)))
        instants.append(at)
    if rng.random() < 0.2:
        events += [
            Event(
                kind="opening", key=f"opening:{place}", at=cairo("2026-01-01 00:00"), units=rng.randrange(1, 50),
                rate=some_rate(rng), value=Decimal(rng.randrange(0, 2_000)),
                opened_at=cairo(f"2025-0{rng.randrange(3, 9)}-01 00:00"),
                last_valid_day=date(2026, 2, 1) + timedelta(days=rng.randrange(500)),
            )
            for place in (1, 2)
        ]  # fmt: skip
    return Case(account, model, events)


def postpaid_case(rng: random.Random, books: Books, n: int) -> Case:
    mode, scope = rng.choice(["graduated", "volume"]), rng.choice(["zone", "account"])
    minimum = rng.choice(["0", "0", "12.34"])
    account = books.account(
        f"postpaid-{n}", scheme="postpaid", tier_mode=mode, tier_scope=scope, minimum_monthly=minimum
    )
    tiers = []
    for zone in ("EG", "SA"):
        starts = sorted(
            rng.sample(
                [date(2026, 1, 1), date(2026, 4, 24), date(2026, 10, 30), date(2027, 2, 10)], rng.randrange(1, 4)
            )
        )
        for card_from in starts:
            ends = rng.choice([None, None, card_from + timedelta(days=200)])
            steps = [1, *sorted(rng.sample(range(2, 60), rng.randrange(0, 3)))]
            tiers += [
                Tier(zone=zone, card_from=card_from, card_to=ends, from_unit=step, rate=some_rate(rng))
                for step in steps
            ]
            card = [(tier.from_unit, str(tier.rate)) for tier in tiers[-len(steps) :]]
            account.has_card(*card, zone=zone, since=str(card_from), until=str(ends) if ends else None)
    events: list[Used] = []
    for i in range(rng.randrange(1, 25)):
        at = some_instant(rng, [event.at for event in events])
        zone = rng.choices(["EG", "SA", "XX"], [10, 5, 0.3])[0]
        events.append(Used(key=some_key(rng, i), at=at, zone=zone, units=rng.randrange(1, 40)))
    return Case(account, Contract(tiers=tiers, mode=mode, scope=scope, minimum=Decimal(minimum)), events)


def load(cases: list[tuple[Case, list[Any]]]) -> None:
    """Writes facts in bulk, in the order given."""
    rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for case, events in cases:
        account = case.account.account_id
        for event in events:
            if isinstance(event, Used):
                rows["past_usage"].append((account, event.key, event.at, event.units, event.zone))
            elif event.kind == "usage":
                rows["past_usage"].append((account, event.key, event.at, event.units, "EG"))
            elif event.kind == "purchase":
                rows["purchase"].append((account, event.key, event.at, event.units, event.rate, ["EG"], True))
            elif event.kind in ("grant", "refund"):
                rows["adjustment"].append((account, event.key, event.kind, event.at, event.units, None))
            elif event.kind == "reversal":
                rows["adjustment"].append((account, event.key, event.kind, event.at, None, event.usage_key))
    columns = {
        "past_usage": ["account_id", "business_key", "at", "units", "zone"],
        "purchase": ["account_id", "business_key", "at", "units", "rate", "zones", "is_history"],
        "adjustment": ["account_id", "business_key", "kind", "at", "units", "usage_key"],
    }
    with database.connect("billing") as connection, connection.cursor() as cursor:
        for table, facts in rows.items():
            database.copy_in(cursor, f"account.{table}", columns[table], facts)


def open_lots(books: Books, case: Case) -> None:
    lots = [event for event in case.events if getattr(event, "kind", "") == "opening"]
    if not lots:
        return
    opening = books.execute(
        "insert into account.opening (account_id, business_key, at) values (%s, 'start', %s) returning opening_id",
        case.account.account_id, lots[0].at,
    ).fetchone()  # fmt: skip
    for place, lot in enumerate(lots, start=1):
        books.execute(
            "insert into account.opening_lot (account_id, opening_id, n, opened_at, last_valid_day, units, rate,"
            " carrying_value) values (%s, %s, %s, %s, %s, %s, %s, %s)",
            case.account.account_id, opening[0], place, lot.opened_at, lot.last_valid_day, lot.units, lot.rate,
            lot.value,
        )  # fmt: skip
    case.early |= {lot.key for lot in lots}


def come_late(rng: random.Random, case: Case) -> None:
    """Months are closed; of what was not known by then, use is late, everything else comes after them."""
    months = rng.randrange(1, 8)
    for month in range(1, months + 1):
        case.account.closes(f"2026-{month:02}")
    opens = clock.day_start(date(2026, months + 1, 1), "Africa/Cairo")
    kept: list[Any] = []
    for event in case.events:
        if event.key in case.early or event.at >= opens:
            kept.append(event)
        elif isinstance(event, Used):
            kept.append(Used(key=event.key, at=event.at, zone=event.zone, units=event.units, late=opens))
        elif event.kind == "usage":
            kept.append(Event(kind="usage", key=event.key, at=event.at, units=event.units, late=opens))
    case.events = kept


@pytest.fixture(scope="module")
def cases(books: Books) -> list[Case]:
    rng = random.Random(20260315)
    return [prepaid_case(rng, books, n) for n in range(PREPAID)] + [
        postpaid_case(rng, books, n) for n in range(POSTPAID)
    ]


@pytest.fixture(scope="module")
def histories(books: Books, cases: list[Case]) -> dict[str, tuple[Figures, dict[str, list[Any]]]]:
    """Each build's figures, with the events it should know of, by account."""
    rng = random.Random(7)
    for case in cases:
        case.early = {event.key for event in case.events if rng.random() < 0.5}
        open_lots(books, case)
    load([(case, rng.sample(case.known(), len(case.known()))) for case in rng.sample(cases, len(cases))])
    first = books.as_of(EARLIER), {case.account.name: case.known() for case in cases}
    for case in cases:
        if rng.random() < 0.4:
            come_late(rng, case)
    rest = [(case, [event for event in case.events if event.key not in case.early]) for case in cases]
    load([(case, rng.sample(events, len(events))) for case, events in rng.sample(rest, len(rest))])
    everything = {case.account.name: case.events for case in cases}
    return {"half": first, "later": (books.as_of(LATER), everything), "earlier": (books.as_of(EARLIER), everything)}


INSTANTS = {"half": EARLIER, "later": LATER, "earlier": EARLIER}


@pytest.mark.parametrize("build", INSTANTS)
def test_prepaid_accounts_agree(histories, cases, build):
    figures, events = histories[build]
    lots, ledgers = grouped(figures, "finance.prepaid_lots"), grouped(figures, "finance.ledger_entries")
    errors = grouped(figures, "finance.rating_errors")
    assert len(lots) > PREPAID / 2
    for case in (case for case in cases if isinstance(case.model, Purse)):
        name = case.account.name
        model = case.model.__class__(
            vat_rate=case.model.vat_rate, tolerance=case.model.tolerance, digits=case.model.digits
        )
        model.live(events[name], cairo(INSTANTS[build]))
        assert {
            lot.lot: (lot.remaining, lot.lapsed, lot.last_valid_day, lot.carrying_value, lot.blended_value)
            for lot in lots[name]
        } == {
            lot.key: (lot.units, lot.lapsed, lot.last_valid_day, model.carrying(lot), model.blended(lot))
            for lot in model.lots
        }, name
        posted: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for line in ledgers[name]:
            posted[line.month, line.ledger_account[:4]] += line.debit - line.credit
        which = {"rerate": 0, "blended": 1}[valuation_of(case)]
        assert {key: amount for key, amount in posted.items() if amount} == {
            key: amounts[which] for key, amounts in model.postings.items() if amounts[which]
        }, name
        assert sorted(row.subject for row in errors[name]) == sorted(model.refused), name


@pytest.mark.parametrize("build", INSTANTS)
def test_postpaid_accounts_agree(histories, cases, build):
    figures, events = histories[build]
    lines, errors = grouped(figures, "finance.invoice_lines"), grouped(figures, "finance.rating_errors")
    as_of = cairo(INSTANTS[build])
    months = [f"{2026 + month // 12}-{month % 12 + 1:02}" for month in range((as_of.year - 2026) * 12 + as_of.month)]
    for case in (case for case in cases if isinstance(case.model, Contract)):
        name = case.account.name
        known = [event for event in events[name] if (event.late or event.at) <= as_of]
        for month in months:
            wanted, unrated = case.model.invoice(month, known)
            found = [
                (line.kind, line.zone, line.from_unit, line.quantity, line.rate, line.net, line.vat)
                for line in lines[name]
                if line.month == month
            ]
            assert Counter(found) == Counter(wanted), (name, month)
            assert sum(row.units for row in errors[name] if row.month == month) == unrated, (name, month)


@pytest.mark.parametrize("build", INSTANTS)
def test_the_books_agree_with_themselves(histories, cases, build):
    figures, _ = histories[build]
    lots, ledgers = grouped(figures, "finance.prepaid_lots"), grouped(figures, "finance.ledger_entries")
    unrated = {row.account for row in figures.rows["finance.rating_errors"] if row.error in ("NO_RATE", "NO_ZONE")}
    assert all(row.agrees for row in figures.rows["finance.reconciliation"] if row.account not in unrated)
    for case in (case for case in cases if isinstance(case.model, Purse)):
        name = case.account.name
        entries: dict[str, Decimal] = defaultdict(Decimal)
        deferred, units = Decimal(0), 0
        for line in ledgers[name]:
            entries[line.entry] += line.debit - line.credit
            if line.ledger_account.startswith("2100"):
                deferred += line.credit - line.debit
                units += line.units
        assert not any(entries.values()), name
        column = "carrying_value" if valuation_of(case) == "rerate" else "blended_value"
        assert deferred == sum(getattr(lot, column) for lot in lots[name]), name
        assert units == sum(lot.remaining for lot in lots[name]), name


def test_the_live_balance_agrees_with_the_ledger(books, histories, cases):
    """The function that reservations ask, at the instants of the two builds that know every fact."""
    for build in ("later", "earlier"):
        lots = grouped(histories[build][0], "finance.prepaid_lots")
        for case in (case for case in cases if isinstance(case.model, Purse)):
            left = sum(lot.remaining for lot in lots[case.account.name])
            assert books.available(case.account, INSTANTS[build]) == left, case.account.name


def test_what_is_owed_live_agrees_with_the_ledger(books, histories, cases):
    """The function that activates orders, refunds of units that were brought along included (CHARGING 12, 25)."""
    for build in ("later", "earlier"):
        ledgers = grouped(histories[build][0], "finance.ledger_entries")
        for case in (case for case in cases if isinstance(case.model, Purse)):
            receivable = sum(
                (
                    line.debit - line.credit
                    for line in ledgers[case.account.name]
                    if line.ledger_account == "1200 receivable"
                ),
                Decimal(0),
            )
            row = books.execute(
                "select billing.owed(%s, %s)", case.account.account_id, cairo(INSTANTS[build])
            ).fetchone()
            assert row == (receivable,), case.account.name


def grouped(figures: Figures, mart: str) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in figures.rows[mart]:
        rows[row.account].append(row)
    return rows


def valuation_of(case: Case) -> str:
    found = case.account.books.execute(
        "select valuation from account.term where account_id = %s", case.account.account_id
    ).fetchone()
    assert found
    return found[0]
