"""Segments as they will be cut (INTAKE): 160/153 septets, 70/67 UCS-2 units, no pair ever parted."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from smpplib import gsm

from smpp import text, udh, wire
from smpp.reassembly import Reassembly
from smpp.text import Encoding, count_segments, encoding_of, forcing_character, segment
from smpp.wire import Wire

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"

gsm_texts = st.text(st.sampled_from(BASIC + EXTENSION * 4), max_size=700)
any_texts = st.text(st.one_of(st.sampled_from("aé€[ع😀𐍈"), st.characters(exclude_categories=["Cs"])), max_size=400)
long_texts = st.builds(
    lambda run, count, tail: run * count + tail,
    st.sampled_from(["a", "€", "ع", "😀"]),
    st.sampled_from([66, 67, 68, 69, 70, 71, 133, 134, 152, 153, 154, 159, 160, 161, 305, 306, 307]),
    any_texts,
)


def independent_count(whole: str) -> int:
    """Walks character by character, opening a new segment where the next character does not fit as a whole."""
    if all(character in BASIC + EXTENSION for character in whole):
        sizes, alone, part = [2 if character in EXTENSION else 1 for character in whole], 160, 153
    else:
        sizes, alone, part = [2 if ord(character) > 0xFFFF else 1 for character in whole], 70, 67
    if sum(sizes) <= alone:
        return 1
    segments, filled = 1, 0
    for size in sizes:
        if filled + size > part:
            segments, filled = segments + 1, 0
        filled += size
    return segments


def test_a_text_of_gsm_characters_goes_as_one_septet_an_octet():
    assert segment("@ é{").parts == (b"\x00\x20\x05\x1b\x28",)
    assert segment("Hello").encoding.data_coding == 0


def test_an_arabic_text_goes_as_ucs2_big_endian():
    cut = segment("سلام")

    assert cut.parts == (b"\x06\x33\x06\x44\x06\x27\x06\x45",)
    assert cut.encoding.data_coding == 8


@pytest.mark.parametrize(
    ("whole", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 80 + "a", 2),
        ("a" * 152 + "€" + "a" * 152, 3),  # the escape pair does not fit into the first: 152 + 153 + 1
        ("ع" * 70, 1),
        ("ع" * 71, 2),
        ("ع" * 134, 2),
        ("ع" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),  # 33 pairs a segment: the 67th unit would part one
    ],
)
def test_counts_at_the_limits(whole, segments):
    assert count_segments(whole) == len(segment(whole)) == segments


@given(st.one_of(gsm_texts, any_texts, long_texts))
@example("a" * 152 + "€" + "a" * 152)
@example("ع" * 66 + "😀" * 40)
def test_the_count_is_that_of_the_cut_and_of_an_independent_counter(whole):
    assert count_segments(whole) == len(segment(whole)) == independent_count(whole)


@given(st.one_of(gsm_texts, any_texts, long_texts), st.integers(0, 255), st.randoms())
def test_segments_in_any_order_make_the_very_text_again(whole, reference, order):
    cut = segment(whole)
    messages = wire.put(cut, Wire(), reference)
    order.shuffle(messages)
    phone = Reassembly()

    shown = [phone.add(message.short_message, message.esm_class, message.data_coding) for message in messages]

    assert shown[-1] == whole
    assert shown[:-1] == [None] * (len(cut) - 1)
    assert phone.incomplete == 0


@given(st.one_of(gsm_texts, any_texts, long_texts))
def test_every_segment_is_whole_and_fits_the_air(whole):
    cut = segment(whole)
    limit = cut.encoding.alone if len(cut) == 1 else cut.encoding.part

    for part in cut.parts:
        assert len(part) <= limit
        if cut.encoding is Encoding.GSM:
            assert not part.endswith(b"\x1b")
        else:
            part.decode("utf-16-be", "strict")


def test_the_header_of_each_part_carries_reference_total_and_number():
    first, second = wire.put(segment("a" * 161), Wire(), 7)

    assert first.short_message[:6] == b"\x05\x00\x03\x07\x02\x01"
    assert udh.split(second.short_message, 0x40) == (udh.Header(udh.Concatenation(7, 2, 2)), b"a" * 8)
    assert first.esm_class == second.esm_class == 0x40


@pytest.mark.parametrize(
    ("whole", "character"),
    [("Hello €", None), ("Hello`", "`"), ("naïve", "ï"), ("ok ع ?", "ع"), ("\x1b", "\x1b"), ("ç", "ç")],
)
def test_the_character_that_forces_ucs2(whole, character):
    assert forcing_character(whole) == character
    assert encoding_of(whole) is (Encoding.GSM if character is None else Encoding.UCS2)


def test_the_alphabet_is_that_of_an_independent_table():
    for character in BASIC.replace("§", "") + EXTENSION.replace("\f", ""):
        assert segment(character).parts[0] == gsm.gsm_encode(character)


@given(st.binary(max_size=300), st.sampled_from([0, 1, 3, 4, 8]))
def test_whatever_a_handset_sends_is_shown_somehow(octets, data_coding):
    assert isinstance(text.decode(octets, data_coding), str)


def test_255_segments_are_possible_256_are_not():
    assert len(segment("a" * 153 * 255)) == 255
    with pytest.raises(text.TooManySegments, match="256 segments"):
        segment("a" * 153 * 255 + "a")
    assert count_segments("a" * 153 * 255 + "a") == 256


def test_half_a_surrogate_pair_is_a_named_error_that_does_not_quote_the_text():
    with pytest.raises(text.LoneSurrogate, match="character 6 of the text") as error:
        segment("secre\ud83d")
    assert "secre" not in str(error.value)
