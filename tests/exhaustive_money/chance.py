"""Random accounts: terms that change, awkward days, equal instants, everything that can happen to units and to a month."""

import random
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from outbound import clock
from tests.exhaustive_money.account import Account, Attempt, Fact, Payment, Term, Usage
from tests.unit.billing.postpaid_model import Tier
from tests.unit.billing.prepaid_model import Event, Purse

FIRST, LAST = date(2026, 1, 2), date(2028, 3, 1)
ROUNDS = 5  # in which facts come in
ZONES = ["Africa/Cairo"] * 6 + [
    "UTC", "Asia/Riyadh", "Asia/Kathmandu", "America/St_Johns", "Pacific/Auckland", "America/Havana", "Asia/Beirut",
]  # fmt: skip
AWKWARD = [  # the clock jumps, months are short, twelve months later there is no such day
    date(2026, 4, 23), date(2026, 4, 24), date(2026, 10, 29), date(2026, 10, 30), date(2027, 4, 30), date(2027, 10, 28),
    date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 28), date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 1),
]  # fmt: skip
SENDING = AWKWARD[:8]  # days that campaigns are sent on: the log has a partition for each
HOURS = [time(0), time(1), time(23, 30), time(23, 59, 59, 999_999), time(12)]
DIGITS = {"EGP": 2, "KWD": 3, "JPY": 0}


def account(rng: random.Random, n: int) -> Account:
    scheme = "prepaid" if n % 10 < 7 else "postpaid"
    currency = rng.choice(["EGP", "EGP", "KWD", "JPY"])
    made = Account(
        n=n,
        name=f"{scheme}-{n}",
        scheme=scheme,
        timezone=rng.choice(ZONES),
        currency=currency,
        digits=DIGITS[currency],
        terms=_terms(rng, DIGITS[currency]),
        valuation=rng.choice(["rerate", "blended"]),
        tiers=[],
        coming=defaultdict(list),
    )
    facts = _prepaid(rng, made) if scheme == "prepaid" else _postpaid(rng, made)
    segments = _segments(rng, made)
    facts += segments
    if scheme == "prepaid" and segments and rng.random() < 0.5:
        facts.append(_reversal_of_a_segment(rng, made, rng.choice(segments)))
    facts += [
        Payment(
            key=f"pay {n}", at=_instant(rng, made, []), amount=Decimal(rng.randrange(1, 500_000)).scaleb(-made.digits)
        )
        for n in range(rng.randrange(3))
    ]
    for fact in facts:
        at_once = isinstance(fact, Event) and fact.kind == "opening"
        made.coming[0 if at_once else rng.randrange(ROUNDS)].append(fact)
    return made


def _terms(rng: random.Random, digits: int) -> list[Term]:
    """The first ones, and for some accounts others from a day within."""
    days = [
        date(1900, 1, 1),
        *sorted(rng.sample([date(2026, 4, 24), date(2026, 7, 15), date(2027, 2, 28)], rng.choice([0, 0, 1, 2]))),
    ]
    return [
        Term(
            since=day,
            vat_rate=Decimal(rng.choice(["0.14", "0.15", "0"])),
            tolerance=Decimal(rng.choice(["0", "0", "0.1", "0.025"])),
            mode=rng.choice(["graduated", "volume"]),
            scope=rng.choice(["zone", "account"]),
            minimum=Decimal(rng.choice(["0", "0", {0: "12", 2: "12.34", 3: "12.345"}[digits]])),
        )
        for day in days
    ]


def _prepaid(rng: random.Random, made: Account) -> list[Fact]:
    events: list[Fact] = []
    usages: list[Usage] = []
    instants: list[datetime] = []
    for i in range(rng.randrange(3, 22)):
        kind = rng.choices(["purchase", "usage", "grant", "refund", "reversal"], [6, 9, 1, 1, 3])[0]
        at, key = _instant(rng, made, instants), _key(rng, i)
        if kind == "usage":
            usages.append(Usage(key=key, at=at, units=rng.randrange(1, 25), zone="EG"))
        elif kind != "reversal":
            units = rng.randrange(1, 60 if kind != "refund" else 25)
            net = _paid_back(rng, made) if kind == "refund" else None
            events.append(Event(kind=kind, key=key, at=at, units=units, rate=_rate(rng), net=net))
        elif usages:
            events.append(_reversal(rng, key, usages.pop(rng.randrange(len(usages))), usages, events))
            at = events[-1].at
        instants.append(at)
    if rng.random() < 0.2:
        events += [_opening(rng, made, place) for place in (1, 2)]
    return events + list(usages)


def _paid_back(rng: random.Random, made: Account) -> Decimal | None:
    """What a refund was recorded with, whatever its units come to when all use is known; None: of the loaded past."""
    return Decimal(rng.randrange(200_000)).scaleb(-made.digits) if rng.random() < 0.6 else None


