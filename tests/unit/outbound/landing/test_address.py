"""One URL says where a landing zone is."""

from pathlib import Path

import pytest

from outbound.landing.address import Bucket, Folder, Sftp, WrongLanding, parse


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTBOUND_HOME", "/srv/home")


@pytest.mark.parametrize(
    ("landing", "place"),
    [
        ("zones/nile", "/srv/home/zones/nile"),
        (".outbound/zones/nile", "/srv/home/zones/nile"),
        ("/mnt/nile", "/mnt/nile"),
        ("file:///mnt/nile", "/mnt/nile"),
        ("file://localhost/mnt/nile", "/mnt/nile"),
        ("file:///mnt/nile%20foods", "/mnt/nile foods"),
        ("zones/nile%20foods", "/srv/home/zones/nile%20foods"),
    ],
)
def test_a_landing_zone_is_a_folder(landing: str, place: str) -> None:
    assert parse(landing) == Folder(Path(place))


@pytest.mark.parametrize(
    ("landing", "where"),
    [
        ("sftp://nile@files.example/in", Sftp("files.example", 22, "nile", "/in")),
        ("sftp://nile@files.example:2222/in/", Sftp("files.example", 2222, "nile", "/in")),
        ("sftp://files.example", Sftp("files.example", 22, "", "")),
        ("sftp://files.example/", Sftp("files.example", 22, "", "/")),
        ("sftp://nile@files.example/~", Sftp("files.example", 22, "nile", "")),
        ("sftp://nile@files.example/~/in", Sftp("files.example", 22, "nile", "in")),
        ("sftp://a%40b@[::1]:22/x%20y", Sftp("::1", 22, "a@b", "/x y")),
        ("s3://drops", Bucket("drops", "")),
        ("s3://drops/nile", Bucket("drops", "nile/")),
        ("s3://drops/nile%20foods/in/", Bucket("drops", "nile foods/in/")),
    ],
)
def test_or_of_a_server_or_a_bucket(landing: str, where: object) -> None:
    assert parse(landing) == where


@pytest.mark.parametrize(
    ("landing", "why"),
    [
        ("file://host/nile", "names no other machine"),
        ("ftp://host/nile", "ftp:// is not supported"),
        ("sftp:///nile", "names no host"),
        ("sftp://host:ssh/nile", "the port is a number"),
        ("sftp://host/nile?key=1", "nothing may follow the path"),
        ("sftp://nile:hunter2@[host/in", "Invalid IPv6"),
        ("s3:///nile", "names no bucket"),
        ("s3://drops:9000/nile", "names no bucket"),
        ("sftp://nile:hunter2@host/in", "holds a password.*OUTBOUND_LANDING_<ACCOUNT>_PASSWORD"),
        ("s3://key:hunter2@drops/in", "holds a password"),
    ],
)
def test_what_cannot_be_meant_is_refused(landing: str, why: str) -> None:
    with pytest.raises(WrongLanding, match=why) as refused:
        parse(landing)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ("zones/nile", "zones/nile/results", True),
        ("zones/nile", "zones/nile2", False),
        ("zones/nile", "sftp://nile@h/zones/nile", False),
        ("sftp://u@h/in", "sftp://u@h/in/nile", True),
        ("sftp://u@h/in", "sftp://u@h/in2", False),
        ("sftp://u@h/", "sftp://v@h/", False),
        ("sftp://u@h/~", "sftp://u@h/~/in", True),
        ("s3://drops", "s3://drops/nile", True),
        ("s3://drops/nile", "s3://drops/nile2", False),
        ("s3://drops/nile", "s3://others/nile", False),
    ],
)
def test_zones_that_lie_in_each_other_are_seen(one: str, other: str, overlap: bool) -> None:
    assert parse(one).overlaps(parse(other)) is overlap
    assert parse(other).overlaps(parse(one)) is overlap
