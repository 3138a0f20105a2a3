"""Epochs whose journal says nothing, and journals that nobody needs: both are cleared away, and nothing else."""

import asyncio
import os
import time

import pytest

from dispatch import leftovers
from dispatch.boot import boot_id
from dispatch.desk import Desk
from dispatch.journal import Journal
from dispatch.recovery import Recovery


@pytest.fixture
def ask(platform):
    """ask(work): work(desk) in an event loop of its own."""

    def run(work):
        async def story():
            desk = Desk()
            try:
                return await work(desk)
            finally:
                await desk.close()

        return asyncio.run(story())

    return run


def begin(platform, path, *, silent=True, settled=False):
    return platform.one(
        "insert into dispatch.epoch (worker, host, boot_id, pid, journal, heartbeat_at, settled_at) values"
        " ('w', 'h', %s, 1, %s, now() - %s * interval '1 hour', case when %s then now() end) returning epoch_id",
        boot_id(), str(path), int(silent), settled,
    )  # fmt: skip


def leave(path, epoch=0, age=3600):
    """A journal whose process is gone."""
    journal = Journal(path)
    journal.name(epoch)
    journal.close()
    os.utime(path, (time.time() - age,) * 2)
    return path


@pytest.mark.parametrize("content", ["nameless", "damaged"])
def test_an_epoch_whose_journal_does_not_name_it_is_settled_once_it_is_silent(platform, ask, tmp_path, content):
    path = leave(tmp_path / "one.journal")
    if content == "damaged":
        path.write_bytes(b"not a journal")
    epoch = begin(platform, path, silent=False)
    assert ask(lambda desk: Recovery(0, desk).run_once()) == 0
    platform.rows("update dispatch.epoch set heartbeat_at = now() - interval '1 hour'")
    assert ask(lambda desk: Recovery(0, desk).run_once()) == 1
    assert platform.rows("select epoch_id from dispatch.epoch where settled_at is not null") == [(epoch,)]
    assert not path.exists()


def test_an_epoch_that_cannot_be_settled_keeps_no_other_one_waiting(platform, ask, tmp_path):
    begin(platform, tmp_path)  # a folder is no journal
    other = begin(platform, tmp_path / "gone.journal")
    assert ask(lambda desk: Recovery(0, desk).run_once()) == 1
    assert platform.rows("select epoch_id from dispatch.epoch where settled_at is not null") == [(other,)]


def test_while_another_one_reads_the_journal_nobody_settles_without_it(platform, ask, tmp_path):
    """Else its answers would become doubts."""
    path = tmp_path / "one.journal"
    journal = Journal(path)
    epoch = begin(platform, path)
    journal.name(epoch)
    with platform.connection.transaction():
        turn = "select pg_try_advisory_xact_lock(hashtext('dispatch.recovery'), hashtext(%s::text))"
        assert platform.one(turn, str(epoch))
        assert ask(lambda desk: Recovery(0, desk).run_once()) == 0
    assert ask(lambda desk: Recovery(0, desk).run_once()) == 1
    assert path.exists()
    journal.close()


def test_journals_that_nobody_needs_are_removed(platform, ask, tmp_path, monkeypatch):
    settled, open_one = (tmp_path / f"{name}.journal" for name in ("settled", "open"))
    leave(settled, begin(platform, settled, settled=True))
    leave(open_one, begin(platform, open_one))
    living = Journal(tmp_path / "living.journal")
    os.utime(living.path, (0, 0))
    kept = {open_one, living.path, leave(tmp_path / "young.journal", age=0), leave(tmp_path / "other.journal", 77)}
    with monkeypatch.context() as patch:
        patch.setattr("dispatch.journal.boot_id", lambda: "before")
        rebooted = leave(tmp_path / "rebooted.journal", 77)
    nameless = leave(tmp_path / "nameless.journal")

    assert ask(lambda desk: leftovers.sweep(desk, tmp_path)) == 3
    assert set(tmp_path.glob("*.journal")) == kept
    assert not any(path.exists() for path in (settled, rebooted, nameless))
    living.close()


def test_a_worker_that_starts_sweeps(platform, tmp_path):
    path = leave(tmp_path / "home" / "journals" / "old.journal")
    worker = platform.worker()
    platform.until(lambda: worker.events("removed journals that nobody needs"))
    assert not path.exists()
