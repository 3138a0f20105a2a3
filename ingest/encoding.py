"""In which encoding a file is written, and its text as UTF-8, piece by piece (INTAKE, Reading: the encoding ladder)."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from ingest.container import PIECE, Content, pieces
from ingest.refusal import Unusable

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_SAMPLE = 65536


@dataclass(frozen=True)
class Encoding:
    """name: of the codec. mark: the length of the byte order mark before the text."""

    name: str
    mark: int = 0


def find(content: Content, declared: str | None) -> Encoding:
    """BOM, UTF-16 by its NULs, strict UTF-8, the declared codec; the whole file is decoded once for that.

    Raises Unusable (ENCODING_UNKNOWN) with the offset of the first byte that does not fit, counted in the content. A
    codec that can read any byte would also read a damaged UTF-8 file, so a declared one is not tried on a file that is
    UTF-8 but for a few bytes.
    """
    with content.open() as readable:
        head = next(pieces(readable, _SAMPLE), b"")
    if head.startswith(_UTF32):
        raise Unusable("ENCODING_UNKNOWN", "UTF-32 is not read: save the file as UTF-8", byte=0)
    certain = next((Encoding(name, len(bom)) for bom, name in _BOMS if head.startswith(bom)), None)
    if certain is None and (name := _utf16_by_nulls(head)) is not None:
        certain = Encoding(name)
    if certain is not None:
        return _fitting(content, certain)
    bad = _first_bad_byte(content, Encoding("utf-8"))
    if bad is None:
        return Encoding("utf-8")
    if declared is None or codecs.lookup(declared).name == "utf-8" or _is_damaged_utf8(content):
        raise Unusable("ENCODING_UNKNOWN", "not UTF-8, and no other encoding is declared that fits", byte=bad)
    return _fitting(content, Encoding(declared))


def utf8(content: Content, encoding: Encoding, size: int = PIECE) -> Iterator[bytes]:
    """The text as UTF-8, in pieces that come from this many bytes each. The encoding is known to fit."""
    decoder = None if encoding.name == "utf-8" else codecs.getincrementaldecoder(encoding.name)()
    for piece in _text_bytes(content, encoding, size):
        converted = piece if decoder is None else decoder.decode(piece).encode()
        if converted:
            yield converted
    if decoder is not None and (rest := decoder.decode(b"", True).encode()):
        yield rest


def _text_bytes(content: Content, encoding: Encoding, size: int) -> Iterator[bytes]:
    with content.open() as readable:
        if encoding.mark:
            next(pieces(readable, encoding.mark), None)
        yield from pieces(readable, size)


def _fitting(content: Content, encoding: Encoding) -> Encoding:
    bad = _first_bad_byte(content, encoding)
    if bad is not None:
        raise Unusable("ENCODING_UNKNOWN", f"not {encoding.name}", byte=bad)
    return encoding


def _first_bad_byte(content: Content, encoding: Encoding) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding.name)()
    is_utf8, is_between = encoding.name == "utf-8", True
    read = encoding.mark
    try:
        for piece in _text_bytes(content, encoding, PIECE):
            if not (is_utf8 and is_between and piece.isascii()):
                text = decoder.decode(piece)
                is_between = not decoder.getstate()[0]
                if not is_utf8:
                    text.encode()  # some codecs give halves of surrogate pairs, which are no text
            read += len(piece)
        piece = b""
        decoder.decode(b"", True)
    except UnicodeDecodeError as error:
        kept = max(0, len(error.object) - len(piece))  # of the piece before
        return read - kept + error.start
    except UnicodeError:
        return read
    return None


def _utf16_by_nulls(sample: bytes) -> str | None:
    """ASCII characters in UTF-16 have a NUL in each second byte: in tables they are many, the other side has none."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if not even and odd * 10 >= len(sample) // 2 > 0:
        return "utf-16-le"
    if not odd and even * 10 >= len(sample) // 2 > 0:
        return "utf-16-be"
    return None


def _is_damaged_utf8(content: Content) -> bool:
    """Whether most of what is beyond ASCII is UTF-8."""
    whole = beyond_ascii = 0
    carried = b""
    for piece in chain(_text_bytes(content, Encoding("utf-8"), PIECE), (b"",)):
        data = carried + piece
        last = range(max(0, len(data) - 3), len(data)) if piece else ()
        begun = next((place for place in last if data[place] >= 0xC0), len(data))  # a character that may go on
        data, carried = data[:begun], data[begun:]
        whole += len(data) - len(_MULTIBYTE.sub(b"", data))
        beyond_ascii += len(data) - len(data.translate(None, _BEYOND_ASCII))
    return 2 * whole > beyond_ascii
