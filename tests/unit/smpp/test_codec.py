"""PDUs to octets and back: byte for byte as the reference codec, every octet kept, every malformation named."""

import dataclasses
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smpplib import smpp as reference

from smpp import codec, pdu, status
from smpp.codec import MalformedPdu, Unencodable
from smpp.fields import Counted, CString
from smpp.pdu import COMMANDS, GenericNack, Message, SubmitSm, SubmitSmResp, Tag, Tlv

SUBMIT = SubmitSm(
    sequence=7,
    service_type=b"CMT",
    source_addr_ton=5,
    source_addr=b"NILE",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr=b"201001234567",
    esm_class=0x40,
    priority_flag=1,
    validity_period=b"000001000000000R",
    registered_delivery=1,
    data_coding=8,
    short_message=b"\x05\x00\x03\x07\x02\x01" + "سلام".encode("utf-16-be"),
    tlvs=(Tlv(Tag.USER_MESSAGE_REFERENCE, b"\x12\x34"),),
)


def octets_of_field(field: dataclasses.Field[Any]) -> st.SearchStrategy[Any]:
    kind = field.metadata["kind"]
    if isinstance(kind, CString):
        return st.binary(max_size=kind.limit - 1).map(lambda value: value.replace(b"\0", b"x"))
    return st.binary(max_size=kind.limit) if isinstance(kind, Counted) else st.integers(0, 255)


