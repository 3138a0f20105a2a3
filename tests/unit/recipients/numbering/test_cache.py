"""Compiled plans are kept in the home for as long as they are right."""

import multiprocessing

import numpy as np
import phonenumbers
import pytest

from outbound.settings import settings
from recipients.numbering import cache
from recipients.numbering.cache import cached
from recipients.numbering.steps import Steps


class Maker:
    """Counts how often it is asked; what it makes says which time it was."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Steps:
        self.times += 1
        return Steps(np.arange(1000), np.full(1000, self.times, np.int8), np.zeros(1000, np.int64))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTBOUND_HOME", str(tmp_path))


@pytest.fixture
def make() -> Maker:
    return Maker()


def path():
    return settings().home / "number_plan" / "region-EG.npz"


def test_a_plan_is_made_once(make):
    first, second = cached("region-EG", make), cached("region-EG", make)

    assert make.times == 1
    assert all((one == other).all() and one.dtype == other.dtype for one, other in zip(first, second, strict=True))
    assert [file.name for file in path().parent.iterdir()] == ["region-EG.npz"], "nothing is left behind"


def test_another_phonenumbers_has_it_made_anew(make, monkeypatch):
    cached("region-EG", make)
    monkeypatch.setattr(phonenumbers, "__version__", "99.0.0")

    assert cached("region-EG", make).codes[0] == 2
    assert cached("region-EG", make).codes[0] == 2


def test_another_form_has_it_made_anew(make, monkeypatch):
    cached("region-EG", make)
    monkeypatch.setattr(cache, "FORM", cache.FORM + 1)

    assert cached("region-EG", make).codes[0] == 2


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "other"])
def test_a_damaged_plan_is_made_anew(make, damage):
    cached("region-EG", make)
    content = bytearray(path().read_bytes())
    if damage == "flipped":
        content[len(content) // 2] ^= 0xFF
    path().write_bytes({"empty": b"", "cut": content[:-100], "flipped": content, "other": b"PK no archive"}[damage])

    assert cached("region-EG", make).codes[0] == 2
    assert cached("region-EG", make).codes[0] == 2, "and kept"


def _made(_: int) -> int:
    return int(cached("region-EG", Maker()).codes[0])


def test_several_processes_may_ask_at_once():
    with multiprocessing.get_context("forkserver").Pool(4) as pool:
        assert pool.map(_made, range(40), chunksize=1) == [1] * 40
    assert [file.name for file in path().parent.iterdir()] == ["region-EG.npz"]


def test_a_failure_to_write_leaves_nothing_behind(make, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space"):
        cached("region-EG", make)
    assert not list(path().parent.iterdir())
