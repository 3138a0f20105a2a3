"""Which batches are leased: the most urgent first, then in turn by account and campaign, whatever their sizes."""

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from dispatch.desk import Desk
from dispatch.leases import MOST_OF_ONE, Leases
from dispatch.parts import Batch
from tests.integration.dispatch.platform_by_hand import Platform


class Queue:
    """Accounts' campaigns without messages, and workers that take their batches."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.accounts: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self.held: dict[int, set[int]] = {}  # epoch -> batches

    def campaign(self, name: str, sizes: list[int], *, account: str = "nile", priority: int = 100) -> int:
        if account not in self.accounts:
            self.accounts[account] = self.platform.open_account(account)
        self.platform.account = self.accounts[account]
        number = self.platform.accept(["x"], in_base=False)
        self.platform.rows("delete from dispatch.batch where campaign_id = %s", number)
        first = 1
        for size in sizes:
            self.platform.rows(
                "insert into dispatch.batch (account_id, campaign_id, first_ordinal, size, priority, expires_at)"
                " values (%s, %s, %s, %s, %s, now() + interval '1 day')",
                self.platform.account, number, first, size, priority,
            )  # fmt: skip
            first += size
        self.names[number] = name
        return number

    def worker(self) -> int:
        return self.platform.one(
            "insert into dispatch.epoch (worker, host, boot_id, pid, journal) values ('w', 'h', 'b', 1, 'j')"
            " returning epoch_id"
        )

    def take(self, epoch: int, most: int = 1, *, hungry: bool = True, sending: bool = True) -> list[str]:
        return [self.names[batch.campaign_id] for batch in self.leased(epoch, most, hungry=hungry, sending=sending)]

    def leased(
        self, epoch: int, most: int = 1, *, hungry: bool = True, sending: bool = True,
        broken: Sequence[int] = (), passed: Sequence[int] = (),
    ) -> list[Batch]:  # fmt: skip
        async def ask() -> list[Batch]:
            desk = Desk()
            try:
                return await Leases(epoch, desk).take(
                    most, hungry=hungry, sending=sending, held=sorted(held), broken=broken, passed=passed
                )
            finally:
                await desk.close()

        held = self.held.setdefault(epoch, set())
        taken = asyncio.run(ask())
        held.update(batch.batch_id for batch in taken)
        return taken

    def done(self, batch: int) -> None:
        self.platform.rows(
            "update dispatch.batch set state = 'done', done_at = now(), epoch_id = null, fence = null,"
            " leased_until = null where batch_id = %s",
            batch,
        )


@pytest.fixture
def queue(platform: Platform) -> Queue:
    return Queue(platform)


def test_accounts_take_turns_by_what_workers_have_of_theirs(queue: Queue) -> None:
    worker = queue.worker()
    queue.campaign("huge", [5000] * 10)
    queue.campaign("small", [100] * 3, account="delta")
    assert [queue.take(worker)[0] for _ in range(6)] == ["huge", "small", "small", "small", "huge", "huge"]


def test_campaigns_of_an_account_take_turns_also_within_one_question(queue: Queue) -> None:
    queue.campaign("first", [1000] * 10)
    queue.campaign("second", [1000] * 10)
    queue.campaign("other", [1000] * 10, account="delta")
    assert queue.take(queue.worker(), 6) == ["first", "other", "second", "other", "first", "other"]


def test_urgent_ones_go_first_whoever_has_how_much(queue: Queue) -> None:
    worker = queue.worker()
    queue.campaign("promotion", [1000] * 3, account="delta", priority=200)
    queue.campaign("information", [5000] * 3)
    assert queue.take(worker, 4) == ["information"] * 3 + ["promotion"]


def test_a_worker_that_has_enough_begins_what_nobody_sends_yet_and_no_more(queue: Queue) -> None:
    worker, other = queue.worker(), queue.worker()
    queue.campaign("huge", [5000] * 3)
    assert queue.take(worker) == ["huge"]
    queue.campaign("new", [1000] * 3)
    assert queue.take(worker, 4, hungry=False) == ["new"]
    assert queue.take(other, 4, hungry=False) == []
    assert queue.take(other, 4, hungry=False, sending=False) == []
    assert sorted(queue.take(other, 4)) == ["huge", "huge", "new", "new"]


def test_one_campaign_never_fills_a_worker(queue: Queue) -> None:
    worker = queue.worker()
    queue.campaign("huge", [5000] * 20)
    taken = [queue.take(worker, 1) for _ in range(MOST_OF_ONE // 5000)]
    assert taken == [["huge"]] * len(taken)
    assert queue.take(worker) == []
    assert queue.take(queue.worker()) == ["huge"]


def test_what_cannot_be_sent_keeps_nothing_else_of_its_campaign_waiting(queue: Queue) -> None:
    worker = queue.worker()
    queue.campaign("huge", [5000] * (MOST_OF_ONE // 5000) + [10])
    broken = [batch.batch_id for batch in queue.leased(worker, MOST_OF_ONE // 5000)]
    assert queue.leased(worker) == []
    assert [batch.size for batch in queue.leased(worker, broken=broken)] == [10]


def test_what_is_stopped_or_too_early_is_left_and_what_is_over_is_always_taken(queue: Queue) -> None:
    worker = queue.worker()
    stopped = queue.campaign("stopped", [10], account="delta")
    early, cancelled, expired = (queue.campaign(name, [10]) for name in ("early", "cancelled", "expired"))
    rows = queue.platform.rows
    rows("insert into dispatch.stop (account_id, reason, stopped_by) values (%s, 'x', 'y')", queue.accounts["delta"])
    rows("update dispatch.batch set not_before = now() + interval '1 hour' where campaign_id = %s", early)
    rows("update intake.campaign set state = 'cancelled' where campaign_id = %s", cancelled)
    rows("update dispatch.batch set expires_at = now() where campaign_id in (%s, %s)", expired, stopped)
    assert sorted(queue.take(worker, 9, hungry=False, sending=False)) == ["cancelled", "expired"]
    assert queue.take(worker, 9) == []


def test_what_a_worker_leaves_to_others_it_takes_only_to_give_it_up(queue: Queue) -> None:
    near, far = queue.worker(), queue.worker()
    campaign = queue.campaign("one", [10, 10, 10])
    first, second, third = [
        row[0] for row in queue.platform.rows("select batch_id from dispatch.batch order by batch_id")
    ]
    passed = [first, second]
    assert [batch.batch_id for batch in queue.leased(near, 9, passed=passed)] == [third]
    queue.platform.rows("update dispatch.batch set expires_at = now() where batch_id = %s", first)
    assert [batch.batch_id for batch in queue.leased(near, 9, passed=passed)] == [first]
    assert [batch.batch_id for batch in queue.leased(far, 9)] == [second]
    queue.platform.rows("update dispatch.batch set state = 'ready', epoch_id = null, fence = null, leased_until = null")
    queue.platform.rows("update intake.campaign set state = 'cancelled' where campaign_id = %s", campaign)
    assert {batch.batch_id for batch in queue.leased(near, 9, passed=passed)} == {first, second, third}


def test_a_batch_that_a_worker_has_is_taken_by_another_one_only(queue: Queue) -> None:
    worker, other = queue.worker(), queue.worker()
    queue.campaign("one", [10])
    assert queue.take(worker) == ["one"]
    queue.platform.rows("update dispatch.batch set leased_until = now() - interval '1 second'")
    assert queue.take(worker) == []
    assert queue.take(other) == ["one"]


def test_what_was_leased_and_the_answer_lost_is_taken_again_with_a_new_fence(queue: Queue) -> None:
    worker = queue.worker()
    most = MOST_OF_ONE // 5000
    queue.campaign("huge", [5000] * most)
    fences = {batch.batch_id: batch.fence for batch in queue.leased(worker, most)}
    queue.held[worker].clear()
    assert queue.leased(worker, most) == []
    queue.platform.rows("update dispatch.batch set leased_until = now() - interval '1 second'")
    again = queue.leased(worker, most)
    assert {batch.batch_id for batch in again} == set(fences)
    assert all(batch.fence > fences[batch.batch_id] for batch in again)


def test_whether_a_batch_is_over_is_the_database_s_to_say(queue: Queue) -> None:
    campaign = queue.campaign("one", [1])
    (batch,) = queue.leased(queue.worker())

    async def drop(why: str) -> bool:
        desk = Desk()
        try:
            return await Leases(1, desk).drop(batch, why, None)
        finally:
            await desk.close()

    assert [asyncio.run(drop(why)) for why in ("expired", "cancelled")] == [False, False]
    assert queue.platform.dropped(campaign) == {}
    queue.platform.rows("update dispatch.batch set expires_at = now()")
    assert asyncio.run(drop("expired"))
    assert queue.platform.dropped(campaign) == {"expired": 1}
    queue.platform.rows("update intake.campaign set state = 'cancelled'")
    assert asyncio.run(drop("cancelled"))


def test_what_is_settled_while_its_batch_is_planned_has_it_planned_once_more(queue: Queue) -> None:
    """Looked at or not: else what was settled, and is not in that plan, is never sent."""
    queue.campaign("one", [10])
    worker = queue.worker()
    (batch,) = queue.leased(worker)
    state = "select state, again from dispatch.batch"

    async def finish(*, anew: bool) -> None:
        desk = Desk()
        try:
            leases = Leases(worker, desk)
            assert await leases.settled_meanwhile() == {batch.batch_id}
            if anew:
                await leases.begin_anew(batch)
                assert await leases.settled_meanwhile() == set()
            await leases.finish(batch)
        finally:
            await desk.close()

    queue.platform.rows("update dispatch.batch set again = true")
    asyncio.run(finish(anew=False))
    assert queue.platform.rows(state) == [("ready", False)]

    queue.held.clear()
    (batch,) = queue.leased(worker)
    queue.platform.rows("update dispatch.batch set again = true")
    asyncio.run(finish(anew=True))
    assert queue.platform.rows(state) == [("done", False)]


def test_many_workers_at_once_get_different_batches(queue: Queue) -> None:
    queue.campaign("huge", [1000] * 12)
    workers = [queue.worker() for _ in range(4)]

    async def ask(epoch: int) -> list[Batch]:
        desk = Desk()
        try:
            leases, taken = Leases(epoch, desk), []
            for _ in range(30):
                taken += await leases.take(1, hungry=True, sending=True)
                await asyncio.sleep(0.01)
            return taken
        finally:
            await desk.close()

    async def all_of_them() -> list[list[Batch]]:
        return await asyncio.gather(*map(ask, workers))

    taken = [batch.batch_id for batches in asyncio.run(all_of_them()) for batch in batches]
    assert len(taken) == len(set(taken)) == 12


def test_a_simple_model_agrees(queue: Queue) -> None:
    """Of what is left: the most urgent, of the account that has the least, of its campaign that has the least."""
    random.seed(7)
    workers = [queue.worker() for _ in range(3)]
    left: dict[int, tuple[int, int, int, int]] = {}  # batch -> priority, account, campaign, size
    for n in range(9):
        account = f"a{n % 3}"
        number = queue.campaign(
            str(n),
            [random.randint(1, 900) for _ in range(random.randint(1, 6))],
            account=account,
            priority=random.choice([100, 200]),
        )
        for batch, priority, size in queue.platform.rows(
            "select batch_id, priority, size from dispatch.batch where campaign_id = %s", number
        ):
            left[batch] = priority, queue.accounts[account], number, size
    held: dict[int, tuple[int, int, int, int]] = {}

    def has(place: int, which: int) -> int:
        return sum(one[3] for one in held.values() if one[place] == which)

    while left:
        if held and random.random() < 0.4:
            ended = random.choice(list(held))
            queue.done(ended)
            del held[ended]
        (batch,) = queue.leased(random.choice(workers))
        urgent = [one for one in left.values() if one[0] == min(other[0] for other in left.values())]
        priority, account, campaign, _ = left[batch.batch_id]
        assert priority == urgent[0][0]
        assert has(1, account) == min(has(1, one[1]) for one in urgent)
        assert has(2, campaign) == min(has(2, one[2]) for one in urgent if one[1] == account)
        assert batch.batch_id == min(one for one, (_, _, of, _) in left.items() if of == campaign)
        held[batch.batch_id] = left.pop(batch.batch_id)


def test_a_small_campaign_overtakes_a_huge_one(platform: Platform, carrier: Callable[..., Any]) -> None:
    with carrier("--receipt-delay=0") as smsc:
        platform.connect(smsc.port, rate=100, window=10)
        huge = platform.accept(["x"] * 3000, batch_size=500)
        worker = platform.worker()
        platform.until(lambda: smsc.status()["accepted"] >= 50)
        small = platform.accept(["y"] * 20, first=201002000000)
        platform.until(lambda: platform.state(small) == "completed")
        assert platform.progress(huge)["unsent"] > 1500
        worker.kill()


def test_a_connector_without_references_is_free_once_the_worker_that_used_it_has_nothing_open_there(platform):
    """Not for a minute: so long that worker may believe that it is the only one."""
    connector = platform.connect(1, echoes_reference=False)
    platform.accept(["x"])
    platform.rows(
        "insert into dispatch.epoch (worker, host, boot_id, pid, journal)"
        " select 'w', 'h', 'b', 1, 'j' from generate_series(1, 2)"
    )
    platform.rows(
        "insert into dispatch.intent select 1, 7, account_id, campaign_id, batch_id, 0, %s, 0, 1, '{1}', '{1}', '{1}'"
        " from dispatch.batch",
        connector,
    )  # fmt: skip
    may = "select dispatch.may_intend(1, %s), dispatch.may_intend(2, %s)"
    assert platform.rows(may, connector, connector) == [(True, False)]
    platform.rows("insert into dispatch.group_commit (epoch_id, serial, open_from) values (1, 1, 7), (1, 2, 8)")
    assert platform.rows(may, connector, connector) == [(True, False)]
    platform.rows("update dispatch.intent set intended_at = now() - interval '61 seconds'")
    assert platform.rows(may, connector, connector) == [(True, True)]
    platform.rows("update dispatch.group_commit set open_from = 7")
    assert platform.rows(may, connector, connector) == [(True, False)]


def test_a_worker_without_a_session_leaves_a_connector_without_references_to_another_one(platform, carrier):
    with carrier("--receipt-delay=0", "--no-reference") as smsc:
        platform.connect(1, echoes_reference=False)
        platform.worker(name="first")
        holders = "select count(*) from pg_locks where locktype = 'advisory' and objsubid = 2 and objid = 1"
        platform.until(lambda: platform.one("select count(*) from dispatch.session_event where kind = 'bind_refused'"))
        platform.until(lambda: platform.one(holders) == 0)
        platform.rows("update dispatch.connector set port = %s", smsc.port)
        campaign = platform.accept(["x"] * 3)
        platform.until(lambda: platform.state(campaign) == "completed")
