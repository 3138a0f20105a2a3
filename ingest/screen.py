"""Which listed words and links texts hold, and in how many of them (INTAKE, CONTENT_SCREEN). It never gives a text back.

Texts and entries are folded alike. Most texts hold nothing: one regular expression over many texts at once, which lets
through more rather than less, leaves a few for the exact look at each. Texts that need no folding are the most, too.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc

from ingest import options
from ingest.accounts import Account
from outbound.folding import IGNORED_AFTER, IGNORED_BEFORE, domain, fold, phrase
from outbound.queries import load

C = load("ingest/campaigns")

_PLAIN = "^[\\x00-\\x7f\u060c\u061b\u061f\u0621-\u063a\u0641-\u064a\u0660-\u0669]*$"  # folded by lower case alone
_RUN = re.compile(r"\w+")
_BLOCK = 200  # entries of one expression: more would be too large for the engine that runs it


class Screen:
    """Lists of words and links. A word is found as a whole word, a link's domain with its subdomains, after http(s)://,
    www. or nothing."""

    def __init__(self, words: Iterable[str] = (), links: Iterable[str] = ()) -> None:
        entries = [(entry, *_word(entry)) for entry in words] + [(entry, *_link(entry)) for entry in links]
        self._by_run: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        for entry, pattern, hint in entries:
            longest = max(_RUN.findall(hint), key=len, default="")
            self._by_run.setdefault(longest, []).append((entry, re.compile(pattern)))
        hints = [hint for _, _, hint in entries]
        self._hints = ["|".join(map(re.escape, hints[n : n + _BLOCK])) for n in range(0, len(hints), _BLOCK)]

    def __bool__(self) -> bool:
        return bool(self._by_run)

    def matches(self, texts: list[str]) -> Counter[str]:
        """entry -> how many of the texts hold it; entries as they were given, those that none holds left out."""
        return self.count(pa.array(texts, pa.string()))

    def count(self, texts: Any) -> Counter[str]:
        """The same of a pyarrow string array or chunked array; nulls hold nothing. Its time is that of a few passes over
        the texts, and of an exact look at each different text that may hold something."""
        found: Counter[str] = Counter()
        if not self:
            return found
        for one in pc.value_counts(texts.filter(self._suspects(texts))).to_pylist():
            for entry in self._held(fold(one["values"])):
                found[entry] += one["counts"]
        return found

    def _held(self, folded: str) -> set[str]:
        """The entries in a text, however long the lists: only those are tried that one of its words belongs to."""
        runs = {"", *_RUN.findall(folded)} & self._by_run.keys()
        return {entry for run in runs for entry, pattern in self._by_run[run] if pattern.search(folded)}

    def _suspects(self, texts: Any) -> Any:
        """Of each text whether it may hold an entry."""
        is_plain = pc.fill_null(pc.match_substring_regex(texts, _PLAIN), True)
        if pc.all(is_plain).as_py():
            return self._hinted(texts)
        odd = texts.filter(pc.invert(is_plain))
        folded = pc.utf8_lower(pc.utf8_normalize(_without(odd, IGNORED_BEFORE), "NFKC"))
        folded = _without(folded, IGNORED_AFTER)
        odd = pc.or_(self._hinted(folded), pc.match_substring_regex(folded, _unlike_lower()))
        plain = pc.if_else(is_plain, self._hinted(texts), False)
        return pc.replace_with_mask(_whole(plain), _whole(pc.invert(is_plain)), _whole(odd))

    def _hinted(self, folded: Any) -> Any:
        found = pc.match_substring_regex(folded, self._hints[0], ignore_case=True)
        for more in self._hints[1:]:
            found = pc.or_(found, pc.match_substring_regex(folded, more, ignore_case=True))
        return pc.fill_null(found, False)


def of_account(connection: psycopg.Connection, account: Account) -> Screen:
    """The platform's lists and the account's own."""
    own = options.policy(account.defaults).content_screen
    listed = connection.execute(C.content_screen).fetchall()
    words = [entry for kind, entry in listed if kind == "word"] + list(own.words)
    links = [entry for kind, entry in listed if kind == "link"] + list(own.links)
    return Screen(words, links)


def _word(entry: str) -> tuple[str, str]:
    """(the exact pattern, a piece that each text with it holds) over folded texts; any space between its words will do."""
    parts = phrase(entry)
    spaced = r"\s+".join(map(re.escape, parts))
    return rf"(?<!\w){spaced}(?!\w)", max(parts, key=len)


def _link(entry: str) -> tuple[str, str]:
    name = domain(entry)
    return rf"(?<![\w-]){re.escape(name)}(?![\w-]|\.\w)", name


@cache
def _unlike_lower() -> str:
    """The characters whose folded form is not their lower case: what holds one is looked at exactly."""
    characters = map(chr, range(0x80, 0x1F000))  # there are no cases beyond
    odd = [one for one in characters if one.casefold() != one.lower() or len(one.lower()) > 1]
    return "[" + "".join(f"\\x{{{ord(one):x}}}" for one in odd) + "]"


def _without(texts: Any, ignored: str) -> Any:
    """Looking is cheaper than replacing, and most texts have nothing to replace."""
    if not pc.any(pc.match_substring_regex(texts, ignored)).as_py():
        return texts
    return pc.replace_substring_regex(texts, ignored, "")


def _whole(array: Any) -> Any:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
