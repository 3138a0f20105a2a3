"""What a group commit does about errors that another try may overcome."""

import asyncio

import psycopg

from dispatch import committer as module
from dispatch.committer import Committer, Gathered, Group


class NoPartition(psycopg.errors.CheckViolation):
    """As PostgreSQL says it."""

    def __init__(self) -> None:
        super().__init__('no partition of relation "submission" found for row')


class Channel:
    """Its database has no day for these instants, a few times."""

    def __init__(self, times: int) -> None:
        self._times = times

    async def run(self, text, copies):
        self._times -= 1
        if self._times >= 0:
            raise NoPartition
        return [(b"",)]


class Desk:
    def __init__(self) -> None:
        self.asked = 0

    async def rows(self, statement, parameters=None):
        self.asked += 1
        return []


def test_without_a_partition_it_waits_between_two_tries_and_says_so(monkeypatch, caplog):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    monkeypatch.setattr(module.asyncio, "sleep", sleep)
    desk = Desk()
    asyncio.run(Committer(1, Channel(3), desk).commit(Group(1, 1, Gathered(1))))
    assert (len(waited), desk.asked) == (3, 3)
    assert all(seconds > 0 for seconds in waited)
    assert caplog.text.count("is this machine's clock right?") == 3
