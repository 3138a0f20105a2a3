"""What a seeded hand does to a good file: to its rows, to its octets, to its manifest."""

import json
import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.fuzz_files.tables import Made, Table

_TOKENS = (
    b"\0", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b'""', b'","', b"\r", b"\n", b"\r\n", b"\n\n\n", b",", b";", b"\t", b"|",
    b"\xe2\x80\xa8", b"\xc2\x85", b"\xd9", b"\xf0\x9f\x98", b"=1+1", b"2.01E+11", b"<html>", b"{", b"]", b"PK\x03\x04", b"\x1f\x8b", b"%PDF",
    b"9" * 40, b"a" * 10_001, b"{name}", b"'", b"\xe2\x80\x8f",
)  # fmt: skip
_VALUES = (
    "2.01001E+11", "=1+1", '=HYPERLINK("x")', "'201000000000", "a\0b", "x" * 10_001, "", " ", "201000000000;201000000001", "NULL", "-",
    "٢٠١٠٠٠٠٠٠٠٠٠", "1e400", "nan", "2026-13-45", "perhaps", "{name}", "\ufeff", "\u202e", '"', 'x"y', "\r", 3.5, -1, True, None,
    datetime(2026, 1, 31),
)  # fmt: skip
_NAMES = ("msisdn", "phone", "text", "action", "consent_date", "", "name", "x" * 300, "ا", "a\0b", "template")
_OPTIONS: tuple[tuple[str, Any], ...] = (
    ("rows", 0), ("rows", "3"), ("sha256", "0" * 64), ("sha256", 1), ("template", "{nobody}"), ("template", ""), ("template", ["x"]),
    ("template", "{{{"), ("encoding", "klingon"), ("encoding", "utf-16"), ("encoding", "base64"), ("encoding", "cp1256"), ("delimiter", "x"),
    ("delimiter", ";"), ("sender", "NOBODY"), ("sender", {}), ("schedule", "yesterday"), ("schedule", "2020-01-01T00:00"), ("end", "2020-01-01"),
    ("class", "urgent"), ("validity", "9999d"), ("spread", "0m"), ("daily_window", "25:00-26:00"), ("daily_window", "09:00-09:00"),
    ("header", False), ("columns", []), ("max_segments", 0), ("max_segments", 1), ("rate", -1), ("batch_ref", "x" * 300), ("batch_ref", 7),
    ("surprise", 1), ("on_insufficient_balance", "partial"), ("rows", 7**35), ("text", None), ("sender", "\ud800"),
)  # fmt: skip
_NOT_JSON = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe{}",
    b'{"rows": NaN}',
    b"[" * 5000,
    b'{"sender": "\\u0000"}',
    b"{}{}",
    b"\xef\xbb\xbf{}",
)


def of_rows(rng: random.Random, what: Table) -> None:
    """Values, rows and names that people and their spreadsheets write."""
    rows = what.rows
    for _ in range(rng.choice((1, 1, 2, 5))):
        row = rows[rng.randrange(len(rows))] if rows else []
        choice = rng.randrange(8)
        if choice < 3 and row:
            row[rng.randrange(len(row))] = rng.choice(_VALUES)
        elif choice == 3 and row:
            del row[rng.randrange(len(row))]
        elif choice == 4:
            row.append(rng.choice(_VALUES))
        elif choice == 5 and rows:
            rows.insert(rng.randrange(len(rows) + 1), list(rng.choice(rows)))
        elif choice == 6 and rows:
            del rows[rng.randrange(len(rows)) :]
        else:
            what.header[rng.randrange(len(what.header))] = rng.choice(_NAMES)


def of_octets(rng: random.Random, octets: bytes) -> bytes:
    """One to a few changes anywhere."""
    changed = bytearray(octets)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        rng.choice(_CHANGES)(rng, changed, rng.randrange(len(changed) + 1))
    return bytes(changed)


def _flip(rng: random.Random, octets: bytearray, at: int) -> None:
    if at < len(octets):
        octets[at] ^= 1 << rng.randrange(8)


def _delete(rng: random.Random, octets: bytearray, at: int) -> None:
    del octets[at : at + rng.choice((1, 1, 2, 30))]


def _insert(rng: random.Random, octets: bytearray, at: int) -> None:
    octets[at:at] = rng.choice(_TOKENS)


def _begin(rng: random.Random, octets: bytearray, at: int) -> None:
    octets[:0] = rng.choice(_TOKENS)


def _cut(rng: random.Random, octets: bytearray, at: int) -> None:
    del octets[at:]


def _double(rng: random.Random, octets: bytearray, at: int) -> None:
    octets[at:at] = octets[at : at + rng.randrange(1, 200)]


def _swap(rng: random.Random, octets: bytearray, at: int) -> None:
    """One octet for another, from a place on: delimiters, quotes, line ends."""
    old, new = rng.sample((b",", b";", b"\t", b"|", b'"', b"\n", b"\r", b" "), 2)
    octets[at:] = bytes(octets[at:]).replace(old, new, rng.choice((1, 3, -1)))


def _noise(rng: random.Random, octets: bytearray, at: int) -> None:
    octets[at : at + 20] = rng.randbytes(20)


_CHANGES: tuple[Callable[[random.Random, bytearray, int], None], ...] = (
    _flip, _delete, _insert, _insert, _begin, _cut, _double, _swap, _noise,
)  # fmt: skip


def of_manifest(rng: random.Random, made: Made) -> bytes:
    """A manifest that contradicts its file, is of the wrong types, or is no JSON."""
    if rng.random() < 0.3:
        return rng.choice(_NOT_JSON)
    changed = {**(made.manifest or {}), **dict(rng.sample(_OPTIONS, rng.choice((1, 1, 2))))}
    written = json.dumps(changed).encode()
    return of_octets(rng, written) if rng.random() < 0.2 else written
