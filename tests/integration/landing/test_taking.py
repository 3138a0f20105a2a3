"""INTAKE, The landing zone: what is taken when, once, and where it goes, whatever kind of zone it is."""

import json
import os
from datetime import timedelta

import pytest

from ingest import accounts, claim, sightings, zone
from ingest.pipeline import validate
from ingest.scan import scan
from outbound import database

TABLE = b"msisdn,text\n01001234567,hello\n"


@pytest.fixture
def at(platform, store):
    """The store, as nile's landing zone."""
    platform.rows("update account.account set landing = %s where name = 'nile'", store.url)
    with store.open() as opened:
        opened.prepare()
    return store


def claimed(platform):
    return [(row["name"], row["completed_by"]) for row in platform.rows("select * from intake.file order by file_id")]


def later(platform, seconds=31):
    platform.rows("update intake.sighting set seen_at = seen_at - make_interval(secs => %s)", seconds)


def take_and_die(name):
    """What a process leaves that is killed between claim and archive."""
    with database.connect("ingest", autocommit=True) as connection:
        nile = accounts.named(connection, "nile")
        with zone.of(nile) as store:
            (found,) = (found for found in store.look("campaigns") if found.name == name)
            return claim.take(connection, nile, store, found, "campaign", "marker", None)


def test_a_dropped_file_is_taken_at_once_with_its_manifest_and_answered(platform, at):
    source = platform.file("offer.csv", "")
    with at.open() as opened:
        zone.drop(source, opened, "campaign", b'{"template": "{text}"}')
    (file_id,) = scan()
    validate(file_id)

    assert platform.value("select manifest from intake.file") == {"template": "{text}"}
    assert at.names("campaigns") == []
    archived = [name for name in at.names("archive") if not name.endswith(".done")]
    assert archived == [f"offer.csv.{file_id}", f"offer.csv.{file_id}.manifest.json"]
    assert json.loads(at.get("results", f"offer.csv.{file_id}.ack.json"))["codes"][0]["code"] == "EMPTY_FILE"
    assert platform.value("select archived_at is not null from intake.file")


def test_a_half_written_file_is_not_taken(platform, at):
    at.put("campaigns", "a.csv", TABLE[:20])
    if at.url.startswith("s3:"):  # there nobody sees half an object
        assert len(scan()) == 1
        assert claimed(platform) == [("a.csv", "bucket")]
        return
    assert scan() == []
    later(platform)
    at.put("campaigns", "a.csv", TABLE)
    assert scan() == []
    assert scan() == []
    later(platform)
    assert len(scan()) == 1
    assert claimed(platform) == [("a.csv", "stability")]


def test_each_file_rests_on_its_own(platform, at):
    """Of three that one look saw first, one is taken and one changes: the third one's rest goes on."""
    if at.url.startswith("s3:"):
        return  # there nobody sees half an object
    for name in ("a.csv", "b.csv", "c.csv"):
        at.put("campaigns", name, TABLE.replace(b"hello", name.encode()))
    scan()
    later(platform, 20)
    at.put("campaigns", "a.csv.done", b"")
    at.put("campaigns", "b.csv", TABLE + b"\n")
    assert len(scan()) == 1
    for _ in range(2):
        later(platform, 20)
        scan()
    scan()
    assert claimed(platform) == [("a.csv", "marker"), ("c.csv", "stability"), ("b.csv", "stability")]
    assert platform.rows("select * from intake.sighting") == []


def test_parts_and_dot_files_are_left_alone_until_they_are_renamed(platform, at):
    at.put("campaigns", "a.csv.part", TABLE)
    at.put("campaigns", ".b.csv", TABLE)
    assert scan(timedelta(0)) == scan(timedelta(0)) == []
    assert at.names("campaigns") == [".b.csv", "a.csv.part"]
    if at.url.startswith("s3:"):
        return
    for old, new in (("a.csv.part", "a.csv"), (".b.csv", "b.csv")):
        (at.root / "campaigns" / old).rename(at.root / "campaigns" / new)
    assert len(scan()) == 2
    assert {how for _, how in claimed(platform)} == {"rename"}


def test_killed_between_claim_and_archive_it_is_archived_by_the_next_look(platform, at):
    at.put("campaigns", "a.csv", TABLE)
    file_id = take_and_die("a.csv")

    assert scan() == [file_id]
    assert (at.names("campaigns"), at.names("archive")) == ([], [f"a.csv.{file_id}"])


def test_killed_between_the_move_and_its_note_it_is_known_to_be_gone(platform, at):
    at.put("campaigns", "a.csv", TABLE)
    file_id = take_and_die("a.csv")
    with at.open() as store:
        (found,) = store.look("campaigns")
        store.archive(found, f"a.csv.{file_id}")
    at.put("bases", "another.csv.part", b"")

    assert scan() == [file_id]
    assert platform.value("select archived_at is not null from intake.file")


def test_overwritten_between_claim_and_archive_it_is_a_new_drop(platform, at):
    at.put("campaigns", "a.csv", TABLE)
    first = take_and_die("a.csv")
    at.put("campaigns", "a.csv", TABLE.replace(b"hello", b"other"))
    at.put("campaigns", "a.csv.done", b"")

    assert scan() == [first, first + 1]
    assert at.get("archive", f"a.csv.{first + 1}") == TABLE.replace(b"hello", b"other")
    assert at.names("campaigns") == []


def test_an_archived_file_put_back_is_a_duplicate(platform, at):
    """Also with the times that it had."""
    at.put("campaigns", "a.csv", TABLE)
    if not at.url.startswith("s3:"):
        os.utime(at.root / "campaigns" / "a.csv", (10**9, 10**9))
    at.put("campaigns", "a.csv.done", b"")
    (first,) = scan()
    at.put("campaigns", "a.csv", at.get("archive", f"a.csv.{first}"))
    if not at.url.startswith("s3:"):
        os.utime(at.root / "campaigns" / "a.csv", (10**9, 10**9))
    at.put("campaigns", "a.csv.done", b"")

    first_again, second = scan()
    assert (first_again, validate(second)) == (first, None)
    assert platform.value("select outcome from intake.file where file_id = %s", second) == "duplicate"


def test_where_nothing_changed_nothing_is_asked(platform, at, monkeypatch):
    for n in range(3):
        at.put("campaigns", f"{n}.csv.part", TABLE)
    scan()
    with monkeypatch.context() as patched:
        patched.setattr(sightings, "note", lambda *given, **options: pytest.fail("looked closely"))
        assert scan() == []
    at.put("campaigns", "3.csv.part", TABLE)
    scan()
    expected = 0 if at.url.startswith("s3:") else 4
    assert platform.value("select count(name) from intake.sighting, unnest(names) as name") == expected


def test_two_looks_at_once_take_a_file_once(platform, at):
    at.put("campaigns", "a.csv", TABLE)
    at.put("campaigns", "a.csv.done", b"")
    with database.connect("ingest", autocommit=True) as other:
        assert other.execute("select pg_try_advisory_lock(hashtext('intake.look'), hashint8(1))").fetchone() == (True,)
        assert scan() == []
    assert len(scan()) == 1
