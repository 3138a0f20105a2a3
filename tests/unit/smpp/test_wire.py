"""Segments on the wire, for every setting of a connector: a carrier that knows SMPP alone reads the very text."""

import itertools
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smpp import wire
from smpp.text import Segments, segment
from smpp.wire import AmbiguousAlphabet, Joined, OnWire, Wire

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = dict(zip("\f^{}\\[~]|€", (10, 20, 40, 41, 47, 60, 61, 62, 64, 101), strict=True))
OF_EXTENSION = {septet: character for character, septet in EXTENSION.items()}
GSM = BASIC.replace("\x1b", "") + "".join(EXTENSION)

pieces = st.one_of(
    st.text(st.sampled_from(GSM + "".join(EXTENSION) * 4), max_size=400),
    st.text(st.sampled_from([c for c in GSM if ord(c) < 256]), max_size=400),
    st.text(st.one_of(st.sampled_from("aé€[ع😀𐍈"), st.characters(exclude_categories=["Cs"])), max_size=200),
)
runs = st.builds(
    lambda run, count: run * count,
    st.sampled_from(["a", "€", "ع", "😀"]),
    st.sampled_from([33, 66, 67, 70, 132, 133, 152, 153, 160, 304, 305, 306]),
)
texts = st.one_of(pieces, st.builds("".join, st.lists(st.one_of(runs, pieces), max_size=4)))
wires = st.builds(
    Wire,
    joined=st.sampled_from(Joined),
    in_payload=st.booleans(),
    gsm=st.sampled_from([0, 0xF1]),
    latin1=st.sampled_from([None, 3, 1]),
    ucs2=st.sampled_from([8, 0x18]),
)


