"""The journal: what a dead worker's file says, whatever moment it died at."""

import asyncio

import numpy as np
import pytest

from dispatch import journal as module
from dispatch.boot import boot_id
from dispatch.journal import Ending, Estate, Journal, JournalLost
from dispatch.worker import Worker
from outbound.database import NoDatabase

ANSWER = Ending(0, b"0000000001", 1_000_000, 1_000_500)


def answer(journal, line, place, ending=ANSWER):
    journal.answered(
        line, np.array([place]), np.array([ending.status]), np.array([ending.message_id]), np.array([ending.sent_us]),
        ending.answered_us,
    )  # fmt: skip


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path / "journals" / "one.journal")
    journal.name(7)
    yield journal
    journal.close()


def heirs_view(journal):
    """What is read once the worker's process is gone; here its file is copied, for this process lives."""
    copy = journal.path.with_suffix(".copy")
    copy.write_bytes(journal.path.read_bytes())
    with Estate(copy) as estate:
        return estate.read()


def test_marks_and_endings_are_read_back(journal):
    journal.mark(0, 10)
    journal.mark(3, 25)
    answer(journal, 0, 9)
    answer(journal, 3, 21, Ending(0x58, b"", 5, 6))
    journal.not_sent(3, np.array([22]))

    remains = heirs_view(journal)

    assert (remains.boot_id, remains.epoch) == (boot_id(), 7)
    assert remains.marks == {0: 10, 3: 25}
    assert remains.endings == {
        (0, 9): ANSWER,
        (3, 21): Ending(0x58, b"", 5, 6),
        (3, 22): Ending(None, b"", 0, 0),
    }


def test_nobody_settles_a_worker_that_lives(journal):
    with pytest.raises(BlockingIOError):
        Estate(journal.path)


def test_records_that_death_interrupted_do_not_count(journal):
    answer(journal, 0, 1)
    count = journal._count[0]
    answer(journal, 0, 2)
    journal._count[0] = count  # it is raised last

    assert set(heirs_view(journal).endings) == {(0, 1)}


@pytest.mark.parametrize("run", [97, 999, 40_000])
def test_what_may_still_be_open_is_read_back_however_often_the_ring_went_round(journal, run):
    """Also where the death came in the middle of writing over the oldest ones."""
    last = 2 * module.CAPACITY + 12_345
    for first in range(1, last + 1, run):
        journal.not_sent(0, np.arange(first, min(first + run, last + 1)))
    torn = np.arange(last + 1, last + 1 + run)
    count = journal._count[0]
    journal.not_sent(0, torn)
    journal._count[0] = count

    places = {place for _, place in heirs_view(journal).endings}
    assert places >= set(range(last - 2 * module.MOST_OPEN + 1, last + 1))
    assert max(places) == last


def test_a_long_message_id_is_cut_as_the_log_cuts_it(journal):
    answer(journal, 0, 1, Ending(0, b"x" * 100, 0, 0))
    assert heirs_view(journal).endings[0, 1].message_id == b"x" * module.LONGEST_ID


def test_a_file_that_is_no_journal_says_nothing(tmp_path):
    path = tmp_path / "empty"
    path.write_bytes(b"")
    with Estate(path) as estate:
        assert estate.read() == module.Remains("", 0, {}, {})


def test_a_settled_journal_is_removed(tmp_path):
    journal = Journal(tmp_path / "two.journal")
    journal.remove()
    assert not journal.path.exists()


def test_a_folder_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JournalLost, match="must be free below OUTBOUND_HOME"):
        Journal(tmp_path / "file" / "one.journal")


def test_a_worker_that_finds_no_database_leaves_no_journal(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTBOUND_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    async def start():
        await Worker("w").run()

    with pytest.raises(NoDatabase):
        asyncio.run(start())
    assert list(tmp_path.rglob("*.journal")) == []
