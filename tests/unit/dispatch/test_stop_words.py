"""INTAKE, Opt-outs: which replies say that no more messages are wanted."""

import pytest

from dispatch.stop_words import is_stop
from smpp import text
from smpp.pdu import DataSm, DeliverSm, Tag


def reply(written, **fields):
    encoding, octets = text.encode(written)
    return DeliverSm(
        source_addr=b"201001234567", destination_addr=b"NILE", data_coding=encoding.data_coding, short_message=octets,
        **fields,
    )  # fmt: skip


@pytest.mark.parametrize(
    "written",
    [
        "STOP",
        "stop",
        " Stop! ",
        "ＳＴＯＰ",
        "STOP please",
        "Unsubscribe",
        "opt-out",
        "إلغاء",
        "الغاء",
        "إيقــاف",
        "قِف",
        "توقف.",
        '"STOP"',
    ],
)
def test_a_wish_to_stop_is_understood_however_it_is_written(written):
    assert is_stop(reply(written))


@pytest.mark.parametrize(
    "written", ["", "Yes", "please stop", "STOP the war on spam", "stopwatch", "the end", "1", "شكرا", "😀"]
)
def test_other_replies_are_none(written):
    assert not is_stop(reply(written))


def test_it_is_found_behind_a_header_and_in_a_payload():
    behind = DeliverSm(
        source_addr=b"1", destination_addr=b"2", esm_class=0x40, short_message=b"\x05\x00\x03\x01\x01\x01STOP"
    )
    payload = DataSm(source_addr=b"1", destination_addr=b"2", tlvs=((Tag.MESSAGE_PAYLOAD, b"STOP"),))

    assert is_stop(behind)
    assert is_stop(payload)


def test_octets_of_no_text_are_no_wish():
    assert not is_stop(DeliverSm(source_addr=b"1", destination_addr=b"2", data_coding=8, short_message=b"\xd8"))
