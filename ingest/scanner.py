"""Strict CSV: text to rows of fields, each with the line on which it begins (INTAKE, Reading).

A quote counts where a field begins; elsewhere it is a character. What a quoted field's closing quote is followed by
must be a delimiter or the end of the row: a quote that was never closed would otherwise take the next row's opening
quote for its end, and merge two rows.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ingest.refusal import Unusable

_ROW_END = re.compile(r"\r\n|\n|\r")


class Row(NamedTuple):
    """line: 1.. where the row begins. start, end: its place in the text, without its line end."""

    line: int
    fields: list[str]
    start: int
    end: int


def rows(text: str, delimiter: str) -> Iterator[Row]:
    """All rows but blank ones. Raises Unusable (UNCLOSED_QUOTE) where it meets one."""
    return iter(Scan(text, delimiter))


class Scan:
    """Walks through a text that may be a part of a longer one.

    position, line: where the row after the last one given begins, in the text and in the file. Where more text follows
    (not is_last) it stops there before a row that may go on in it.
    """

    def __init__(self, text: str, delimiter: str, line: int = 1, *, is_last: bool = True) -> None:
        self.position = 0
        self.line = line
        self._text = text
        self._delimiter = delimiter
        self._stop = re.compile(f"[{re.escape(delimiter)}\r\n]")
        self._is_last = is_last

    def __iter__(self) -> Iterator[Row]:
        text, total = self._text, len(self._text)
        while (position := self.position) < total:
            line = self.line
            found = _ROW_END.search(text, position)
            end, following = (found.start(), found.end()) if found else (total, total)
            if text.find('"', position, end) < 0:
                fields = text[position:end].split(self._delimiter)
                next_line = line + 1
            else:
                quoted = self._quoted_row()
                if quoted is None:
                    return
                fields, end, following, next_line = quoted
            if following == total and not self._is_last and text[-1] != "\n":
                return  # the row may go on, or its line end: a CR at the end may be half of a CRLF
            self.position, self.line = following, next_line
            if len(fields) > 1 or text[position:end].strip(" \t"):
                yield Row(line, fields, position, end)

    def _quoted_row(self) -> tuple[list[str], int, int, int] | None:
        """The row's fields, its end, where the next one begins, and on which line; None where it may go on."""
        text, position, line = self._text, self.position, self.line
        fields: list[str] = []
        while True:
            if text.startswith('"', position):
                close = _closing_quote(text, position)
                if close < 0:
                    if self._is_last:
                        raise _unclosed(line)
                    return None
                inside = text[position + 1 : close]
                fields.append(inside.replace('""', '"'))
                opened, line = line, line + len(_ROW_END.findall(inside))
                position = close + 1
                if position < len(text) and not self._stop.match(text, position):
                    raise _unclosed(opened)
            else:
                found = self._stop.search(text, position)
                end = found.start() if found else len(text)
                fields.append(text[position:end])
                position = end
            if position == len(text):
                return fields, position, position, line
            if text[position] != self._delimiter:
                following = position + 2 if text.startswith("\r\n", position) else position + 1
                return fields, position, following, line + 1
            position += 1


def _closing_quote(text: str, opening: int) -> int:
    """Where the field ends that this quote opens, or -1."""
    close = text.find('"', opening + 1)
    while close >= 0 and text.startswith('"', close + 1):
        close = text.find('"', close + 2)
    return close


def _unclosed(line: int) -> Unusable:
    return Unusable(
        "UNCLOSED_QUOTE", "a quote that opens a field is never closed; nothing of the file is sent", line=line
    )
