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
    position, line, total = 0, 1, len(text)
    while position < total:
        found = _ROW_END.search(text, position)
        end, following = (found.start(), found.end()) if found else (total, total)
        if text.find('"', position, end) < 0:
            fields = text[position:end].split(delimiter)
            next_line = line + 1
        else:
            fields, end, following, next_line = _quoted_row(text, position, line, delimiter)
        if len(fields) > 1 or text[position:end].strip(" \t"):
            yield Row(line, fields, position, end)
        position, line = following, next_line


def _quoted_row(text: str, position: int, line: int, delimiter: str) -> tuple[list[str], int, int, int]:
    """The row's fields, its end, where the next one begins, and on which line."""
    stop = _stop(delimiter)
    fields: list[str] = []
    while True:
        if text.startswith('"', position):
            close = _closing_quote(text, position, line)
            inside = text[position + 1 : close]
            fields.append(inside.replace('""', '"'))
            opened, line = line, line + len(_ROW_END.findall(inside))
            position = close + 1
            if position < len(text) and not stop.match(text, position):
                raise _unclosed(opened)
        else:
            found = stop.search(text, position)
            end = found.start() if found else len(text)
            fields.append(text[position:end])
            position = end
        if position == len(text):
            return fields, position, position, line
        if text[position] != delimiter:
            following = position + 2 if text.startswith("\r\n", position) else position + 1
            return fields, position, following, line + 1
        position += 1


def _closing_quote(text: str, opening: int, line: int) -> int:
    close = text.find('"', opening + 1)
    while close >= 0 and text.startswith('"', close + 1):
        close = text.find('"', close + 2)
    if close < 0:
        raise _unclosed(line)
    return close


def _stop(delimiter: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(delimiter)}\r\n]")


def _unclosed(line: int) -> Unusable:
    return Unusable(
        "UNCLOSED_QUOTE", "a quote that opens a field is never closed; nothing of the file is sent", line=line
    )
