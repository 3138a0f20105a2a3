"""What every kind of landing zone does in the same way (INTAKE, The landing zone)."""

import hashlib
import random
import time

import pytest

from outbound.landing import local, s3, sftp
from outbound.landing.zone import Gone, StillChanging
from outbound.landing.zone import store as stored

AWKWARD = ["new\nline.csv", "عروض العيد.csv", "a b;$(rm).csv", "x" * 240 + ".csv", "-rf", "50%+1 & more?.csv#x"]


@pytest.fixture
def zone(store):
    with store.open() as opened:
        opened.prepare()
        yield opened


def the_one(zone, folder="campaigns"):
    (found,) = zone.look(folder)
    return found


def test_an_empty_zone_has_nothing_in_it(zone):
    zone.prepare()  # again
    assert [zone.look(folder) for folder in ("campaigns", "bases", "optouts")] == [[], [], []]
    assert zone.find("campaigns", "a.csv") is None


def test_a_file_is_found_with_its_size_and_copied_whole(zone, store, tmp_path):
    content = random.Random(1).randbytes(3_000_000)
    store.put("campaigns", "a.csv", content)
    before = time.time_ns()
    found = the_one(zone)
    assert (found.folder, found.name, found.size) == ("campaigns", "a.csv", len(content))
    assert abs(found.modified_ns - before) < 60e9
    assert zone.find("campaigns", "a.csv")[:3] == found[:3]

    assert zone.copy(found, tmp_path / "copy") == hashlib.sha256(content).digest()
    assert (tmp_path / "copy").read_bytes() == content
    assert zone.read(found, 10) == content[:10]
    assert store.names("campaigns") == ["a.csv"]


@pytest.mark.parametrize("place", range(len(AWKWARD)))
def test_names_are_data(zone, store, tmp_path, place):
    name = AWKWARD[place]
    if zone.is_atomic:
        name = name.replace("\n", "\t")  # moto's server takes no key with a line end
    store.put("campaigns", name, b"msisdn\n")
    found = the_one(zone)

    assert found.name == name
    zone.copy(found, tmp_path / "copy")
    assert zone.find("campaigns", name)[:3] == found[:3]
    assert zone.archive(found, "kept.1")
    assert (store.names("campaigns"), store.get("archive", "kept.1")) == ([], b"msisdn\n")


def test_a_file_that_grew_since_it_was_seen_is_not_copied(zone, store, tmp_path):
    store.put("campaigns", "a.csv", b"half")
    found = the_one(zone)
    store.put("campaigns", "a.csv", b"half and the rest")

    with pytest.raises(StillChanging):
        zone.copy(found, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_other_bytes_of_the_same_length_are_another_file(zone, store, tmp_path):
    """Within the same second, too: it is copied late enough for a later write to show."""
    store.put("campaigns", "a.csv", b"first")
    found = the_one(zone)
    first = zone.copy(found, tmp_path / "copy")
    store.put("campaigns", "a.csv", b"other")

    assert first == hashlib.sha256(b"first").digest()
    assert zone.archive(found, "kept.1") is False
    assert (store.get("campaigns", "a.csv"), store.names("archive")) == (b"other", [])
    assert the_one(zone) != found


def test_a_file_that_changes_while_it_is_copied_is_copied_whole_or_not_at_all(zone, store, tmp_path, monkeypatch):
    content = random.Random(2).randbytes(3_000_000)
    store.put("campaigns", "a.csv", content)
    found = the_one(zone)

    def meddled(blocks, target):
        def changing():
            for place, block in enumerate(blocks):
                if place == 1:
                    store.put("campaigns", "a.csv", content[::-1])
                yield block

        return stored(changing(), target)

    for module in (local, sftp, s3):
        monkeypatch.setattr(module, "store", meddled)
    try:
        assert zone.copy(found, tmp_path / "copy") == hashlib.sha256(content).digest()
    except StillChanging:
        assert not (tmp_path / "copy").exists()
    assert zone.archive(found, "kept.1") is False
    assert store.get("campaigns", "a.csv") == content[::-1]


def test_what_is_gone_is_gone(zone, store, tmp_path):
    store.put("campaigns", "a.csv", b"x")
    found = the_one(zone)
    assert zone.archive(found, "kept.1")

    for attempt in (lambda: zone.copy(found, tmp_path / "copy"), lambda: zone.read(found, 9)):
        with pytest.raises(Gone):
            attempt()
    assert zone.archive(found, "kept.1")  # harmless if repeated
    assert store.names("archive") == ["kept.1"]


def test_a_result_takes_the_place_of_the_one_before(zone, store):
    large = random.Random(3).randbytes(5_000_000)
    zone.write("results", "a.csv.1.ack.json", [b"old"])
    zone.write("results", "a.csv.1.ack.json", (large[start : start + 999] for start in range(0, len(large), 999)))

    assert store.names("results") == ["a.csv.1.ack.json"]
    assert store.get("results", "a.csv.1.ack.json") == large


def test_an_empty_result_is_a_file(zone, store):
    zone.write("campaigns", "a.csv.done", [])
    assert store.get("campaigns", "a.csv.done") == b""


def test_a_result_whose_making_fails_leaves_nothing_in_its_place(zone, store):
    zone.write("results", "report.csv", [b"old"])

    def failing():
        yield b"x" * 2_000_000
        raise RuntimeError("no row")

    with pytest.raises(RuntimeError, match="no row"):
        zone.write("results", "report.csv", failing())
    assert store.get("results", "report.csv") == b"old"


def test_links_and_folders_are_no_files(zone, store, tmp_path):
    if zone.is_atomic:
        store.put("campaigns", "2026/", b"")  # what a console makes for a folder
    else:
        (tmp_path / "secret").write_bytes(b"secret")
        (store.root / "campaigns" / "link").symlink_to(tmp_path / "secret")
        (store.root / "campaigns" / "folder").mkdir()

    assert zone.look("campaigns") == []
    assert zone.find("campaigns", "link") is None
