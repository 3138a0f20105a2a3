"""One URL says where a landing zone is."""

from pathlib import Path

import pytest

from outbound.landing import UnsupportedLanding, folder


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
    assert folder(landing) == Path(place)


@pytest.mark.parametrize("landing", ["sftp://host/nile", "s3://bucket/nile", "file://host/nile"])
def test_what_cannot_be_reached_is_refused(landing: str) -> None:
    with pytest.raises(UnsupportedLanding, match="landing zone"):
        folder(landing)
