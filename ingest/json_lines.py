"""JSON Lines as a source of chunks: one flat object a line, numbers as they are written (INTAKE, Reading)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from ingest import chunking, header
from ingest.chunk import Chunk
from ingest.chunking import Read
from ingest.layout import Layout
from ingest.refusal import Unusable
from ingest.text import LARGEST_ROW, Blocks
from recipients.reason import Reason, code

_WORDS: dict[Any, str] = {None: "", True: "true", False: "false"}
_HALF = re.compile(r"\\ud[89a-f]", re.IGNORECASE)  # JSON can write halves of surrogate pairs, which are no characters
_FIELD_COUNT, _BAD_BYTE = code(Reason.FIELD_COUNT), code(Reason.BAD_BYTE)


class _Broken(ValueError):
    """The line is not one flat object."""


@dataclass
class JsonLinesSource:
    """header: the keys of the first object. An object with other keys, or not flat, is FIELD_COUNT."""

    header: list[str]
    recipient: int
    encoding: str
    blocks: Blocks
    skipped: int = 0

    def chunks(self) -> Iterator[Chunk]:
        read = (self._read(line, written) for line, written in _lines(self.blocks))
        yield from chunking.chunks_of(read, len(self.header))

    def _read(self, line: int, written: str) -> Read:
        try:
            found, fault = _object(written), 0
        except (ValueError, RecursionError):
            found, fault = {}, _FIELD_COUNT
        fields = [found.get(name, "") for name in self.header]
        if len(found) != len(fields) or not all(name in found for name in self.header):
            fault = _FIELD_COUNT
        if _HALF.search(written) and any(map(_has_half_a_pair, fields)):
            fields, fault = [_without_halves(field) for field in fields], fault or _BAD_BYTE
        return Read(line, fields, fault or chunking.shape_fault(fields, len(fields)), written)


def open_json_lines(blocks: Blocks, encoding: str, layout: Layout) -> JsonLinesSource:
    """Raises Unusable: NOT_A_TABLE where the first line is no flat object, or what its keys are as a header."""
    _, written = next(_lines(blocks))
    try:
        names = list(_object(written))
    except (ValueError, RecursionError) as error:
        raise Unusable(
            "NOT_A_TABLE", "JSON, but not one flat object a line: send JSON Lines, or CSV", line=1
        ) from error
    if any(_has_half_a_pair(name) for name in names):
        raise Unusable("BAD_BYTE", "a key holds half of a surrogate pair")
    return JsonLinesSource(names, header.recipient(names, layout), encoding, blocks)


def _lines(blocks: Blocks) -> Iterator[tuple[int, str]]:
    """Lines that are not blank with their numbers; ends are CRLF, LF and CR: JSON has none of them within a value."""
    kept, line = b"", 0
    for block in blocks():
        lines = (kept + block).splitlines(keepends=True)
        kept = b"" if lines[-1].endswith(b"\n") else lines.pop()
        for octets in lines:
            line += 1
            if octets.strip():
                yield line, octets.decode().rstrip("\r\n")
        if len(kept) > LARGEST_ROW:
            raise Unusable("FIELD_TOO_LONG", f"a line is longer than {LARGEST_ROW} bytes", line=line + 1)
    if kept.strip():
        yield line + 1, kept.decode().rstrip("\r\n")


def _object(written: str) -> dict[str, str]:
    """The object of a line, its values as text."""
    found = _DECODER.decode(written)
    if not isinstance(found, tuple):
        raise _Broken
    values = {key: value if isinstance(value, str) else _word(value) for key, value in found}
    if len(values) < len(found):
        raise _Broken
    return values


def _word(value: Any) -> str:
    if isinstance(value, tuple | list):
        raise _Broken
    return _WORDS[value]


def _refuse(constant: str) -> NoReturn:
    """NaN and Infinity are no JSON."""
    raise _Broken(constant)


_DECODER = json.JSONDecoder(object_pairs_hook=tuple, parse_int=str, parse_float=str, parse_constant=_refuse)


def _has_half_a_pair(value: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in value)


def _without_halves(value: str) -> str:
    return value.encode("utf-8", "replace").decode()
