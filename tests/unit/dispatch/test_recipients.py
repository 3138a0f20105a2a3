"""The messages of a batch by columns: as the database gives them, and as they go out."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch import recipients as columns
from dispatch.recipients import SegmentsDiffer
from dispatch.references import concatenation
from smpp.text import segment
from smpp.wire import Joined, OnWire, Wire, put

texts = st.lists(st.text(st.sampled_from("abc @_{€éالعربية😀\n"), max_size=200), min_size=1, max_size=6)


def array(values: list[int], width: int) -> bytes:
    """PostgreSQL's binary form of an array."""
    form = {4: "i", 8: "q"}[width]
    return struct.pack(">iiiii", 1, 0, 23, len(values), 1) + b"".join(
        struct.pack(f">i{form}", width, value) for value in values
    )


def rows(messages: list[str]) -> list[tuple[object, ...]]:
    """What the query gives: a row for all that share alphabet, segments and network; the others between them."""
    groups: dict[tuple[str, int], list[tuple[int, bytes]]] = {}
    for ordinal, text in enumerate(messages, 1):
        cut = segment(text)
        groups.setdefault((cut.encoding.label, len(cut)), []).append((ordinal, text.encode()))
    return [
        (
            encoding, segments, 7, "EG", array([ordinal for ordinal, _ in group], 4),
            array([201000000000 + ordinal for ordinal, _ in group], 8), array([len(text) for _, text in group], 4),
            b"".join(text for _, text in group),
        )
        for (encoding, segments), group in groups.items()
    ]  # fmt: skip


@given(
    texts,
    st.sampled_from([Wire(), Wire(joined=Joined.SAR), Wire(in_payload=True), Wire(latin1=3), Wire(gsm=1, ucs2=9)]),
)
def test_every_segment_is_the_one_of_its_own_text(messages, settings):
    found = columns.from_rows(rows(messages))
    assert found.ordinals.tolist() == list(range(1, len(messages) + 1))
    assert found.msisdns.tolist() == [201000000000 + ordinal for ordinal in found.ordinals.tolist()]
    assert [text.decode() for text in found.texts] == messages

    wired = columns.wire(5, found, settings)

    parts = [
        part
        for ordinal, text in enumerate(messages, 1)
        for part in put(segment(text), settings, concatenation(5, ordinal))
    ]
    tlvs = wired.tlvs or [b""] * len(parts)
    assert parts == [
        OnWire(*one)
        for one in zip(wired.esm_classes.tolist(), wired.data_codings.tolist(), wired.short_messages, tlvs, strict=True)
    ]


def test_a_text_that_is_longer_than_it_was_accepted_with_is_not_sent():
    encoding, _, *rest = rows(["x" * 161])[0]
    with pytest.raises(SegmentsDiffer, match="accepted as 1 segments of gsm, its text makes 2 of gsm"):
        columns.wire(5, columns.from_rows([(encoding, 1, *rest)]), Wire())


def test_a_message_without_its_text_stops_the_batch():
    row = list(rows(["one", "two"])[0])
    with pytest.raises(SegmentsDiffer, match="a text is missing"):
        columns.from_rows([(*row[:-1], b"onetw")])
    null = array([3, 3], 4)[:20] + struct.pack(">ii", 4, 3) + struct.pack(">i", -1) + b"\0\0\0\0"
    with pytest.raises(SegmentsDiffer, match="no number or no text"):
        columns.from_rows([(*row[:6], null, b"one")])


def test_a_batch_of_which_everything_was_given_up_is_empty():
    assert len(columns.from_rows([])) == 0


@given(texts, st.data())
def test_some_of_them_are_the_same_ones(messages, data):
    found = columns.from_rows(rows(messages))
    which = np.array(data.draw(st.lists(st.booleans(), min_size=len(messages), max_size=len(messages))))
    some = found.of(which)
    assert [text.decode() for text in some.texts] == [
        text for text, chosen in zip(messages, which, strict=True) if chosen
    ]
    assert some.ordinals.tolist() == found.ordinals[which].tolist()
