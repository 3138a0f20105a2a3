"""A block of submit_sm is, octet for octet, what its messages would be one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import smpp as reference

from smpp import codec
from smpp.address import sender
from smpp.frames import Frames
from smpp.pdu import SubmitSm, Tag, Tlv
from smpp.submit import Block, ShortMessageTooLong

ZERO, ZEROS = np.zeros(1, np.uint8), np.zeros(2, np.uint8)

segments = st.lists(
    st.tuples(
        st.integers(1, 999_999_999_999_999),
        st.binary(max_size=254),
        st.sampled_from([0, 0x40]),
        st.sampled_from([0, 8]),
        st.integers(0, 0xFFFF),
    ),
    min_size=1,
    max_size=8,
)


@given(segments, st.sampled_from(["NILE", "2020", "201001234567"]), st.booleans(), st.sampled_from([0, 1, 17]))
def test_the_same_octets_as_one_by_one(run, source, with_reference, registered):
    block = Block(
        source=sender(source), service_type=b"CMT", priority_flag=1, validity_period=b"000001000000000R",
        registered_delivery=registered,
    )  # fmt: skip
    destinations, messages, esm_classes, data_codings, references = (list(column) for column in zip(*run, strict=True))

    octets = block.encode(
        100, np.array(destinations), messages, np.array(esm_classes, np.uint8), np.array(data_codings, np.uint8),
        np.array(references) if with_reference else None,
    )  # fmt: skip

    ton, npi, digits = sender(source)
    assert Frames().feed(octets).frames() == [
        codec.encode(
            SubmitSm(
                sequence=100 + i, service_type=b"CMT", source_addr_ton=ton, source_addr_npi=npi, source_addr=digits,
                dest_addr_ton=1, dest_addr_npi=1, destination_addr=str(destination).encode(), esm_class=esm_class,
                priority_flag=1, validity_period=b"000001000000000R", registered_delivery=registered,
                data_coding=data_coding, short_message=message,
                tlvs=(Tlv(Tag.USER_MESSAGE_REFERENCE, number.to_bytes(2)),) if with_reference else (),
            )
        )
        for i, (destination, message, esm_class, data_coding, number) in enumerate(run)
    ]  # fmt: skip


def test_the_same_octets_as_the_reference_codec():
    octets = Block(source=sender("NILE")).encode(5, np.array([201001234567]), [b"Hello"], ZERO, ZERO, np.array([9]))

    theirs = reference.make_pdu(
        "submit_sm", sequence=0, source_addr_ton=5, source_addr_npi=0, source_addr="NILE", dest_addr_ton=1,
        dest_addr_npi=1, destination_addr="201001234567", registered_delivery=1, short_message=b"Hello",
        user_message_reference=9, service_type="", schedule_delivery_time="", validity_period="",
    )  # fmt: skip
    theirs.sequence = 5
    assert octets == theirs.generate()


def test_what_is_written_cannot_change_afterwards():
    assert type(Block(source=sender("NILE")).encode(1, np.array([20]), [b"x"], ZERO, ZERO)) is bytes


def test_a_message_that_does_not_fit_is_named_by_its_place():
    with pytest.raises(ShortMessageTooLong, match="message 2 of the block has 255 octets"):
        Block(source=sender("NILE")).encode(50, np.array([20, 21]), [b"", b"x" * 255], ZEROS, ZEROS)


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="zip"):
        Block(source=sender("NILE")).encode(1, np.array([20, 21]), [b"x"], ZEROS, ZEROS)


def test_further_optional_parameters_follow_the_reference():
    block = Block(source=sender("NILE"))
    tlv = codec.encode(SubmitSm(tlvs=(Tlv(Tag.SAR_SEGMENT_SEQNUM, b"\1"),)))[-5:]

    octets = block.encode(1, np.array([20]), [b"x"], ZERO, ZERO, np.array([9]), [tlv])

    assert codec.decode(octets).tlvs == (Tlv(Tag.USER_MESSAGE_REFERENCE, b"\0\x09"), Tlv(Tag.SAR_SEGMENT_SEQNUM, b"\1"))
