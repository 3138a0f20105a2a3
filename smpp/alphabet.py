"""GSM 03.38 as unpacked septets: the default alphabet, and the national tables that shift it (3GPP 23.038 6.2.1, annex A).

A locking shift replaces the alphabet, a single shift what an escape leads to; a header says which (udh.Shift).
"""

import codecs
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

ESCAPE = 0x1B


class Language(IntEnum):
    """National language identifiers (3GPP 23.038 6.2.1.2.4). Spanish has no locking table, only a single shift."""

    DEFAULT = 0
    TURKISH = 1
    SPANISH = 2
    PORTUGUESE = 3


class Shift(NamedTuple):
    """Which tables a text is written with."""

    locking: Language = Language.DEFAULT
    single: Language = Language.DEFAULT


DEFAULT = Shift()

_ALPHABETS = {
    Language.DEFAULT: (
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
        "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
    ),
    Language.TURKISH: (
        "@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bŞşßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
        "İABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§çabcdefghijklmnopqrstuvwxyzäöñüà"
    ),
    Language.PORTUGUESE: (
        "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|\x1bÂâÊÉ !\"#º%&'()*+,-./0123456789:;<=>?"
        "ÍABCDEFGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§~abcdefghijklmnopqrstuvwxyzãõ`üà"
    ),
}
_ALPHABETS[Language.SPANISH] = _ALPHABETS[Language.DEFAULT]

_EXTENSION = {"\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40}
_EXTENSION["€"] = 0x65
_EXTENSIONS = {
    Language.DEFAULT: _EXTENSION,
    Language.TURKISH: _EXTENSION | {c: ord(at) for c, at in zip("ĞİŞçğış", "GIScgis", strict=True)},
    Language.SPANISH: _EXTENSION | {"ç": 0x09} | {c: ord(at) for c, at in zip("ÁÍÓÚáíóú", "AIOUaiou", strict=True)},
    Language.PORTUGUESE: _EXTENSION
    | {"ê": 0x05, "ç": 0x09, "Ô": 0x0B, "ô": 0x0C, "Á": 0x0E, "á": 0x0F, "Ê": 0x1F, "â": 0x7F}
    | {"Φ": 0x12, "Γ": 0x13, "Ω": 0x15, "Π": 0x16, "Ψ": 0x17, "Σ": 0x18, "Θ": 0x19}
    | {c: ord(at) for c, at in zip("ÀÍÓÚÃÕÂíóúãõ", "AIOU[\\aiou{|", strict=True)},
}


@lru_cache
def _to_septets(shift: Shift) -> dict[int, Any]:
    """For `codecs.charmap_encode`. A character of both tables is written without the escape."""
    escaped = {ord(c): bytes((ESCAPE, septet)) for c, septet in _EXTENSIONS[shift.single].items()}
    plain = {ord(c): bytes((i,)) for i, c in enumerate(_ALPHABETS[shift.locking]) if i != ESCAPE}
    return escaped | plain


@lru_cache
def _from_extension(language: Language) -> dict[int, str]:
    return {septet: character for character, septet in _EXTENSIONS[language].items()}


_DEFAULT_TO_SEPTETS = _to_septets(DEFAULT)


def encode(text: str, shift: Shift = DEFAULT) -> bytes:
    """One septet an octet; UnicodeEncodeError, which says where, where a character is in neither table."""
    mapping = _DEFAULT_TO_SEPTETS if shift is DEFAULT else _to_septets(shift)
    return codecs.charmap_encode(text, "strict", mapping)[0]


def decode(septets: bytes, shift: Shift = DEFAULT) -> str:
    """The inverse. Lenient: what is no septet shows as U+FFFD, an escape to nothing as a space, and one to a
    character that the extension lacks as the alphabet's (23.038 6.2.1.1)."""
    alphabet = _ALPHABETS[shift.locking]
    if ESCAPE not in septets:
        # the standard library takes a string as well as a dictionary, and is faster with it
        return codecs.charmap_decode(septets, "replace", alphabet)[0]  # type: ignore[arg-type]
    extension = _from_extension(shift.single)
    shown = []
    rest = iter(septets)
    for septet in rest:
        if septet != ESCAPE:
            shown.append(alphabet[septet] if septet < 128 else "\ufffd")
        elif (escaped := next(rest, ESCAPE)) == ESCAPE:
            shown.append(" ")
        else:
            shown.append(extension.get(escaped) or (alphabet[escaped] if escaped < 128 else "\ufffd"))
    return "".join(shown)
