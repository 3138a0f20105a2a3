"""The simulator's small values: ids, chance, garbage, and that the help offers all of them."""

import pytest

from local.carrier import cli
from local.carrier.chance import chance
from local.carrier.fate import Fate
from local.carrier.garbage import Garbage, lying, spoilt
from local.carrier.ids import IdForm, written
from local.carrier.layouts import Layout
from smpp import answers, codec
from smpp.codec import MalformedPdu
from smpp.pdu import DeliverSm, Tag, Tlv


def test_help_offers_what_there_is():
    assert set(cli.FATES) | {Fate.DELIVERED} == set(Fate)
    assert tuple(IdForm) == cli.ID_FORMS
    assert tuple(Garbage) == cli.GARBAGE
    assert tuple(Layout) == cli.LAYOUTS


def test_ids():
    assert [written(258, form) for form in (IdForm.DECIMAL, IdForm.PLAIN, IdForm.HEX)] == [
        b"0000000258", b"258", b"00000102",
    ]  # fmt: skip
    uuids = {written(number, IdForm.UUID) for number in range(100)}
    assert (len(uuids), {len(one) for one in uuids}) == (100, {36})


def test_chance_is_even_and_the_same_again():
    drawn = [chance(3, b"%d" % number, b"late") for number in range(2000)]
    assert drawn == [chance(3, b"%d" % number, b"late") for number in range(2000)]
    assert 900 < sum(one < 0.5 for one in drawn) < 1100
    assert drawn[0] != chance(4, b"0", b"late") != chance(3, b"0", b"early")


@pytest.mark.parametrize(("garbage", "length"), [(Garbage.SHORT, 22), (Garbage.LONG, 51), (Garbage.OCTETS, 27)])
def test_a_spoilt_answer_announces_another_length(garbage, length):
    answer = answers.submit_answers([(7, 0, b"0000000258")])
    octets = spoilt(answer, garbage)
    assert int.from_bytes(octets[:4]) == length
    assert octets[4:27] == answer[4:]


@pytest.mark.parametrize("tlvs", [(), (Tlv(Tag.USER_MESSAGE_REFERENCE, b"\1\2"),)])
def test_a_lying_receipt_is_malformed(tlvs):
    pdu = DeliverSm(sequence=7, source_addr=b"2010", short_message=b"id:1 stat:DELIVRD", tlvs=tlvs)
    with pytest.raises(MalformedPdu, match="short_message"):
        codec.decode(lying(pdu))
