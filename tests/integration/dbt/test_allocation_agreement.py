"""Hundreds of random accounts: what the marts allocate is what a simple allocator gives that goes cent by cent from hand to hand."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.integration.dbt.conftest import CAIRO, Account, Books, Figures, cairo

ACCOUNTS = 150
START, AS_OF = cairo("2026-02-01 00:00").astimezone(UTC), "2026-09-01 00:00"


@dataclass
class Owed:
    label: str
    at: datetime
    left: int
    void_at: datetime | None = None


@dataclass
class Given:
    key: str
    at: datetime
    left: int
    names: str | None = None
    is_credit: bool = False


@dataclass
class Case:
    account: Account
    owed: list[Owed] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)


def allocated(case: Case, at: datetime) -> dict[tuple[str, str], int]:
    """(who gives, who gets) -> cents, at an instant: three rounds over piles of money, with no sums and no intervals."""
    issued = [one for one in case.owed if one.at <= at]
    open_ones = {one.label: [one.at, one.label, one.left] for one in issued if not (one.void_at and one.void_at <= at)}
    done: dict[tuple[str, str], int] = defaultdict(int)
    hands = [[one, one.left] for one in sorted(case.given, key=lambda one: (one.at, one.key)) if one.at <= at]

    def give(hand: list, item: list) -> None:
        part = min(hand[1], item[2])
        if part:
            hand[1] -= part
            item[2] -= part
            done[hand[0].key, item[1]] += part

    for credits_turn in (True, False):
        for hand in hands:
            if hand[0].is_credit is credits_turn and hand[0].names in open_ones:
                give(hand, open_ones[hand[0].names])
    issued_labels = {one.label for one in issued}
    for hand in hands:
        if hand[0].names is None or hand[0].names in issued_labels:
            for item in sorted(open_ones.values()):
                give(hand, item)
    return dict(done)


def some_instant(rng: random.Random, known: list[datetime]) -> datetime:
    if known and rng.random() < 0.2:
        return rng.choice(known)  # two things at one instant go by their keys
    return START + timedelta(hours=rng.randrange(24 * 200))


def some_case(rng: random.Random, books: Books, n: int) -> Case:
    case = Case(books.account(f"payer-{n}", scheme="postpaid"))
    instants: list[datetime] = []
    invoices: dict[str, int] = {}
    for i in range(rng.randrange(0, 7)):
        at, cents = some_instant(rng, instants), rng.randrange(1, 5_000)
        instants.append(at)
        label = f"2026-{i:03}"
        invoices[label] = case.account.is_invoiced(str(Decimal(cents) / 100), at=local(at), label=label)
        owed = Owed(label, at, cents)
        case.owed.append(owed)
        if rng.random() < 0.2:
            owed.void_at = at + timedelta(minutes=rng.randrange(180))
            case.account.is_void(invoices[label], at=local(owed.void_at))
        elif rng.random() < 0.3:
            part, when = rng.randrange(1, cents + 1), at + timedelta(hours=rng.randrange(600))
            note = f"CN-2026-{i:03}"
            case.account.is_credited(str(Decimal(part) / 100), of=invoices[label], at=local(when), label=note)
            case.given.append(Given(note, when, part, label, is_credit=True))
    for i in range(rng.randrange(0, 9)):
        at, cents = some_instant(rng, instants), rng.randrange(1, 4_000)
        instants.append(at)
        names = rng.choice(sorted(invoices)) if invoices and rng.random() < 0.4 else None
        withheld = rng.randrange(0, cents) if rng.random() < 0.3 else 0
        key = f"{rng.choice('aZ_9b')}{i}"
        case.account.pays(
            str(Decimal(cents - withheld) / 100), at=local(at), key=key, names=invoices.get(names or ""),
            withheld=Decimal(withheld) / 100, certificate="41" if withheld else None,
        )  # fmt: skip
        case.given.append(Given(key, at, cents, names))
    return case


def local(at: datetime) -> str:
    return f"{at.astimezone(CAIRO):%Y-%m-%d %H:%M:%S}"


@pytest.fixture(scope="module")
def cases(books: Books) -> list[Case]:
    rng = random.Random(20260401)
    return [some_case(rng, books, n) for n in range(ACCOUNTS)]


@pytest.fixture(scope="module")
def builds(books: Books, cases: list[Case]) -> dict[str, Figures]:
    """In the middle of it, where some invoices, voids and payments are still to come, and at its end."""
    return {at: books.as_of(at) for at in ("2026-05-01 12:00", AS_OF)}


def test_the_marts_allocate_like_the_simple_allocator(builds, cases):
    seen = 0
    for at, figures in builds.items():
        rows: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        for row in figures.rows["finance.payment_allocations"]:
            rows[row.account][row.document, row.settled_document] = int(row.amount * 100)
        for case in cases:
            wanted = allocated(case, cairo(at))
            assert rows[case.account.name] == wanted, (at, case.account.name)
            seen += len(wanted)
    assert seen > ACCOUNTS


def test_ageing_statement_and_live_balance_are_what_the_ledger_says(books, builds, cases):
    for at, figures in builds.items():
        balances: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for row in figures.rows["finance.ledger_entries"]:
            if row.ledger_account.startswith("1200"):
                balances["ledger"][row.account] += row.debit - row.credit
        for row in figures.rows["finance.receivables_ageing"]:
            balances["ageing"][row.account] += row.open
        for row in sorted(figures.rows["finance.account_statements"], key=lambda row: row.n):
            balances["statement"][row.account] = row.balance
        for case in cases:
            name = case.account.name
            owed = sum(
                one.left for one in case.owed if one.at <= cairo(at) and not (one.void_at and one.void_at <= cairo(at))
            )
            owed -= sum(one.left for one in case.given if one.at <= cairo(at))
            live = books.execute("select billing.owed(%s, %s)", case.account.account_id, cairo(at)).fetchone()
            balances["live"][name] = live[0]
            for kind in ("ledger", "ageing", "statement", "live"):
                assert balances[kind][name] * 100 == owed, (at, name, kind)
