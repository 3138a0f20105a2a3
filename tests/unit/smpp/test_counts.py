"""Segments of many texts at once: equal to the cut itself, text by text."""

import random
from functools import cache

import gsmcodecs  # noqa: F401 - registers its codecs
import numpy as np
import pyarrow as pa
import pytest

from smpp import counts
from smpp.text import count_segments, encoding_of

_CHARACTERS = "aZ09 @£é\n_ÄñΔΩ~[]{}\\|^€`çêŞمرحبا\t\x0c中文—😀🇪🇬𝒳\x00\x7f\x80߿"


def segments(found, texts):
    return counts.segments(found, np.ones(len(texts), bool), texts.__getitem__).tolist()


def check(texts):
    found = counts.units(pa.array(texts, pa.string()))
    assert [bool(gsm) for gsm in found.is_gsm] == [encoding_of(text).label == "gsm" for text in texts]
    assert segments(found, texts) == [count_segments(text) for text in texts]


@cache
def septets(character):
    """By another implementation of the alphabet; 0: it lacks it."""
    try:
        return len(character.encode("gsm23.038-0-0", "strict"))
    except UnicodeEncodeError:
        return 0


def by_hand(text):
    """Segments, filled character by character."""
    is_gsm = all(map(septets, text))
    sizes = [septets(character) if is_gsm else len(character.encode("utf-16-be")) // 2 for character in text]
    alone, part = (160, 153) if is_gsm else (70, 67)
    if sum(sizes) <= alone:
        return 1
    count, room = 1, part
    for size in sizes:
        if size > room:
            count, room = count + 1, part
        room -= size
    return count


def test_a_hundred_thousand_texts_are_counted_as_by_hand():
    chance = random.Random(2338)
    texts = [
        "".join(chance.choices(chance.choice([_CHARACTERS[:10], _CHARACTERS[:22], _CHARACTERS]), k=length))
        for length in chance.choices([0, 3, 30, 69, 71, 135, 150, 160, 170, 310, 470], [1, 5, 9, 2, 2, 2, 2, 2, 2, 2, 1], k=100_000)
    ]  # fmt: skip
    assert segments(counts.units(pa.array(texts, pa.string())), texts) == list(map(by_hand, texts))


def test_random_texts_are_counted_as_they_will_be_cut():
    chance = random.Random(338)
    texts = []
    for _ in range(3_000):
        characters = chance.choice([_CHARACTERS[:10], _CHARACTERS[:22], _CHARACTERS])
        texts.append("".join(chance.choices(characters, k=chance.choice([0, 1, 5, 70, 140, 160, 306, 320, 500]))))
    check(texts)


@pytest.mark.parametrize("pair", ["€", "[", "😀"])
def test_every_boundary_with_a_pair_astride_it(pair):
    filler = "a" if pair != "😀" else "ب"
    for size in (67, 70, 134, 153, 160, 201, 306, 459):
        check([filler * (size + at) + pair + filler * after for at in range(-3, 4) for after in (0, 1, 66, 152, 153)])


def test_texts_of_one_alphabet_at_its_limits():
    check(["a" * size for size in range(150, 165)] + ["ب" * size for size in range(60, 75)] + [""])


def test_a_part_of_an_array_is_counted_by_itself():
    texts = ["€" * 90, "", "مرحبا", "x" * 161, "😀" * 40]
    whole = pa.array(texts, pa.string())
    found = counts.units(whole.slice(1, 3))
    assert segments(found, texts[1:4]) == [1, 1, 2]


def test_pieces_add_up_to_their_texts():
    names = ["Mona", "منى", "€" * 80, "😀", ""]
    pieces = [counts.same("Dear ", 5), counts.units(pa.array(names)), counts.same(", pay [10 €]." + "x" * 120, 5)]
    texts = [f"Dear {name}, pay [10 €]." + "x" * 120 for name in names]
    assert segments(counts.joined(pieces), texts) == [count_segments(text) for text in texts]