def _reversal(rng: random.Random, key: str, used: Usage, usages: list[Usage], events: list[Fact]) -> Event:
    """Of a usage that no other reversal names: the usage leaves the list of those that one can name."""
    events.append(used)
    at = used.at if rng.random() < 0.1 else used.at + timedelta(days=rng.randrange(1, 500))
    return Event(kind="reversal", key=key, at=at, usage_key=used.key)


def _reversal_of_a_segment(rng: random.Random, made: Account, of: Attempt) -> Event:
    name = f"{made.campaign_id}:{of.ordinal}:{of.segment}"
    return Event(kind="reversal", key="segment", at=of.at + timedelta(days=rng.randrange(1, 500)), usage_key=name)


def _opening(rng: random.Random, made: Account, place: int) -> Event:
    return Event(
        kind="opening",
        key=f"opening:{place}",
        at=datetime(2026, 1, 1, tzinfo=ZoneInfo(made.timezone)),
        units=rng.randrange(1, 50),
        rate=_rate(rng),
        value=Decimal(rng.randrange(200_000)).scaleb(-made.digits),
        opened_at=datetime(2025, rng.randrange(3, 9), 1, tzinfo=ZoneInfo(made.timezone)),
        last_valid_day=date(2026, 2, 1) + timedelta(days=rng.randrange(500)),
    )


def _postpaid(rng: random.Random, made: Account) -> list[Fact]:
    for zone in ("EG", "SA"):
        days = [date(2026, 1, 1), date(2026, 4, 24), date(2026, 10, 30), date(2027, 2, 10)]
        for card_from in sorted(rng.sample(days, rng.randrange(1, 4))):
            card_to = rng.choice([None, None, card_from + timedelta(days=200)])
            for step in [1, *sorted(rng.sample(range(2, 60), rng.randrange(3)))]:
                tier = Tier(zone=zone, card_from=card_from, card_to=card_to, from_unit=step, rate=_rate(rng))
                made.tiers.append(tier)
    facts: list[Usage] = []
    for i in range(rng.randrange(1, 25)):
        at = _instant(rng, made, [fact.at for fact in facts])
        zone = rng.choices(["EG", "SA", "XX"], [10, 5, 0.3])[0]
        facts.append(Usage(key=_key(rng, i), at=at, units=rng.randrange(1, 40), zone=zone))
    return list(facts)


def _segments(rng: random.Random, made: Account) -> list[Attempt]:
    """Messages of a campaign, some of several parts, some attempts refused or in doubt, some parts accepted twice."""
    attempts: list[Attempt] = []
    for ordinal in range(rng.choice([0, 0, 1, 3])):
        at = _local(made, rng.choice(SENDING), rng.choice(HOURS), rng)
        zone = rng.choice(["EG", "SA"]) if made.scheme == "postpaid" else "EG"
        for segment in range(1, rng.randrange(2, 4)):
            for attempt in range(1, rng.choice([2, 2, 3])):
                state = rng.choices(["accepted", "in_doubt", "rejected"], [6, 3, 1])[0]
                proven = state == "in_doubt" and rng.random() < 0.7
                sent = at + timedelta(microseconds=rng.choice([0, 1]))
                attempts.append(
                    Attempt(
                        ordinal=ordinal,
                        segment=segment,
                        attempt=attempt,
                        at=sent,
                        state=state,
                        zone=zone,
                        proven=proven,
                    )
                )
                at = _local(made, rng.choice(SENDING), rng.choice(HOURS), rng) if rng.random() < 0.5 else at
    return attempts


def _instant(rng: random.Random, made: Account, known: list[datetime]) -> datetime:
    chance = rng.random()
    if known and chance < 0.25:
        return rng.choice(known)
    if known and chance < 0.4:  # when something bought then lapses
        day = min(Purse(zone=made.timezone).last_valid_day(rng.choice(known)), LAST)
        return clock.day_start(day + timedelta(days=1), made.timezone)
    day = rng.choice(AWKWARD) if chance < 0.55 else FIRST + timedelta(days=rng.randrange((LAST - FIRST).days))
    return _local(made, day, rng.choice(HOURS), rng)


def _local(made: Account, day: date, hour: time, rng: random.Random) -> datetime:
    at = datetime.combine(day, hour.replace(fold=rng.randrange(2)), ZoneInfo(made.timezone))
    return datetime.fromtimestamp(at.timestamp(), tz=clock.now().tzinfo)


def _rate(rng: random.Random) -> Decimal:
    return Decimal(rng.randrange(1, 400_000)).scaleb(-rng.choice([3, 4, 6]))


def _key(rng: random.Random, n: int) -> str:
    return rng.choice("aZé_9b~") + str(n)
