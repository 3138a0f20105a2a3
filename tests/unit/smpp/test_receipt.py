"""Receipts as carriers really write them (SMPP 3.4 appendix B): what can be read is read, nothing is an error."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smpp import codec, receipt
from smpp.pdu import DataSm, DeliverSm, Tag, Tlv
from smpp.receipt import NetworkError, Receipt, State

STANDARD = (
    b"id:0000012345 sub:001 dlvrd:001 submit date:2611241424 done date:2611241425 stat:DELIVRD err:000 text:Dear Ahmed"
)


def parsed(text: bytes = b"", *tlvs: Tlv, **fields) -> Receipt:
    pdu = DeliverSm(**{"esm_class": 4, "source_addr": b"201001234567", "destination_addr": b"NILE", **fields},
                    short_message=text, tlvs=tlvs)  # fmt: skip
    read = receipt.parse(codec.decode(codec.encode(pdu)))
    assert read is not None
    return read


def test_the_standard_form():
    assert parsed(STANDARD, Tlv(Tag.USER_MESSAGE_REFERENCE, b"\x01\x02")) == Receipt(
        message_id=b"0000012345",
        state=State.DELIVERED,
        error_code="000",
        submitted=datetime.fromisoformat("2026-11-24T14:24"),
        done=datetime.fromisoformat("2026-11-24T14:25"),
        reference=0x0102,
        source=b"NILE",
        destination=b"201001234567",
    )


@pytest.mark.parametrize(
    "text",
    [
        b"ID:7 SUB:001 DLVRD:001 SUBMIT DATE:2611241424 DONE DATE:2611241425 STAT:DELIVRD ERR:000 TEXT:x",
        b"stat:DELIVRD err:000 id:7 done date:2611241425 submit date:2611241424",
        b"id: 7 submit_date: 2611241424 done_date: 2611241425 stat: delivrd err: 000",
        b"id:7 submitdate:20261124142400 donedate:20261124142500 stat:DELIVERED err:000 text:",
        b"id:7 submit date:261124142400 done date:202611241425 stat:DELIVRD err:000",
        b"id:7,submit date:2611241424,done date:2611241425,stat:DELIVRD,err:000,text:id:9 stat:EXPIRED",
        b"id:7\r\nsubmit date:2611241424\r\ndone date:2611241425\r\nstat:DELIVRD\r\nerr:000",
    ],
)
def test_vendors_forms_say_the_same(text):
    read = parsed(text)

    assert (read.message_id, read.state, read.error_code) == (b"7", State.DELIVERED, "000")
    assert (read.submitted, read.done) == (
        datetime.fromisoformat("2026-11-24T14:24"),
        datetime.fromisoformat("2026-11-24T14:25"),
    )


@pytest.mark.parametrize("state", State)
def test_every_state_by_word_and_by_tlv(state):
    assert parsed(b"id:1 stat:" + state.word.encode()).state is state
    assert parsed(b"id:1 stat:UNKNOWN", Tlv(Tag.MESSAGE_STATE, bytes((state,)))).state is state
    assert state.final == (state not in (State.ENROUTE, State.ACCEPTED))


def test_tlvs_alone_are_a_receipt_whatever_esm_class_says():
    read = parsed(b"", Tlv(Tag.RECEIPTED_MESSAGE_ID, b"abc\0"), Tlv(Tag.MESSAGE_STATE, b"\x05"), esm_class=0)

    assert (read.message_id, read.state) == (b"abc", State.UNDELIVERABLE)


def test_the_tlvs_id_beats_the_texts():
    assert parsed(STANDARD, Tlv(Tag.RECEIPTED_MESSAGE_ID, b"abc\0")).message_id == b"abc"


def test_the_network_error_code_beats_err():
    read = parsed(STANDARD, Tlv(Tag.NETWORK_ERROR_CODE, b"\x03\x00\x1b"))

    assert read.network_error_code == NetworkError(3, 27)
    assert (read.error_code, read.error) == ("000", "27")
    assert parsed(STANDARD).error == "000"


def test_the_text_in_message_payload_or_in_ucs2_or_in_a_data_sm():
    assert parsed(b"", Tlv(Tag.MESSAGE_PAYLOAD, STANDARD)).message_id == b"0000012345"
    assert parsed(STANDARD.decode().encode("utf-16-be"), data_coding=8).state is State.DELIVERED
    data = DataSm(esm_class=4, tlvs=(Tlv(Tag.MESSAGE_PAYLOAD, STANDARD),))
    assert receipt.parse(data).message_id == b"0000012345"


def test_an_intermediate_notification_is_a_receipt():
    assert parsed(b"id:1 stat:ENROUTE err:027", esm_class=0x20).state is State.ENROUTE


@pytest.mark.parametrize("esm_class", [0x00, 0x40, 0x08, 0x10])
def test_what_a_subscriber_writes_is_never_a_receipt(esm_class):
    assert receipt.parse(DeliverSm(esm_class=esm_class, short_message=STANDARD)) is None


@pytest.mark.parametrize(
    ("text", "message_id", "state"),
    [
        (b"", b"", State.UNKNOWN),
        (b"id: sub:001 stat:DELIVRD", b"", State.DELIVERED),
        (b"id:5 stat:", b"5", State.UNKNOWN),
        (b"id:5 stat:WEIRD", b"5", State.UNKNOWN),
        (b"stat:EXPIRED", b"", State.EXPIRED),
        (b"valid:3 id:5 stat:EXPIRED", b"5", State.EXPIRED),
    ],
)
def test_missing_fields_are_missing(text, message_id, state):
    read = parsed(text)
    assert (read.message_id, read.state) == (message_id, state)


@pytest.mark.parametrize("date", [b"", b"0000000000", b"2613241424", b"26112414", b"never", b"999999999999"])
def test_a_date_that_is_none_is_none(date):
    assert parsed(b"id:1 done date:" + date + b" stat:DELIVRD").done is None


@settings(max_examples=1000)
@given(
    st.one_of(
        st.binary(max_size=254),
        st.lists(st.sampled_from([b"id:", b"stat:", b"text:", b" ", b"done date:", b"DELIVRD", b"26", b":"])).map(
            lambda pieces: b"".join(pieces)[:254]
        ),
    ),
    st.integers(0, 255),
    st.sampled_from([0, 8]),
    st.lists(st.builds(Tlv, st.sampled_from([0x1E, 0x204, 0x423, 0x424, 0x427]), st.binary(max_size=9)), max_size=4),
)
def test_no_receipt_is_a_crash(text, esm_class, data_coding, tlvs):
    receipt.parse(DeliverSm(short_message=text, esm_class=esm_class, data_coding=data_coding, tlvs=tuple(tlvs)))


@given(
    st.builds(
        Receipt,
        message_id=st.text("0123456789abcdef", min_size=1, max_size=20).map(str.encode),
        state=st.sampled_from(State),
        error_code=st.sampled_from(["000", "001", "027"]),
        network_error_code=st.one_of(st.none(), st.builds(NetworkError, st.integers(1, 3), st.integers(0, 0xFFFF))),
        submitted=st.just(datetime.fromisoformat("2026-11-24T14:24")),
        done=st.just(datetime.fromisoformat("2026-11-24T14:25")),
        reference=st.one_of(st.none(), st.integers(0, 0xFFFF)),
        source=st.just(b"NILE"),
        destination=st.just(b"201001234567"),
    )
)
def test_what_a_carrier_builds_is_what_we_read(said):
    pdu = receipt.build(said, sequence=3, addresses=(1, 1, 5, 0))

    assert receipt.parse(codec.decode(codec.encode(pdu))) == said
