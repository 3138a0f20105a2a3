"""The alphabets of 23.038 against an independent codec of the same tables, made from another release of the standard."""

import gsmcodecs  # noqa: F401 - registers its codecs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smpp import alphabet
from smpp.alphabet import Language, Shift
from smpp.reassembly import Reassembly
from smpp.udh import shift_elements

SHIFTS = [Shift(locking, single) for locking in Language for single in Language]
CHARACTERS = [chr(code) for code in range(0x3000)]


def codec(shift: Shift) -> str:
    return f"gsm23.038-{shift.locking.value}-{shift.single.value}"


def septets_of(character: str, shift: Shift) -> bytes | None:
    try:
        return character.encode(codec(shift), "strict")
    except UnicodeEncodeError:
        return None


def ours(text: str, shift: Shift) -> bytes | None:
    try:
        return alphabet.encode(text, shift)
    except UnicodeEncodeError:
        return None


WRITABLE = {shift: [c for c in CHARACTERS if septets_of(c, shift) is not None] for shift in SHIFTS}


@pytest.mark.parametrize("shift", SHIFTS)
def test_each_character_is_written_as_the_independent_codec_writes_it(shift):
    differing = [c for c in CHARACTERS if c != "\x1b" and ours(c, shift) != septets_of(c, shift)]

    assert differing == []


@pytest.mark.parametrize("shift", SHIFTS)
def test_each_septet_and_each_escape_is_shown_as_the_independent_codec_shows_it(shift):
    for septet in range(128):
        octets = bytes((septet,)) if septet != alphabet.ESCAPE else b"\x1b\x1b"
        assert alphabet.decode(octets, shift) == octets.decode(codec(shift))
        escaped = bytes((alphabet.ESCAPE, septet))
        try:
            shown = escaped.decode(codec(shift))
        except UnicodeDecodeError:  # not in the table: 23.038 6.2.1.1 shows the alphabet's character
            shown = octets.decode(codec(shift))
        assert alphabet.decode(escaped, shift) == shown


@given(st.sampled_from(SHIFTS), st.data())
def test_a_text_of_any_of_these_characters_comes_back(shift, data):
    text = data.draw(st.text(st.sampled_from(WRITABLE[shift]), max_size=200))

    assert alphabet.decode(alphabet.encode(text, shift), shift) == text


@given(st.binary(max_size=60), st.sampled_from(SHIFTS))
def test_whatever_comes_is_shown(septets, shift):
    shown = alphabet.decode(septets, shift)

    assert len(shown) <= len(septets)
    assert "\x1b" not in shown


def test_the_euro_and_the_dotless_i():
    turkish = Shift(Language.TURKISH, Language.TURKISH)

    assert alphabet.encode("€ığ", turkish) == b"\x04\x07\x0c"
    assert alphabet.encode("€ığ", Shift(single=Language.TURKISH)) == b"\x1b\x65\x1b\x69\x1b\x67"
    with pytest.raises(UnicodeEncodeError):
        alphabet.encode("ı")


def test_a_phone_that_shifts_the_alphabet_in_some_parts_only_is_understood():
    elements = shift_elements(Shift(Language.PORTUGUESE, Language.DEFAULT))
    phone = Reassembly()
    first = bytes((5 + len(elements), 0, 3, 9, 2, 1)) + elements + b"\x0b\x1c"
    second = bytes((5, 0, 3, 9, 2, 2)) + b"\x0b\x1c"

    assert phone.add(second, 0x40, 0) is None
    assert phone.add(first, 0x40, 0) == "ÔÂØÆ"
