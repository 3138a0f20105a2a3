"""Texts folded so that what looks the same is the same, for lists of words and of links that people write by hand."""

import re
import unicodedata

_MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640"  # Arabic diacritics and tatweel
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # soft hyphen, joiners, direction marks
_ISOLATED = "\ufe70-\ufe7f"  # diacritics as signs of their own: NFKC would put spaces beside them
IGNORED_BEFORE = f"[{_INVISIBLE}{_ISOLATED}]"
"""What is taken off before NFKC; as a regular expression, for who folds many texts at once."""
IGNORED_AFTER = f"[{_MARKS}{_INVISIBLE}]"
_BEFORE, _AFTER = re.compile(IGNORED_BEFORE), re.compile(IGNORED_AFTER)


def fold(text: str) -> str:
    """NFKC, case folded, without Arabic diacritics, tatweel and invisible characters."""
    composed = unicodedata.normalize("NFKC", _BEFORE.sub("", text))
    return _AFTER.sub("", unicodedata.normalize("NFKC", composed.casefold()))


def phrase(text: str) -> list[str]:
    """The folded words of an entry of a list. ValueError where there is none."""
    words = fold(text).split()
    if not words:
        raise ValueError(f"{text!r} is no word that can be looked for")
    return words


def domain(link: str) -> str:
    """ "https://www.Example.com/offer" and "example.com" are both example.com. ValueError where it names no domain."""
    found = re.sub(r"^(https?://)?(www\.)?", "", fold(link).strip()).split("/")[0].strip(".")
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", found):
        raise ValueError(f"{link!r} is no domain: write one like example.com")
    return found
