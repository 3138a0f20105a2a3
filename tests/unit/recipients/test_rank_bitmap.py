"""INTAKE, Speed: sets of numbers and their ranks, against a dictionary."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipients import rank_bitmap
from recipients.rank_bitmap import DamagedSet, RankBitmap, SortedNumbers

PAGE = 1 << 16
WORD = 64
EGYPT = 201_000_000_000 // PAGE * PAGE


def written(path, numbers):
    with path.open("wb") as file:
        rank_bitmap.write(np.array(sorted(numbers), np.int64), file)
    return rank_bitmap.load(path)


def expected(numbers, asked):
    ranks = {number: rank for rank, number in enumerate(sorted(numbers))}
    return [ranks.get(number, -1) for number in asked]


def agree(found, numbers, asked):
    assert len(found) == len(numbers)
    assert found.ranks(np.array(asked, np.int64)).tolist() == expected(numbers, asked)


def around(numbers):
    """The numbers, their neighbours, and those a word, a page and many pages away."""
    steps = (0, 1, WORD - 1, WORD, PAGE - 1, PAGE, 1000 * PAGE, 10**14)
    return [number + sign * step for number in numbers for step in steps for sign in (1, -1)]


def test_the_edges_of_words_and_pages(tmp_path):
    dense = set(range(EGYPT - 5000, EGYPT + 5000))  # two pages, filled as densely as a bitmap takes
    edges = {EGYPT + page * PAGE + at for page in range(3) for at in (0, 1, 63, 64, PAGE - 65, PAGE - 64, PAGE - 1)}
    found = written(tmp_path / "set", dense | edges)

    assert isinstance(found, RankBitmap)
    agree(found, dense | edges, around(sorted(edges | {EGYPT - 5000, EGYPT + 4999})))


def test_a_whole_page_and_a_page_between_that_is_empty(tmp_path):
    numbers = set(range(EGYPT, EGYPT + PAGE)) | set(range(EGYPT + 2 * PAGE, EGYPT + 3 * PAGE))
    found = written(tmp_path / "set", numbers)

    assert isinstance(found, RankBitmap)
    agree(found, numbers, range(EGYPT - 2 * PAGE, EGYPT + 4 * PAGE, 7))


@pytest.mark.parametrize("numbers", [set(), {EGYPT}, {EGYPT, EGYPT + 10**12}])
def test_a_handful_is_kept_as_it_is(tmp_path, numbers):
    found = written(tmp_path / "set", numbers)

    assert isinstance(found, SortedNumbers)
    agree(found, numbers, [*around([EGYPT, EGYPT + 10**12]), 0, -1, 10**15, 2**63 - 1, -(2**63)])


def test_what_no_number_can_be_is_no_member(tmp_path):
    numbers = set(range(EGYPT, EGYPT + PAGE))
    agree(written(tmp_path / "set", numbers), numbers, [0, -1, -EGYPT, 10**15, 2**63 - 1, -(2**63)])


def test_pages_too_far_apart_for_an_array_are_searched(tmp_path):
    far = 900_000_000_000_000 // PAGE * PAGE
    numbers = set(range(EGYPT, EGYPT + PAGE)) | set(range(far, far + PAGE))
    found = written(tmp_path / "set", numbers)

    assert isinstance(found, RankBitmap)
    agree(found, numbers, [*around([EGYPT, EGYPT + PAGE - 1, far, far + PAGE - 1]), -1, 2**63 - 1])


def test_nobody_asked_is_nobody_found(tmp_path):
    for numbers in (set(), {EGYPT}, set(range(EGYPT, EGYPT + PAGE))):
        agree(written(tmp_path / "set", numbers), numbers, [])


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 6), st.sampled_from([0.0001, 0.01, 0.2, 0.7]))
def test_random_sets_agree_with_a_dictionary(tmp_path_factory, seed, pages, share):
    chance = random.Random(seed)
    starts = chance.sample(range(EGYPT, EGYPT + 40 * PAGE, PAGE), pages)
    numbers = {start + at for start in starts for at in range(PAGE) if chance.random() < share}
    asked = [*chance.sample(sorted(numbers), min(500, len(numbers))), *around(chance.sample(starts, 1))]
    asked += [chance.randrange(EGYPT - PAGE, EGYPT + 41 * PAGE) for _ in range(500)]
    chance.shuffle(asked)

    agree(written(tmp_path_factory.mktemp("set") / "set", numbers), numbers, asked)


def test_blocks_while_building_and_asking_leave_no_seam(tmp_path, monkeypatch):
    chance = random.Random(7)
    numbers = {EGYPT + at for at in range(3 * PAGE) if chance.random() < 0.6}
    for building, asking in ((7, 1), (63, 64), (1000, 777)):
        monkeypatch.setattr(rank_bitmap, "_BUILD_BLOCK", building)
        monkeypatch.setattr(rank_bitmap, "_BLOCK", asking)
        agree(written(tmp_path / "set", numbers), numbers, range(EGYPT - 10, EGYPT + 3 * PAGE + 10, 11))


@pytest.mark.parametrize("numbers", [{EGYPT, EGYPT + 5}, set(range(EGYPT, EGYPT + PAGE))])
def test_a_file_that_is_not_whole_is_refused(tmp_path, numbers):
    whole = tmp_path / "set"
    written(whole, numbers)
    content = whole.read_bytes()
    for damaged in (b"", content[:40], content[:-1], content + b"\0", b"\0" * len(content)):
        whole.write_bytes(damaged)
        with pytest.raises(DamagedSet, match="remove it"):
            rank_bitmap.load(whole)
