"""The stream is cut by command_length, however the network chops it; an impossible length ends the session."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smpp import codec, status
from smpp.frames import Frames, FramingLost
from smpp.pdu import EnquireLink, GenericNack, SubmitSm

PDUS = [codec.encode(SubmitSm(sequence=i, short_message=b"x" * (i * 20))) for i in range(1, 6)]


@given(st.lists(st.integers(1, 200), min_size=1, max_size=40))
def test_any_chopping_gives_the_same_pdus(sizes):
    stream, frames, got = b"".join(PDUS), Frames(), []
    for size in [*sizes, len(stream)]:
        got += frames.feed(stream[:size]).frames()
        stream = stream[size:]

    assert got == PDUS


def test_octet_by_octet():
    frames, got = Frames(), []
    for octet in b"".join(PDUS):
        got += frames.feed(bytes((octet,))).frames()

    assert got == PDUS


@pytest.mark.parametrize("length", [0, 15, 70_001, 0xFFFFFFFF])
def test_an_impossible_length_loses_the_framing_but_not_what_came_before(length):
    broken = length.to_bytes(4) + codec.encode(EnquireLink(sequence=77))[4:]

    with pytest.raises(FramingLost, match=f"{length} octets") as error:
        Frames().feed(PDUS[0] + PDUS[1] + broken)

    assert error.value.read.frames() == PDUS[:2]
    assert not error.value.survives
    assert error.value.answer() == GenericNack(sequence=77, status=status.RINVCMDLEN)


def test_four_octets_are_enough_to_see_it():
    with pytest.raises(FramingLost) as error:
        Frames().feed(b"GET /")

    assert error.value.sequence == 0


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_no_stream_is_a_crash(chunks):
    frames = Frames()
    with contextlib.suppress(FramingLost):
        for chunk in chunks:
            assert all(len(frame) >= 16 for frame in frames.feed(chunk).frames())


@given(st.lists(st.sampled_from(range(5)), min_size=1, max_size=30))
def test_pdus_of_one_command_and_length_are_rows_in_the_order_that_they_came(order):
    read = Frames().feed(b"".join(PDUS[i] for i in order))

    for kind in read.offsets:
        rows = [row.tobytes() for row in read.matrix(kind)]
        assert rows == [PDUS[i] for i in order if len(PDUS[i]) == kind[1]]
    assert read.frames() == [PDUS[i] for i in order]
