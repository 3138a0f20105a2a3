"""Random histories, for what has to come out the same however it was built: facts of every kind, in any order."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.integration.dbt.conftest import CAIRO, Account, Books

FIRST, LAST = date(2028, 1, 20), date(2028, 5, 2)  # with 29 February and the night in April that Cairo skips an hour of
AWKWARD = [
    date(2028, 1, 31),
    date(2028, 2, 1),
    date(2028, 2, 29),
    date(2028, 3, 1),
    date(2028, 4, 28),
    date(2028, 5, 1),
]
MONTHS = ["2028-01", "2028-02", "2028-03", "2028-04"]

SUBMISSION = (
    "insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, command_status, sent_at,"
    " answered_at, epoch_id, intent_serial, connector_id, session, sequence, reference, network_id, zone)"
    " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, 1, 1, 1, 1, 1, 1, 1, %s)"
)


@dataclass
class Player:
    """An account, and what was written of it so far."""

    account: Account
    scheme: str
    closed: int = 0
    usages: list[str] = field(default_factory=list)
    reversed: set[str] = field(default_factory=set)
    segments: dict[tuple[int, int], int] = field(default_factory=dict)
    doubts: list[tuple[int, int, int]] = field(default_factory=list)
    serial: int = 0


def players(books: Books, rng: random.Random, count: int, name: str = "played") -> list[Player]:
    """Accounts of every kind of terms, each with a campaign."""
    books.execute("select dispatch.ensure_days(%s, %s)", FIRST - timedelta(days=1), LAST + timedelta(days=1))
    made = []
    for n in range(count):
        if n % 5 < 3:
            terms: dict[str, Any] = {"valuation": rng.choice(["rerate", "blended"])}
            player = Player(books.account(f"{name}-prepaid-{n}", **terms), "prepaid")
        else:
            terms = {"tier_mode": ["graduated", "volume"][n % 2], "tier_scope": rng.choice(["zone", "account"])}
            player = Player(books.account(f"{name}-postpaid-{n}", scheme="postpaid", **terms), "postpaid")
            for zone in ("EG", "SA"):
                player.account.has_card((1, "0.20"), (8, "0.15"), (30, "0.101"), zone=zone, since="2027-01-01")
        campaign = player.account.account_id
        books.execute(
            "with file as (insert into intake.file (account_id, kind, name, size, modified_ns, sha256, snapshot,"
            " completed_by, stable_at) values (%s, 'campaign', 'x.csv', 1, 1, sha256('x'), '1.csv', 'command', now())"
            " returning file_id) insert into intake.campaign (campaign_id, account_id, file_id, state, name, sender,"
            " rows, messages, segments, received_at, accepted_at)"
            " select %s, %s, file_id, 'accepted', 'x', 'X', 1, 1, 1, now(), now() from file",
            campaign, campaign, campaign,
        )  # fmt: skip
        made.append(player)
    return made


def some_instant(rng: random.Random, since: date = FIRST) -> datetime:
    """Often at an edge: the instants of two facts are equal more often than not by chance."""
    days = (LAST - since).days
    edges = [day for day in AWKWARD if day >= since]
    day = rng.choice(edges) if edges and rng.random() < 0.4 else since + timedelta(days=rng.randrange(days))
    hour, minute, micro = rng.choice([(0, 0, 0), (1, 0, 0), (2, 30, 0), (23, 59, 999_999), (12, 0, 0)])
    local = datetime(day.year, day.month, day.day, hour, minute, 0, micro, tzinfo=CAIRO)
    return datetime.fromtimestamp(local.timestamp(), tz=UTC)


def happen(books: Books, rng: random.Random, player: Player, since: date) -> None:
    """One more fact of an account; but for usage, in an open month."""
    account_id = player.account.account_id
    opens = date(2028, player.closed + 1, 1)
    usual = {"past_usage": 3, "segments": 6, "again": 2, "proof": 3, "payment": 1}
    money = {"purchase": 3, "grant": 1, "refund": 1, "reversal": 3} if player.scheme == "prepaid" else {}
    kinds = usual | money
    kind = rng.choices(list(kinds), list(kinds.values()))[0]
    at = some_instant(rng, since if kind in ("past_usage", "segments", "again") else max(since, opens))
    player.serial += 1
    key = f"{rng.choice('aZé_9')}{player.serial}"
    zone = rng.choice(["EG", "EG", "SA"])
    if kind == "past_usage":
        _fact(books, "past_usage", account_id, key, at=at, units=rng.randrange(1, 9), zone=zone)
        player.usages.append(key)
    elif kind == "segments":
        for segment in range(1, rng.randrange(2, 5)):
            attempt(books, player, player.serial, segment, 1, at, zone, some_state(rng))
    elif kind == "again" and player.segments:
        (ordinal, segment), tried = rng.choice(list(player.segments.items()))
        attempt(books, player, ordinal, segment, tried + 1, at, zone, some_state(rng))
    elif kind == "proof" and player.doubts:
        place = player.doubts.pop(rng.randrange(len(player.doubts)))
        books.execute(
            "insert into dispatch.settlement (account_id, campaign_id, ordinal, segment, attempt, state, proof)"
            " values (%s, %s, %s, %s, %s, %s, 'receipt')",
            account_id, account_id, *place, rng.choice(["accepted", "accepted", "unknown"]),
        )  # fmt: skip
    elif kind == "payment":
        _fact(books, "payment", account_id, key, at=at, amount=rng.randrange(1, 900))
    elif kind == "purchase":
        units, rate = rng.randrange(1, 60), f"0.{rng.randrange(1, 999):03}"
        _fact(books, "purchase", account_id, key, at=at, units=units, rate=rate, zones=["EG"], is_history=True)
    elif kind in ("grant", "refund"):
        _fact(books, "adjustment", account_id, key, kind=kind, at=at, units=rng.randrange(1, 25))
    elif kind == "reversal":
        left = [usage for usage in player.usages if usage not in player.reversed]
        if left:
            player.reversed.add(usage := rng.choice(left))
            _fact(books, "adjustment", account_id, key, kind=kind, at=at, usage_key=usage)


def _fact(books: Books, table: str, account_id: int, key: str, **values: Any) -> None:
    row = {"account_id": account_id, "business_key": key} | values
    columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
    books.execute(f"insert into account.{table} ({columns}) values ({places})", *row.values())


def attempt(
    books: Books,
    player: Player,
    ordinal: int,
    segment: int,
    n: int,
    at: datetime,
    zone: str = "EG",
    state: str = "accepted",
) -> None:
    """An attempt as a dispatch worker logs it."""
    status = {"accepted": 0, "in_doubt": None, "rejected": 8}[state]
    answered = None if status is None else at + timedelta(seconds=1)
    campaign = player.account.account_id
    books.execute(SUBMISSION, campaign, campaign, ordinal, segment, n, state, status, at, answered, zone)
    player.segments[ordinal, segment] = n
    if n == 1:
        player.usages.append(f"{campaign}:{ordinal}:{segment}")
    if state == "in_doubt":
        player.doubts.append((ordinal, segment, n))


def some_state(rng: random.Random) -> str:
    return rng.choices(["accepted", "in_doubt", "rejected"], [6, 3, 1])[0]


def change_the_basis(books: Books, rng: random.Random, player: Player) -> None:
    """Something that figures rest on, besides facts."""
    account_id = player.account.account_id
    day = some_instant(rng, date(2028, player.closed + 1, 1)).date()
    what = rng.choice(["rate", "rate", "end", "term", "name", "tolerance"])
    if what == "rate" and player.scheme == "postpaid":
        rate = f"0.{rng.randrange(1, 999):03}"
        books.execute(
            "insert into account.rate_row (account_id, zone, effective_from, from_unit, rate) values (%s, 'EG', %s, 1, %s)"
            " on conflict (account_id, zone, effective_from, from_unit) do update set rate = excluded.rate",
            account_id, day, rate,
        )  # fmt: skip
    elif what == "end" and player.scheme == "postpaid":
        books.execute(
            "update account.rate_row set effective_to = %s where account_id = %s and zone = 'SA' and from_unit > 10"
            " and effective_from < %s",
            day, account_id, day,
        )  # fmt: skip
    elif what in ("term", "tolerance"):
        books.execute(
            "insert into account.term (account_id, effective_from, scheme, currency, vat_rate, recharge_tolerance,"
            " valuation, tier_mode, tier_scope) select account_id, %s, scheme, currency, 0.15, 0.5, valuation, tier_mode,"
            " case tier_scope when 'zone' then 'account' else 'zone' end from account.term where account_id = %s"
            " order by effective_from limit 1 on conflict do nothing",
            day, account_id,
        )  # fmt: skip
    elif what == "name":
        books.execute("update account.account set name = name || 'x' where account_id = %s", account_id)


def close_a_month(rng: random.Random, player: Player) -> None:
    player.account.closes(MONTHS[player.closed])
    player.closed += 1