def parameters(octets: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while octets:
        tag, length = struct.unpack(">HH", octets[:4])
        assert tag not in found
        found[tag] = octets[4 : 4 + length]
        assert len(found[tag]) == length
        octets = octets[4 + length :]
    return found


def carrier_reads(sent: list[OnWire], settings: Wire) -> str:
    """Joins and shows what came, as SMPP 3.4, 23.040 and 23.038 say; nothing of it is shared with what is tested."""
    whole: dict[int, str] = {}
    references = set()
    for esm_class, data_coding, short_message, tlvs in sent:
        optional = parameters(tlvs)
        octets = short_message
        if 0x0424 in optional:
            assert not short_message
            octets = optional[0x0424]
        number = total = 1
        header = b""
        if esm_class & 0x40:
            header, octets = octets[: 1 + octets[0]], octets[1 + octets[0] :]
            if header[:3] == b"\x05\x00\x03":
                reference, total, number = header[3:]
            else:
                assert header[:3] == b"\x06\x08\x04"
                reference, total, number = struct.unpack(">HBB", header[3:])
            references.add((header[1], reference))
        elif 0x020C in optional:
            (reference,) = struct.unpack(">H", optional[0x020C])
            (total,), (number,) = optional[0x020E], optional[0x020F]
            references.add((0x020C, reference))
        assert total == len(sent)
        assert 1 <= number <= total
        assert number not in whole
        # a carrier that makes a header of SAR's parameters takes the shortest, of six octets
        room = 140 - (len(header) or (6 if total > 1 else 0))
        if data_coding == settings.ucs2:
            whole[number] = octets.decode("utf-16-be", "strict")
            assert len(octets) <= room
        else:
            assert data_coding in (settings.gsm, settings.latin1)
            whole[number] = shown(octets) if data_coding == settings.gsm else octets.decode("latin-1")
            assert sum(2 if character in EXTENSION else 1 for character in whole[number]) <= 8 * room // 7
    assert len(references) == (len(sent) > 1)
    return "".join(whole[number] for number in sorted(whole))


def shown(septets: bytes) -> str:
    characters = []
    rest = iter(septets)
    for septet in rest:
        assert septet < 128
        characters.append(OF_EXTENSION[next(rest)] if septet == 0x1B else BASIC[septet])
    return "".join(characters)


@given(texts, wires, st.integers(0, 0xFFFF))
@example("a" * 306, Wire(joined=Joined.UDH16), 0x1234)
@example("a" * 304, Wire(joined=Joined.UDH16), 0x1234)
@example("a" * 151 + "€" + "a" * 151, Wire(joined=Joined.UDH16), 0x1234)
@example("ع" * 65 + "😀" * 33, Wire(joined=Joined.UDH16), 0x1234)
@example("a" * 152 + "€" + "a" * 152, Wire(joined=Joined.SAR, latin1=3), 0xFFFF)
def test_whatever_the_settings_the_carrier_reads_the_text_in_as_many_segments_as_accepted(whole, settings, reference):
    accepted = segment(whole)

    sent = wire.put(accepted, settings, reference)

    assert len(sent) == len(accepted)
    assert carrier_reads(sent, settings) == whole


@given(texts, st.integers(0, 0xFFFF))
def test_the_default_is_the_accepted_parts_behind_a_header_of_six_octets(whole, reference):
    accepted = segment(whole)
    total = len(accepted)
    esm_class = 0x40 if total > 1 else 0
    headers = [b"\5\0\3" + bytes((reference & 0xFF, total, n)) for n in range(1, total + 1)] if total > 1 else [b""]

    assert wire.put(accepted, Wire(), reference) == [
        OnWire(esm_class, accepted.encoding.data_coding, header + part, b"")
        for header, part in zip(headers, accepted.parts, strict=True)
    ]


def octets_of(whole: str, reference: int = 0x1234, **settings) -> list[OnWire]:
    return wire.put(segment(whole), Wire(**settings), reference)


def test_a_header_with_a_16_bit_reference_takes_an_octet_of_the_text():
    assert octets_of("a" * 200, joined=Joined.UDH16) == [
        OnWire(0x40, 0, b"\x06\x08\x04\x12\x34\x02\x01" + b"a" * 152, b""),
        OnWire(0x40, 0, b"\x06\x08\x04\x12\x34\x02\x02" + b"a" * 48, b""),
    ]


def test_no_room_for_16_bits_means_8_never_another_segment():
    first, second = octets_of("a" * 306, joined=Joined.UDH16)

    assert first.short_message == b"\x05\x00\x03\x34\x02\x01" + b"a" * 153
    assert second.short_message == b"\x05\x00\x03\x34\x02\x02" + b"a" * 153


def test_sar_parameters_in_place_of_a_header():
    assert octets_of("a" * 161, joined=Joined.SAR) == [
        OnWire(0, 0, b"a" * 153, bytes.fromhex("020c00020034 020e000102 020f000101")),
        OnWire(0, 0, b"a" * 8, bytes.fromhex("020c00020034 020e000102 020f000102")),
    ]


def test_message_payload_takes_what_short_message_would():
    assert octets_of("Hi", in_payload=True) == [OnWire(0, 0, b"", b"\x04\x24\x00\x02Hi")]
    assert [part.tlvs[:10] for part in octets_of("a" * 161, in_payload=True)] == [
        b"\x04\x24\x00\x9f\x05\x00\x03\x34\x02\x01",
        b"\x04\x24\x00\x0e\x05\x00\x03\x34\x02\x02",
    ]


@pytest.mark.parametrize(
    ("whole", "data_coding", "octets"),
    [
        ("é[Ü]", 3, b"\xe9[\xdc]"),
        ("5 €", 0, b"5 \x1b\x65"),  # Latin-1 has no euro
        ("Δ", 0, b"\x10"),
        ("ï", 8, b"\x00\xef"),  # accepted as UCS-2
    ],
)
def test_latin_1_where_the_connector_wants_it_and_the_text_allows_it(whole, data_coding, octets):
    assert octets_of(whole, latin1=3) == [OnWire(0, data_coding, octets, b"")]


def test_one_part_that_latin_1_lacks_keeps_all_of_them_out_of_it():
    assert {part.data_coding for part in octets_of("a" * 200 + "Δ", latin1=3)} == {0}


def test_each_alphabet_goes_under_the_connectors_number():
    assert octets_of("Hi", gsm=0xF1, ucs2=0x19)[0].data_coding == 0xF1
    assert octets_of("سلام", gsm=0xF1, ucs2=0x19)[0].data_coding == 0x19


@pytest.mark.parametrize("settings", [{"latin1": 0}, {"ucs2": 0}, {"gsm": 256}, {"latin1": -1}])
def test_alphabets_that_cannot_be_told_apart_are_refused(settings):
    with pytest.raises(AmbiguousAlphabet, match="number of its own"):
        Wire(**settings)


def test_all_255_parts_can_be_numbered():
    accepted = segment("a" * 153 * 255)
    for joined, in_payload in itertools.product(Joined, (False, True)):
        settings = Wire(joined=joined, in_payload=in_payload)
        assert len(carrier_reads(wire.put(accepted, settings, 0xABCD), settings)) == 153 * 255


def test_an_empty_text_is_one_empty_segment():
    assert wire.put(segment(""), Wire(), 1) == [OnWire(0, 0, b"", b"")]
    assert isinstance(segment(""), Segments)
