"""Answers by the run are what the codec makes one by one, and no answer is lost to a sloppy carrier."""

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from smpp import answers, codec
from smpp.pdu import DataSmResp, DeliverSmResp, SubmitSmResp

message_ids = st.binary(max_size=64).map(lambda value: value.replace(b"\0", b"0"))


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF), message_ids)
def test_an_answer_is_read_like_the_codec_does(sequence, status, message_id):
    frame = codec.encode(SubmitSmResp(sequence=sequence, status=status, message_id=message_id))

    assert answers.read(frame) == (sequence, status, message_id)


def test_an_id_without_its_nul_or_longer_than_allowed_is_an_answer_all_the_same():
    assert answers.read(struct.pack(">IIII", 20, 0x80000004, 0, 7) + b"abcd") == (7, 0, b"abcd")
    assert answers.read(struct.pack(">IIII", 116, 0x80000004, 0, 7) + b"x" * 100) == (7, 0, b"x" * 100)
    assert answers.read(struct.pack(">IIII", 16, 0x80000004, 0x58, 7)) == (7, 0x58, b"")


@given(st.lists(st.binary(min_size=12, max_size=12), min_size=1, max_size=6))
def test_rows_of_answers_are_the_answers_one_by_one(bodies):
    frames = [struct.pack(">IIII", 28, 0x80000004, i, 2**32 - 1 - i) + body for i, body in enumerate(bodies)]

    columns = answers.read_rows(np.frombuffer(b"".join(frames), np.uint8).reshape(len(frames), 28))

    assert columns.each() == [answers.read(frame) for frame in frames]
    assert answers.of(columns.each()).each() == columns.each()


def test_answers_without_a_body_are_rows_as_well():
    frames = struct.pack(">IIII", 16, 0x80000004, 0x58, 7) + struct.pack(">IIII", 16, 0x80000004, 8, 9)
    columns = answers.read_rows(np.frombuffer(frames, np.uint8).reshape(2, 16))
    assert columns.each() == [(7, 0x58, b""), (9, 8, b"")]


@given(st.lists(st.tuples(st.integers(1, 2**31), st.sampled_from([0, 0x58]), message_ids), max_size=5))
def test_submit_answers_are_the_codecs(run):
    expected = [
        codec.encode(SubmitSmResp(sequence=sequence, status=status, message_id=None if status else message_id))
        for sequence, status, message_id in run
    ]
    assert answers.submit_answers(run) == b"".join(expected)


def test_deliver_and_data_answers_are_the_codecs():
    assert answers.deliver_answers([3, 9]) == b"".join(
        codec.encode(DeliverSmResp(sequence=sequence, message_id=b"")) for sequence in (3, 9)
    )
    assert answers.data_answers([3], status=8) == codec.encode(DataSmResp(sequence=3, status=8, message_id=b""))
