"""INTAKE, MISSING_VALUE and EMPTY_TEXT: only space is nothing, whatever kind of space."""

import pyarrow as pa

from ingest.blank import blank


def test_the_same_texts_are_blank_as_for_str():
    spaces = [chr(code) for code in range(0x3100) if not 0xD800 <= code < 0xE000]
    texts = ["", " ", "\u3000\t", "\u00a0x", "م", " م", *spaces, *(f" {space}" for space in spaces)]

    assert blank(pa.array(texts)).tolist() == [not text.strip() for text in texts]


def test_a_part_of_an_array_and_an_empty_one():
    assert blank(pa.array(["", "a", " ", "b"]).slice(1, 2)).tolist() == [False, True]
    assert blank(pa.array([], pa.string())).tolist() == []
    assert blank(pa.array(["", ""])).tolist() == [True, True]
