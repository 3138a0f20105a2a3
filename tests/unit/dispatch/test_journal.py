"""The journal: what a dead worker's file says, whatever moment it died at."""

import asyncio

import pytest

from dispatch import journal as module
from dispatch.boot import boot_id
from dispatch.journal import Ending, Estate, Journal, JournalLost
from dispatch.worker import Worker
from outbound.database import NoDatabase

ANSWER = Ending(0, b"0000000001", 1_000_000, 1_000_500)


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
    journal.answered(0, 9, ANSWER)
    journal.answered(3, 21, Ending(0x58, b"", 5, 6))
    journal.not_sent(3, 22)

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


def test_a_torn_record_does_not_count(journal):
    journal.answered(0, 1, ANSWER)
    journal.answered(0, 2, ANSWER)
    at = module._RECORDS + module._SIZE + 20
    journal._map[at] ^= 1

    assert set(heirs_view(journal).endings) == {(0, 1)}


def test_the_oldest_records_make_room(journal, monkeypatch):
    for place in range(1, module.CAPACITY + 3):
        journal.not_sent(0, place)

    places = {place for _, place in heirs_view(journal).endings}
    assert len(places) == module.CAPACITY
    assert {1, 2}.isdisjoint(places)


def test_a_long_message_id_is_cut_as_the_log_cuts_it(journal):
    journal.answered(0, 1, Ending(0, b"x" * 100, 0, 0))
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
