"""A text in blocks of UTF-8, and its beginning: what it is, and its first row (INTAKE, Reading)."""

import codecs
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ingest.refusal import Unusable
from ingest.scanner import Row, Scan

LARGEST_ROW = 16 * 2**20  # bytes; what is longer was never closed, or is no table
_START = 1000  # characters

Blocks = Callable[[], Iterator[bytes]]
"""The text as UTF-8, in blocks of any size, from its beginning at each call."""


class First(NamedTuple):
    """The first row that is not blank; where the next one begins, in bytes of the text, and on which line."""

    row: Row | None
    following: int
    line: int


class Head:
    """The beginning of a text, read as far as it is asked for."""

    def __init__(self, blocks: Blocks) -> None:
        self._all = blocks
        self._blocks = blocks()
        self._octets = b""
        self._is_last = False
        self._grow()

    @property
    def first_character(self) -> str:
        """That is no space, of the first line or so."""
        return self._text()[:_START].lstrip()[:1]

    def is_empty(self) -> bool:
        """Whether there is nothing but space in the whole text."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        return not any(decoder.decode(block).strip() for block in self._all())

    def first_row(self, delimiter: str) -> First:
        """Raises Unusable where a quote is not closed, or the row has no end."""
        while True:
            text = self._text()
            scan = Scan(text, delimiter, is_last=self._is_last)
            row = next(iter(scan), None)
            if row is not None or self._is_last:
                return First(row, len(text[: scan.position].encode()), scan.line)
            refuse_endless(self._octets, delimiter, 1)
            self._grow()

    def _text(self) -> str:
        return codecs.utf_8_decode(self._octets, "strict", self._is_last)[0]

    def _grow(self) -> None:
        block = next(self._blocks, None)
        self._is_last = block is None
        self._octets += block or b""


def after(blocks: Iterator[bytes], skip: int) -> Iterator[bytes]:
    """The blocks without the first so many bytes."""
    for block in blocks:
        if skip < len(block):
            yield block[skip:]
        skip = max(0, skip - len(block))


def refuse_endless(octets: bytes, delimiter: str, line: int) -> None:
    """Raises Unusable for a row that goes on and on: UNCLOSED_QUOTE, or FIELD_TOO_LONG for the file."""
    if len(octets) <= LARGEST_ROW:
        return
    text = codecs.utf_8_decode(octets, "strict", False)[0]
    for _ in Scan(text, delimiter, line):
        break
    raise Unusable("FIELD_TOO_LONG", f"a row, or the space before it, is longer than {LARGEST_ROW} bytes", line=line)
