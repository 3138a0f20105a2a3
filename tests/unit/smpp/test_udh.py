"""User data headers, and the SAR parameters that may stand in their place: read leniently, written exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smpp import udh
from smpp.alphabet import Language, Shift
from smpp.pdu import DeliverSm, Tag, Tlv
from smpp.udh import Concatenation, Header


def test_a_16_bit_reference_and_other_elements_in_the_header_are_read():
    header = b"\x0c\x05\x04\x23\xf4\x00\x00\x08\x04\x12\x34\x02\x01"

    assert udh.split(header + b"x", 0x40) == (Header(Concatenation(0x1234, 2, 1)), b"x")


def test_a_header_names_its_tables():
    header = b"\x0b\x00\x03\x07\x02\x01\x25\x01\x03\x24\x01\x01"

    read = Header(Concatenation(7, 2, 1), Shift(Language.PORTUGUESE, Language.TURKISH))
    assert udh.split(header + b"x", 0x40) == (read, b"x")


@given(st.sampled_from(Language), st.sampled_from(Language))
def test_tables_are_named_as_they_are_read(locking, single):
    elements = udh.shift_elements(Shift(locking, single))

    assert udh.split(bytes((len(elements),)) + elements, 0x40) == (Header(None, Shift(locking, single)), b"")


@given(st.integers(0, 0xFFFF), st.integers(1, 255), st.integers(1, 255))
def test_a_concatenation_is_read_as_it_was_written(reference, total, number):
    for header, shown in (
        (udh.concatenation_header(reference & 0xFF, total, number), reference & 0xFF),
        (udh.concatenation_header_16(reference, total, number), reference),
    ):
        assert udh.split(header + b"rest", 0x40) == (Header(Concatenation(shown, total, number)), b"rest")


@pytest.mark.parametrize(
    "header",
    [
        b"\x03\x24\x01\x0d",  # Urdu: a table that is not known here
        b"\x04\x24\x02\x01\x01",
        b"\x02\x24\x00",
        b"\x04\x00\x02\x01\x01",
        b"\x05\x00\x03\x01\x01",
        b"\x00",
    ],
)
def test_an_element_that_does_not_hold_what_it_says_says_nothing(header):
    assert udh.split(header, 0x40)[0] == udh.NONE


def test_without_the_bit_of_esm_class_the_first_octets_are_text():
    assert udh.split(b"\x05\x00\x03\x01\x02\x01x", 0x3F) == (udh.NONE, b"\x05\x00\x03\x01\x02\x01x")


@given(st.binary(max_size=20), st.integers(0, 255))
def test_no_header_is_an_error(octets, esm_class):
    header, rest = udh.split(octets, esm_class)

    assert octets.endswith(rest)
    assert isinstance(header, Header)


def sar(reference: bytes = b"\x12\x34", total: bytes = b"\x03", number: bytes = b"\x02") -> DeliverSm:
    given = ((Tag.SAR_MSG_REF_NUM, reference), (Tag.SAR_TOTAL_SEGMENTS, total), (Tag.SAR_SEGMENT_SEQNUM, number))
    return DeliverSm(tlvs=tuple(Tlv(tag, value) for tag, value in given if value))


def test_sar_parameters_say_the_same():
    assert udh.sar(sar()) == Concatenation(0x1234, 3, 2)
    assert udh.sar(sar(reference=b"\x34")) == Concatenation(0x34, 3, 2)


@pytest.mark.parametrize("wrong", [{"reference": b""}, {"total": b""}, {"number": b""}, {"total": b"\x00\x03"}])
def test_sar_parameters_that_are_not_all_there_say_nothing(wrong):
    assert udh.sar(sar(**wrong)) is None
