"""A balance that goes on from a checkpoint is the balance that all of an account's history comes to, to the last field.

Random histories: facts in any order, late usage, proofs of doubts, reversals of old usages, closes, terms and zones that
change, builds for instants to and fro, builds that die midway. Each time every account is asked at many instants.
"""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import psycopg
import pytest

from billing.build import Q, dbt
from tests.integration.dbt import histories
from tests.integration.dbt.conftest import Books, cairo
from tests.integration.dbt.histories import Player

ROUNDS, ACCOUNTS, FACTS = 3, 10, 60
MICRO = timedelta(microseconds=1)
IN_ORDER = [
    "+int_basis",
    "int_stale",
    "int_late_usage",
    "charges",
    "int_past_charges",
    "int_prepaid_events",
    "int_prepaid_fold",
]
COMPARED = """
    select
        at,
        (billing.usable_checkpoint(%(account)s, at)).day,
        (billing.prepaid_state_at(%(account)s, at))::text,
        (billing.prepaid_state_in_full(%(account)s, at))::text
    from unnest(%(instants)s) as at
"""
READ = "select relname, seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables where seq_scan + idx_scan > 0"


def fold(books: Books, as_of: datetime, outcome: str = "ok", models: tuple[str, ...] = ("+int_prepaid_fold",)) -> None:
    """A build as far as the checkpoints need it."""
    found = books.execute(Q.start.replace("%(as_of)s", "%s"), as_of).fetchone()
    assert found
    dbt("run", "--select", *models)
    books.connection.execute(Q.finish, {"build": found[0], "outcome": outcome, "figures": "{}"})


def instants(books: Books, rng: random.Random, player: Player) -> list[datetime]:
    """Ends of days that have a checkpoint, and the microsecond before; others; and one at which all has lapsed."""
    ends = books.execute(
        "select billing.day_start(day + 1, timezone) from billing.prepaid_checkpoint join account.account using (account_id)"
        " where account_id = %s",
        player.account.account_id,
    ).fetchall()
    some = rng.sample(ends, min(3, len(ends)))
    edges = [instant for (end,) in some for instant in (end, end - MICRO)]
    return [
        *edges,
        *(histories.some_instant(rng) for _ in range(5)),
        cairo("2028-05-09 12:00"),
        cairo("2029-06-01 00:00"),
    ]


def disagreements(books: Books, rng: random.Random, players: list[Player], paths: Counter[bool]) -> Iterator[str]:
    for player in rng.sample(players, 4):
        asked = {"account": player.account.account_id, "instants": instants(books, rng, player)}
        for at, day, resumed, in_full in books.connection.execute(COMPARED, asked):
            paths[day is not None] += 1
            if resumed != in_full:
                yield f"{player.account.name} at {at} from {day}:\n  {resumed}\n  {in_full}"


def opens(books: Books, rng: random.Random, player: Player) -> None:
    """Lots of another system, the one opened last named first."""
    found = books.execute(
        "insert into account.opening (account_id, business_key, at) values (%s, 'opening', '2028-01-20 08:00Z')"
        " returning opening_id",
        player.account.account_id,
    ).fetchone()
    assert found
    for n, opened in enumerate(["2027-10-02", "2027-06-01"], start=1):
        units = rng.randrange(1, 30)
        books.execute(
            "insert into account.opening_lot (account_id, opening_id, n, opened_at, last_valid_day, units, rate, carrying_value)"
            " values (%s, %s, %s, %s, '2028-03-01', %s, 0.2, %s)",
            player.account.account_id, found[0], n, opened, units, units / 5,
        )  # fmt: skip


def change(books: Books, rng: random.Random, player: Player) -> None:
    if rng.random() < 0.3:
        books.execute(
            "update account.account set timezone = case timezone when 'Asia/Riyadh' then 'Africa/Cairo' else 'Asia/Riyadh' end"
            " where account_id = %s and not exists (select from billing.closed_period as c where c.account_id = account.account_id)",
            player.account.account_id,
        )  # fmt: skip
    else:
        histories.change_the_basis(books, rng, player)


