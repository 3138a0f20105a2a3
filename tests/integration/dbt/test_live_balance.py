"""What a reservation is asked of and what the ledger says agree at every build, over random submission logs.

Accounts buy, are granted, refunded and given back units, and send campaigns whose attempts are accepted, refused, not sent
or in doubt, and settled later or never. Half of it is there at the first build, some months are closed, the rest comes late
or in any order; then it is built for now, for a year in which everything has lapsed, and for the earlier instant again.
"""

import itertools
import random
from collections import defaultdict
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from billing.build import build
from tests.integration.dbt.conftest import Books, cairo
from tests.integration.dbt.live_histories import Story, story, write_campaigns, write_facts

PREPAID, POSTPAID = 90, 10
BUILDS = {"half": "2026-09-15 12:00", "now": None, "lapsed": "2028-01-01 00:00", "again": "2026-09-15 12:00"}
LOT = "lot, remaining, lapsed, last_valid_day, rate, successor"
Balance = dict[str, Any]


@pytest.fixture(scope="module")
def stories(books: Books) -> list[Story]:
    rng = random.Random(20261127)
    campaign_ids = itertools.count(1)
    books.execute("insert into network.network (prefix, operator, country, zone) values ('2010', 'V', 'EG', 'EG')")
    books.execute(
        "insert into dispatch.connector (name, host, port, system_id, password) values ('main', 'h', 1, 's', '{}')"
    )
    accounts = [
        books.account(f"prepaid-{n}", recharge_tolerance=rng.choice(["0", "0.1"]), currency=rng.choice(["EGP", "KWD"]))
        for n in range(PREPAID)
    ] + [books.account(f"postpaid-{n}", scheme="postpaid") for n in range(POSTPAID)]
    for postpaid in accounts[PREPAID:]:
        postpaid.has_card((1, "0.10"))
    found = [story(rng, account, campaign_ids) for account in accounts]
    for postpaid_story in found[PREPAID:]:
        postpaid_story.money = []
    return found


@pytest.fixture(scope="module")
def balances(books: Books, stories: list[Story]) -> dict[str, dict[str, tuple[Balance, Balance]]]:
    """Of each build the balance of each prepaid account: (live, ledger)."""
    rng = random.Random(5)
    write_campaigns(books, stories)
    write_facts(books, stories, rng, early=True)
    found = {"half": compared(books, stories, "half")}
    for one in stories:
        if rng.random() < 0.4:
            months = rng.randrange(1, 8)
            for month in range(1, months + 1):
                one.account.closes(f"2026-{month:02}")
            one.opens = cairo(f"2026-{months + 1:02}-01 01:00")
    write_facts(books, stories, rng, early=False)
    return found | {name: compared(books, stories, name) for name in ("now", "lapsed", "again")}


def compared(books: Books, stories: list[Story], name: str) -> dict[str, tuple[Balance, Balance]]:
    at = BUILDS[name]
    done = build(cairo(at) if at else None)
    as_of = datetime.fromisoformat(done["as_of"])
    with psycopg.connect(books.url, row_factory=namedtuple_row) as reader:
        in_books: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for row in reader.execute(f"select account_id, {LOT} from finance.prepaid_lots order by account_id, lot"):
            in_books[row[0]].append(tuple(row[1:]))
        owed = dict(
            reader.execute(
                "select distinct on (account_id) account_id, (select coalesce(sum(units), 0) from unnest((state).shortfalls))"
                " from billing.prepaid_checkpoint order by account_id, day desc"
            ).fetchall()
        )
        found = {}
        for one in stories[:PREPAID]:
            account = one.account.account_id
            state = reader.execute(
                f"""
                select
                    (select array_agg(({LOT})::text order by lot) from unnest(state.lots)) as lots,
                    (select array_agg(({LOT})::text order by lot) from finance.prepaid_lots where account_id = %(account)s) as in_books,
                    (select coalesce(sum(units), 0) from unnest(state.shortfalls)) as shortfall,
                    billing.available_units(%(account)s, %(at)s) as available
                from billing.prepaid_state_at(%(account)s, %(at)s) as state
                """,
                {"account": account, "at": as_of},
            ).fetchone()
            assert state
            left = sum(lot[1] for lot in in_books[account])
            live = {"lots": state.lots, "shortfall": state.shortfall, "available": state.available}
            held = one.held(all_known=name != "half")
            ledger = {"lots": state.in_books, "shortfall": owed.get(account, 0), "available": left - held}
            found[one.account.name] = (live, ledger)
    return found


@pytest.mark.parametrize("name", BUILDS)
def test_the_live_balance_agrees_with_the_ledger(balances, name):
    """CHARGING 1, 7 and 15: lot by lot, with what is owed and with what campaigns still hold."""
    different = {account: pair for account, pair in balances[name].items() if pair[0] != pair[1]}
    assert different == {}


def test_the_histories_are_worth_comparing(balances, stories):
    """Each kind of thing happened to several accounts: a comparison of nothing would agree, too."""
    half, later = balances["half"], balances["lapsed"]
    assert sum(bool(ledger["shortfall"]) for _, ledger in half.values()) > 5
    assert sum(one.held(all_known=False) > 0 for one in stories) > 30
    assert sum(one.held(all_known=True) > 0 for one in stories) > 10
    assert sum(bool(live["lots"]) for live, _ in later.values()) > PREPAID / 2
    changed = [name for name in half if half[name] != balances["again"][name]]
    assert len(changed) > PREPAID / 3  # what came in between changed the same instant


def test_an_account_that_pays_later_has_no_balance_of_units(books, stories, balances):
    for one in stories[PREPAID:]:
        assert books.available(one.account, "2026-09-15 12:00") is None