def any_pdu() -> st.SearchStrategy[pdu.Pdu]:
    tlvs = st.lists(st.builds(Tlv, st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=3).map(tuple)
    return st.one_of(
        *(
            st.builds(
                kind,
                sequence=st.integers(0, 0xFFFFFFFF),
                status=st.integers(0, 0xFFFFFFFF),
                tlvs=tlvs,
                **{field.name: octets_of_field(field) for field in dataclasses.fields(kind) if field.metadata},
            )
            for kind in COMMANDS.values()
        )
    )


def raw(command: int, body: bytes = b"", sequence: int = 9, length: int | None = None) -> bytes:
    return struct.pack(">IIII", 16 + len(body) if length is None else length, command, 0, sequence) + body


def malformed(frame: bytes) -> MalformedPdu:
    with pytest.raises(MalformedPdu) as error:
        codec.decode(frame)
    assert error.value.survives
    return error.value


@given(any_pdu())
def test_every_pdu_comes_back_as_it_was(value):
    octets = codec.encode(value)

    assert codec.decode(octets) == value
    assert codec.encode(codec.decode(octets)) == octets


@pytest.mark.parametrize(
    ("ours", "name", "theirs"),
    [
        (SUBMIT, "submit_sm", {"user_message_reference": 0x1234}),
        (pdu.DeliverSm(sequence=8, source_addr=b"20100", destination_addr=b"2020", short_message=b"STOP",
                       tlvs=(Tlv(Tag.MESSAGE_STATE, b"\x02"), Tlv(Tag.RECEIPTED_MESSAGE_ID, b"12\0"))),
         "deliver_sm", {"message_state": 2, "receipted_message_id": "12"}),
        (pdu.BindTransceiver(sequence=1, system_id=b"outbound", password=b"secret", system_type=b"x"),
         "bind_transceiver", {}),
        (pdu.BindTransmitter(sequence=1, system_id=b"outbound", password=b"secret"), "bind_transmitter", {}),
        (pdu.BindReceiver(sequence=1, system_id=b"outbound", password=b"secret"), "bind_receiver", {}),
        (pdu.QuerySm(sequence=3, message_id=b"42", source_addr=b"NILE"), "query_sm", {}),
        (pdu.QuerySmResp(sequence=3, message_id=b"42", message_state=2), "query_sm_resp", {}),
        (pdu.SubmitSmResp(sequence=3, message_id=b"42"), "submit_sm_resp", {}),
        (pdu.EnquireLink(sequence=4), "enquire_link", {}),
        (pdu.EnquireLinkResp(sequence=4), "enquire_link_resp", {}),
        (pdu.Unbind(sequence=5), "unbind", {}),
        (pdu.GenericNack(sequence=6, status=3), "generic_nack", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_same_octets_as_the_reference_codec(ours, name, theirs):
    values = {
        field.name: value if field.name == "short_message" else value.decode() if isinstance(value, bytes) else value
        for field in dataclasses.fields(ours)
        if field.metadata and (value := getattr(ours, field.name)) is not None
    }
    other = reference.make_pdu(name, sequence=0, **values, **theirs)
    other.sequence, other.status = ours.sequence, ours.status

    assert codec.encode(ours) == other.generate()


@given(st.binary(max_size=254), st.binary(min_size=1, max_size=20).map(lambda value: value.replace(b"\0", b"1")))
def test_the_reference_codec_reads_what_we_write(short_message, destination):
    ours = dataclasses.replace(SUBMIT, short_message=short_message, destination_addr=destination)

    theirs = reference.parse_pdu(codec.encode(ours), sequence=0)

    assert (theirs.short_message or b"") == short_message
    assert theirs.destination_addr == destination
    assert theirs.user_message_reference == 0x1234


def test_unknown_and_repeated_optional_parameters_are_kept_in_their_order():
    octets = raw(0x80000004, b"id\0" + b"\x14\x01\x00\x02ab" + b"\x00\x1e\x00\x00" + b"\x14\x01\x00\x01c")

    read = codec.decode(octets)

    assert read.tlvs == (Tlv(0x1401, b"ab"), Tlv(0x001E, b""), Tlv(0x1401, b"c"))
    assert read.tlv(0x1401) == b"ab"
    assert codec.encode(read) == octets


def test_an_error_response_without_body_stays_without():
    octets = struct.pack(">IIII", 16, 0x80000004, 0x58, 3)

    assert codec.decode(octets) == SubmitSmResp(sequence=3, status=0x58, message_id=None)
    assert codec.encode(codec.decode(octets)) == octets


MESSAGE_HEAD = b"\0" + b"\1\1" + b"NILE\0" + b"\1\1" + b"2010\0" + b"\0\0\0" + b"\0" + b"\0" + b"\0\0\0\0"


@pytest.mark.parametrize(
    ("body", "command_status", "parameter"),
    [
        (b"", status.RINVCMDLEN, "service_type ends"),
        (b"TOOLONG\0", status.RINVSERTYP, "service_type is not ended"),
        (b"\0\1", status.RINVCMDLEN, "source_addr_npi ends"),
        (b"\0\1\1NILE", status.RINVSRCADR, "source_addr is not ended"),
        (b"\0\1\1" + b"9" * 21 + b"\0", status.RINVSRCADR, "source_addr is not ended"),
        (b"\0\1\1\0\1\1" + b"9" * 30, status.RINVDSTADR, "destination_addr is not ended"),
        (b"\0\1\1\0\1\1\0\0\0\0" + b"9" * 17 + b"\0", status.RINVSCHED, "schedule_delivery_time"),
        (b"\0\1\1\0\1\1\0\0\0\0\0" + b"9" * 18, status.RINVEXPIRY, "validity_period"),
        (MESSAGE_HEAD, status.RINVCMDLEN, "short_message ends"),
        (MESSAGE_HEAD + b"\x05abcd", status.RINVMSGLEN, "short_message is said to have 5"),
        (MESSAGE_HEAD + b"\xff" + b"a" * 255, status.RINVMSGLEN, "short_message is said to have 255"),
        (MESSAGE_HEAD + b"\x00\x02", status.RINVOPTPARSTREAM, "tlvs end with 1 octets"),
        (MESSAGE_HEAD + b"\x00\x02\x04\x00\x05ab", status.RINVOPTPARSTREAM, "fewer are there"),
    ],
)
def test_a_malformed_submission_is_answered_with_the_status_of_what_is_wrong(body, command_status, parameter):
    error = malformed(raw(0x00000004, body))

    assert (error.command_status, error.sequence) == (command_status, 9)
    assert parameter in str(error)
    assert error.answer() == SubmitSmResp(sequence=9, status=command_status, message_id=None)


def test_an_unknown_command_gets_a_generic_nack():
    error = malformed(raw(0x00000021))

    assert error.answer() == GenericNack(sequence=9, status=status.RINVCMDID)


def test_a_wrong_length_is_named():
    assert malformed(raw(0x00000015, length=20)).command_status == status.RINVCMDLEN
    assert malformed(b"\0\0\0\x08").command_status == status.RINVCMDLEN


@pytest.mark.parametrize("command", [0x80000004, 0x80000099, 0x80000000, 0x00000102])
def test_an_answer_is_never_answered_nor_an_alert(command):
    assert malformed(raw(command, b"x" * 100)).answer() is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (SubmitSm(source_addr=b"1" * 21), "source_addr has 21 octets"),
        (SubmitSm(source_addr=b"a\0b"), "none of them NUL"),
        (SubmitSm(short_message=b"x" * 255), "short_message has 255 octets, at most 254"),
        (SubmitSm(data_coding=256), "data_coding is 256"),
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_written(value, message):
    with pytest.raises(Unencodable, match=message):
        codec.encode(value)


GOOD = [codec.encode(kind(sequence=5, tlvs=SUBMIT.tlvs)) for kind in COMMANDS.values()] + [codec.encode(SUBMIT)] * 9


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good PDU with octets changed, cut out or put in; its length is made true again, half of the time."""
    octets = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(octets)))
        octets[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    if draw(st.booleans()) and len(octets) >= 4:
        octets[:4] = len(octets).to_bytes(4)
    return bytes(octets)


@settings(max_examples=1500)
@given(st.one_of(mutated(), st.binary(max_size=60), st.binary(max_size=60).map(lambda b: raw(4, b))))
def test_any_octets_are_read_as_they_are_or_named_malformed(octets):
    try:
        read = codec.decode(octets)
    except MalformedPdu as error:
        answer = error.answer()
        assert answer is None or codec.decode(codec.encode(answer)) == answer
    else:
        assert codec.encode(read) == octets


@settings(max_examples=500)
@given(st.binary(max_size=80), st.sampled_from([SubmitSm, pdu.DeliverSm]))
def test_the_quick_way_to_read_messages_never_differs_from_the_thorough_one(body, kind: type[Message]):
    frame = raw(kind.command, MESSAGE_HEAD[: len(body)] + body)
    quick = codec._well_formed_message(kind, frame, 0, 9)

    try:
        thorough = codec._decode(kind, frame, 0, 9)
    except MalformedPdu:
        thorough = None

    assert quick == thorough
