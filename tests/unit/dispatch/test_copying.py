"""Rows made from columns are the rows that one would write one by one in COPY's binary format."""

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dispatch import copying
from dispatch.copying import Nullable

words = st.binary(max_size=5).map(lambda word: word.rstrip(b"\0"))
rows = st.lists(st.tuples(words, words, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.booleans()), min_size=1)


def one_by_one(*values: bytes | None) -> bytes:
    fields = (b"\xff\xff\xff\xff" if value is None else struct.pack(">i", len(value)) + value for value in values)
    return struct.pack(">h", len(values)) + b"".join(fields)


def split(octets: bytes) -> list[bytes]:
    found = []
    while octets:
        (count,) = struct.unpack_from(">h", octets)
        at = 2
        for _ in range(count):
            (length,) = struct.unpack_from(">i", octets, at)
            at += 4 + max(length, 0)
        found.append(octets[:at])
        octets = octets[at:]
    return found


@given(rows)
def test_the_same_rows_whatever_their_lengths_and_whichever_are_null(table):
    first, second, present, numbers, known = (list(column) for column in zip(*table, strict=True))
    made = copying.rows(
        len(table),
        (
            b"all",
            None,
            np.array(first, "S5"),
            Nullable(np.array(second, "S5"), np.array(present)),
            Nullable(np.array(numbers, ">i8"), np.array(known)),
            np.array(present),
            np.frombuffer(b"ab" * len(table), np.uint8).reshape(-1, 2),
        ),
    )

    expected = [
        one_by_one(
            b"all", None, word, other if is_there else None, struct.pack(">q", number) if is_known else None,
            bytes((is_there,)), b"ab",
        )
        for word, other, is_there, number, is_known in table
    ]  # fmt: skip
    assert sorted(split(made)) == sorted(expected)


def test_what_copy_reads_begins_and_ends_as_it_wants():
    made = copying.joined([b"rows"])
    assert made.startswith(b"PGCOPY\n\xff\r\n\0")
    assert made.endswith(b"rows\xff\xff")


def test_instants_count_from_2000():
    assert copying.instants(np.array([946_684_800_000_001])).tolist() == [1]
    assert copying.instant(946_684_799_999_999) == b"\xff" * 8
