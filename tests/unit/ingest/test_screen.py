"""INTAKE, CONTENT_SCREEN: what is found in a text, against a look at its words one by one."""

import re
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.screen import Screen
from outbound.folding import domain, fold, phrase


def found(text, words=(), links=()):
    return sorted(Screen(words, links).matches([text]))


@pytest.mark.parametrize(
    ("text", "entry", "is_in"),
    [
        ("Win CASH now", "cash", True),
        ("cashier", "cash", False),
        ("e-cash!", "cash", True),  # a hyphen ends a word
        ("cash_back", "cash", False),
        ("ＣＡＳＨ", "cash", True),  # full width
        ("ca\u200bsh", "cash", True),  # an invisible space
        ("Straße", "STRASSE", True),
        ("ΣΟΦΟΣ", "σοφος", True),  # the sigma of a word's end
        ("قرضٌ سَرِيع", "قرض", True),  # diacritics
        ("قـــرض", "قرض", True),  # tatweel
        ("ﻗﺮﺽ", "قرض", True),  # presentation forms
        ("القرض", "قرض", False),  # the article makes another word
        ("قرض ", "قـرض", True),  # the entry is folded as well
        ("free\n money", "Free Money", True),
        ("free-money", "free money", False),
        ("100%", "100%", True),
        ("1100%", "100%", False),
    ],
)
def test_a_word_is_found_whole_in_whatever_form_it_is_written(text, entry, is_in):
    assert found(text, words=[entry]) == ([entry] if is_in else [])


@pytest.mark.parametrize(
    ("text", "is_in"),
    [
        ("go to http://evil.com/x?y=1", True),
        ("HTTPS://WWW.EVIL.COM", True),
        ("www.evil.com", True),
        ("see evil.com.", True),  # the end of a sentence
        ("(evil.com)", True),
        ("a.b.evil.com:8080", True),
        ("ｅｖｉｌ．ｃｏｍ", True),
        ("evil.com/", True),
        ("notevil.com", False),
        ("not-evil.com", False),
        ("evil.com.eg", False),
        ("evil.company", False),
        ("evil com", False),
    ],
)
@pytest.mark.parametrize("entry", ["evil.com", "https://www.Evil.com/offer"])
def test_a_link_is_a_domain_and_what_lies_below_it(text, entry, is_in):
    assert found(text, links=[entry]) == ([entry] if is_in else [])


def test_each_message_counts_once_for_each_entry():
    screen = Screen(["cash", "loan"], ["evil.com"])

    assert screen.matches(["cash cash", "loan cash", "x", "x evil.com", "x evil.com"]) == {
        "cash": 2, "loan": 1, "evil.com": 2,
    }  # fmt: skip


def test_without_lists_nothing_is_found():
    assert not Screen()
    assert Screen().matches(["cash"]) == {}


def test_chunked_arrays_and_nulls_are_counted_too():
    texts = pa.chunked_array([["cash", None, "قَرض"], [], ["Cash قـرض"]], pa.string())

    assert Screen(["cash", "قرض"]).count(texts) == {"cash": 2, "قرض": 2}
    assert Screen(["cash"]).count(pa.chunked_array([], pa.string())) == {}


def test_a_long_list_is_looked_through_in_parts():
    words = [f"word{n}" for n in range(1_000)]

    assert found("word0 word999 word1000", words=words) == ["word0", "word999"]


WORDS = ["cash", "قرض", "straße", "σοφος", "ﬁn"]
LINKS = ["evil.com", "bad.example.org"]
pieces = st.sampled_from(
    ["cash", "CASH", "cashier", "قَرْض", "قـرض", "STRASSE", "Straße", "ΣΟΦΟΣ", "σοφοσ", "FIN", "ﬁn", "evil.com", "x.Evil.Com",
     "notevil.com", "evil.com.eg", "bad.example.org", "good", "é", "日本", "١٢٣", "🙂"]
)  # fmt: skip
texts = st.lists(pieces, max_size=6).flatmap(
    lambda words: st.lists(st.sampled_from([" ", ", ", "\n", " (", "! ", "\u00a0", "/ "]), min_size=len(words), max_size=len(words))
    .map(lambda between: "".join(word + space for word, space in zip(words, between, strict=True)))
)  # fmt: skip


@given(st.lists(texts, max_size=20))
def test_texts_at_once_are_what_a_reader_finds_word_by_word(many):
    expected: Counter[str] = Counter()
    for text in many:
        words = set(re.findall(r"\w+", fold(text)))
        expected.update(entry for entry in WORDS if fold(entry) in words)
        hosts = {host.strip(".") for host in re.findall(r"[\w.-]+", fold(text))}
        expected.update(entry for entry in LINKS if any(f".{host}".endswith(f".{entry}") for host in hosts))

    assert Screen(WORDS, LINKS).matches(many) == expected


@given(st.text(min_size=1, max_size=6), st.lists(st.text(max_size=12), max_size=10))
def test_no_writing_of_a_word_slips_through_the_first_look(word, others):
    """Whatever folds to the word is found, wherever it stands alone."""
    try:
        phrase(word)
    except ValueError:
        return
    texts = [word, word.upper(), word.lower(), word.swapcase(), f"{word} x", f"x {word}", *others]
    expected = [text for text in texts if Screen([word]).matches([fold(text)])]

    assert Screen([word]).matches(texts)[word] == len(expected) >= 1


@pytest.mark.parametrize("written", ["", "localhost", "a b.com", "http://", "..", "@"])
def test_what_is_no_domain_is_refused(written):
    with pytest.raises(ValueError, match="is no domain"):
        domain(written)
