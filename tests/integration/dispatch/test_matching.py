"""Receipts and the attempts that they are matched to, against a simple model: ids that a carrier gives out anew,
attempts of minutes and of weeks ago, receipts with and without a reference."""

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.desk import Desk
from dispatch.matching import Matcher

RECIPIENTS, CONNECTORS, IDS, REFERENCES = 8, 2, 4, 3
AGES = [timedelta(minutes=5), timedelta(hours=2), timedelta(hours=9), timedelta(days=20), timedelta(days=45)]
YOUNG, OLDEST = timedelta(hours=3), timedelta(days=40)
FIRST = 201001000000


@dataclass(frozen=True)
class Sent:
    ordinal: int
    attempt: int
    connector: int
    key: str | None
    reference: int
    age: timedelta


@dataclass(frozen=True)
class Got:
    number: int
    connector: int
    key: str | None
    ordinal: int  # of the recipient that it names; 0 = a stranger
    reference: int | None
    final: bool


def expected(attempts: list[Sent], receipts: list[Got], ended: set[Sent]) -> dict[int, Sent | None]:
    """Those of the last hours by id and either reference or recipient; what is left then by id and recipient among all.
    ended: what had a final receipt before these."""
    found = {
        receipt.number: best(
            [
                sent
                for sent in of(attempts, receipt)
                if sent.age < YOUNG and (sent.reference == receipt.reference or sent.ordinal == receipt.ordinal)
            ],
            ended,
        )
        for receipt in receipts
    }
    ended = ended | {sent for receipt in receipts if receipt.final and (sent := found[receipt.number])}
    for receipt in receipts:
        if found[receipt.number] is None:
            old = [sent for sent in of(attempts, receipt) if sent.age < OLDEST and sent.ordinal == receipt.ordinal]
            found[receipt.number] = best(old, ended)
    return found


def of(attempts: list[Sent], receipt: Got) -> list[Sent]:
    return [sent for sent in attempts if (sent.connector, sent.key) == (receipt.connector, receipt.key)]


def best(candidates: list[Sent], ended: set[Sent]) -> Sent | None:
    """One without a final receipt, then the newest."""
    return min(candidates, key=lambda sent: (sent in ended, sent.age), default=None)


def some_attempts(chance: random.Random, connectors: list[int]) -> list[Sent]:
    return [
        Sent(
            ordinal=ordinal,
            attempt=attempt,
            connector=chance.choice(connectors),
            key=f"a{chance.randrange(IDS)}",
            reference=chance.randrange(REFERENCES),
            age=chance.choice(AGES) + timedelta(seconds=ordinal + 100 * attempt),
        )
        for ordinal in range(1, RECIPIENTS + 1)
        for attempt in range(1, 6)
    ]


def some_receipts(chance: random.Random, connectors: list[int]) -> list[Got]:
    return [
        Got(
            number=number,
            connector=chance.choice(connectors),
            key=None if chance.random() < 0.05 else f"a{chance.randrange(IDS)}",
            ordinal=chance.randrange(RECIPIENTS + 1),
            reference=None if chance.random() < 0.5 else chance.randrange(REFERENCES),
            final=chance.random() < 0.7,
        )
        for number in range(150)
    ]