def history(books: Books, name: str, days: int) -> Player:
    """An account that bought, and sent ten segments a day up to 30 April."""
    player = next(one for one in histories.players(books, random.Random(1), 1, name=name))
    player.account.buys(100_000, at="2028-01-20 09:00", rate="0.10")
    for back in range(days):
        sent_at = cairo("2028-04-30 12:00") - timedelta(days=back)
        for _ in range(10):
            player.serial += 1
            histories.attempt(books, player, player.serial, 1, 1, sent_at)
        player.account.buys(1, at=(sent_at + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M"), rate="0.10")
        player.account.sends(1, at=(sent_at + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M"))
    return player


def sends_another_campaign(books: Books, player: Player, at: datetime) -> None:
    """One segment, of a campaign that began after the build."""
    account = player.account.account_id
    campaign = account + 1_000_000
    books.execute(
        "with file as (insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot, completed_by,"
        " stable_at) values (%s, 'campaign', 'y.csv', 1, 1, sha256('y'), '2.csv', 'command', now()) returning file_id)"
        " insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender, rows, messages, segments,"
        " received_at, accepted_at) select %s, %s, file_id, 'accepted', 'y', 'X', 1, 1, 1, now(), now() from file",
        account, campaign, account,
    )  # fmt: skip
    books.execute(histories.SUBMISSION, account, campaign, 1, 1, 1, "accepted", 0, at, at, "EG")
    books.execute(
        "update intake.campaign set state = 'completed', completed_at = '2028-04-30 00:00' where campaign_id = %s",
        account,
    )


def read_by(books: Books, function: str, player: Player) -> Counter[str]:
    """Rows that a balance reads of each table."""
    with psycopg.connect(books.url) as reader:
        reader.execute(
            f"select (billing.{function}(%s, %s)).lots", [player.account.account_id, cairo("2028-05-01 20:00")]
        )
        return Counter(dict(reader.execute(READ).fetchall()))


def test_a_balance_reads_what_happened_since_the_last_build(books):
    """Ten times the history, the same rows."""
    short, long = history(books, "short", 5), history(books, "long", 50)
    books.execute("analyze")
    fold(books, cairo("2028-05-01 01:00"))
    for player in (short, long):
        player.account.sends(3, at="2028-05-01 12:00")
        sends_another_campaign(books, player, cairo("2028-05-01 13:00"))
    in_full = [read_by(books, "prepaid_state_in_full", player) for player in (short, long)]
    resumed = [read_by(books, "prepaid_state_at", player) for player in (short, long)]
    assert in_full[1].total() > in_full[0].total() + 45 * 10
    grown = resumed[1] - resumed[0]
    # the orders of a year are looked at, each with its account's zone and its term, for what of them expires
    assert grown.keys() <= {"account", "term", "purchase"}
    assert max(grown.values(), default=0) <= 2 * 45, grown


@pytest.mark.timeout(400)
def test_a_resumed_balance_is_that_of_all_of_history(books):
    """CHARGING 6-24, however old the checkpoint is that it goes on from."""
    rng = random.Random(20280401)
    played = [one for one in histories.players(books, rng, ACCOUNTS, name="resumed") if one.scheme == "prepaid"]
    for player in played[::3]:
        opens(books, rng, player)
    paths: Counter[bool] = Counter()
    different: list[str] = []

    def happen(count: int, since: date) -> None:
        for _ in range(count):
            histories.happen(books, rng, rng.choice(played), since)

    happen(3 * FACTS, histories.FIRST)
    for round_ in range(ROUNDS):
        as_of = histories.some_instant(rng, date(2028, 3, 1))
        fold(books, as_of)
        different += disagreements(books, rng, played, paths)
        for player in played:
            if player.closed < 3 and rng.random() < 0.3:
                histories.close_a_month(rng, player)
        different += disagreements(books, rng, played, paths)
        for since in (date(2028, 5, 1), date(2028, 4, 1), histories.FIRST):
            happen(FACTS // 6, since)
            different += disagreements(books, rng, played, paths)
        for player in rng.sample(played, 3):
            change(books, rng, player)
        different += disagreements(books, rng, played, paths)
        if round_ % 2:
            fold(books, histories.some_instant(rng), "failed", tuple(IN_ORDER[: rng.randrange(1, len(IN_ORDER) + 1)]))
            different += disagreements(books, rng, played, paths)
    assert not different, "\n".join([f"{len(different)} of {paths.total()}:", *different[:5]])
    assert paths[True] > paths.total() / 4
    assert paths[False] > paths.total() / 25
