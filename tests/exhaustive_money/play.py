"""One play: facts come in, months are closed and issued, it is built for one instant and another, and all of it compared."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from unittest.mock import patch

import psycopg

from tests.exhaustive_money import chance
from tests.exhaustive_money.account import Account
from tests.exhaustive_money.agree import Figures, differences
from tests.exhaustive_money.platform import Platform

EARLIER, BETWEEN, LATER = (
    datetime(2027, 1, 20, 10, tzinfo=UTC),
    datetime(2028, 2, 28, 22, tzinfo=UTC),
    datetime(2029, 3, 9, 22, tzinfo=UTC),
)
TOLD = 20


def play(
    connection: psycopg.Connection, accounts: int, seed: int, told: Callable[[str], None] = lambda _: None
) -> list[str]:
    """The differences that all builds have shown, at most about TOLD of them. connection: as the owner, committing."""
    rng = random.Random(seed)
    everyone = [chance.account(rng, n) for n in range(accounts)]
    platform = Platform(connection, everyone)
    found: list[str] = []
    for number, (as_of, is_anew) in enumerate(_builds(rng)):
        facts = [(one, fact) for one in everyone for fact in one.learns(one.coming.pop(number, []))]
        platform.load(facts, rng)
        with patch.dict("os.environ", {"DBT_FULL_REFRESH": "1"} if is_anew else {}):
            figures = platform.build(as_of)
        for one in everyone:
            found += [f"build {number} for {as_of:%Y-%m-%d}: {said}" for said in differences(figures, one, as_of)]
            if len(found) > TOLD:
                return found
        told(f"build {number} for {as_of:%Y-%m-%d}{', anew' if is_anew else ''}: {len(facts)} facts more, agreed")
        if as_of == LATER:
            found += _live(platform, everyone, figures, as_of)
            _close(rng, platform, everyone, figures, as_of)
    told(_summary(everyone, figures))
    return found


def _summary(everyone: list[Account], figures: Figures) -> str:
    """What the last build had in it, so that nobody has to trust that it was anything."""
    units: Counter[str] = Counter()
    for rows in figures["units"].values():
        units.update({row.kind: abs(row.units) for row in rows})
    lines = Counter(f"{row.status} {row.kind}" for rows in figures["lines"].values() for row in rows)
    return "\n".join(
        (
            "prepaid units: " + ", ".join(f"{kind} {count:,}" for kind, count in sorted(units.items()) if count),
            "invoice lines: " + ", ".join(f"{kind} {count:,}" for kind, count in sorted(lines.items())),
            (
                f"months closed: {sum(len(one.closed) for one in everyone):,},"
                f" segments charged: {sum(map(len, figures['charges'].values())):,},"
                f" recharges that extended: {sum(map(len, figures['rollovers'].values())):,}"
            ),
        )
    )


def _builds(rng: random.Random) -> Iterator[tuple[datetime, bool]]:
    """(as of, all anew): the rounds in which facts come in, and one in which none does."""
    yield EARLIER, False
    yield LATER, False
    yield rng.choice([EARLIER, BETWEEN]), False
    yield LATER, rng.random() < 0.3
    yield rng.choice([EARLIER, BETWEEN]), True
    yield LATER, False


def _close(rng: random.Random, platform: Platform, everyone: list[Account], figures: Figures, as_of: datetime) -> None:
    """Some accounts close their next months; the postpaid ones' invoices are issued, or some of them."""
    for one in everyone:
        if rng.random() > 0.4:
            continue
        first = len(one.closed)
        platform.close(one, rng.randrange(1, 14))
        if one.scheme == "prepaid" and rng.random() < 0.3:
            platform.changes_valuation(one)
        elif one.scheme == "postpaid":
            _issue(rng, platform, one, one.closed[first:], {row.month for row in figures["errors"][one.name]}, as_of)


def _issue(
    rng: random.Random, platform: Platform, one: Account, months: list[date], unrated: set[str], as_of: datetime
) -> None:
    for month in months:
        if f"{month:%Y-%m}" not in unrated and rng.random() < 0.7:
            platform.issue(one, month, as_of)


def _live(platform: Platform, everyone: list[Account], figures: Figures, as_of: datetime) -> Iterator[str]:
    """The function that reservations ask agrees with the lots."""
    for one in everyone:
        if one.scheme == "prepaid":
            left = sum(lot.remaining for lot in figures["lots"][one.name])
            live = platform.live_units(one, as_of)
            if live != left:
                yield f"{one.name}: {live} units live, {left} in its lots"