@pytest.mark.parametrize("again", range(3))
def test_each_receipt_finds_the_attempt_of_the_model(platform, again):
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    campaign = platform.accept(["x"] * RECIPIENTS)
    connectors = [platform.connect(1, name=f"c{n}", enabled=False) for n in range(CONNECTORS)]
    platform.rows("select dispatch.ensure_days((now() - interval '50 days')::date, (now() + interval '1 day')::date)")
    attempts, receipts = some_attempts(chance, connectors), some_receipts(chance, connectors)
    now = datetime.now(UTC)
    for sent in attempts:
        submit(platform, campaign, sent, now)

    model: dict[int, Sent | None] = {}
    ended: set[Sent] = set()
    for lot in (receipts[:75], receipts[75:]):
        store(platform, lot, now)
        asyncio.run(match(platform))
        model |= expected(attempts, lot, ended)
        ended |= {sent for receipt in lot if receipt.final and (sent := model[receipt.number])}

    found = {
        int(number): (ordinal, attempt)
        for number, ordinal, attempt in platform.rows(
            "select convert_from(raw, 'UTF8'), ordinal, attempt from dispatch.receipt left join dispatch.receipt_match"
            " using (receipt_id)"
        )
    }
    assert found == {
        number: (None, None) if sent is None else (sent.ordinal, sent.attempt) for number, sent in model.items()
    }, f"seed {seed}"
    assert len(ended) > 3
    waiting = platform.one("select count(*) from dispatch.receipt_unmatched")
    assert waiting == sum(sent is None for sent in model.values())


def test_another_form_of_an_id_is_not_taken_for_a_message_of_another_sender(platform):
    """153 is hexadecimal 99: to one recipient 99 went from one sender, and 153, from another one, is in doubt."""
    connector = platform.connect(1, enabled=False, echoes_reference=False, message_id_form="auto")
    known, doubtful = platform.accept(["x"], sender="NILEB"), platform.accept(["x"], sender="NILEA")
    now = datetime.now(UTC)
    submit(platform, known, Sent(1, 1, connector, "99", 0, timedelta(seconds=9)), now)
    submit(platform, doubtful, Sent(1, 1, connector, None, 0, timedelta(seconds=5)), now)
    for number, key, sender, age in ((1, "99", "NILEB", 8), (2, "153", "NILEA", 4)):
        store(platform, [Got(number, connector, key, 1, None, final=True)], now - timedelta(seconds=age), sender)

    asyncio.run(match(platform))

    assert platform.rows(
        "select campaign_id, carrier_message_id from dispatch.settlement where state = 'accepted'"
    ) == [(doubtful, "153")]
    assert platform.rows("select campaign_id from dispatch.receipt_match order by receipt_id") == [
        (known,),
        (doubtful,),
    ]


def submit(platform: Any, campaign: int, sent: Sent, now: datetime) -> None:
    """key None: in doubt."""
    state, answered = ("in_doubt", None) if sent.key is None else ("accepted", now - sent.age)
    platform.rows(
        "insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, command_status,"
        " carrier_message_id, sent_at, answered_at, epoch_id, intent_serial, connector_id, session, sequence, reference,"
        " network_id, zone) values (%s, %s, %s, 1, %s, %s, %s, %s, %s, %s, 1, 1, %s, 0, 1, %s, 1, 'EG')",
        platform.account, campaign, sent.ordinal, sent.attempt, state, None if sent.key is None else 0, sent.key,
        now - sent.age, answered, sent.connector, sent.reference,
    )  # fmt: skip


def store(platform: Any, receipts: list[Got], now: datetime, sender: str = "NILE") -> None:
    """In one transaction, so that one round looks at all of them, whatever else the server does."""
    with platform.connection.transaction():
        for receipt in receipts:
            number = FIRST + receipt.ordinal - 1
            platform.rows(
                "insert into dispatch.receipt (received_at, connector_id, epoch_id, carrier_message_id, state, final,"
                " source, destination, msisdn, reference, raw) values (%s, %s, 1, %s, 2, %s, %s, %s, %s, %s, %s)",
                now, receipt.connector, receipt.key, receipt.final, sender, str(number), number, receipt.reference,
                b"%d" % receipt.number,
            )  # fmt: skip


async def match(platform: Any) -> None:
    """Until every receipt was looked at: a round after it came, once no transaction of the server is older."""
    desk = Desk()
    matcher = Matcher(desk)
    while not platform.one(
        "select done_below > (select max(load_xid) from dispatch.receipt) from dispatch.receipts_matched"
    ):
        await matcher.run_once(0.0, listening={})
    await desk.close()
