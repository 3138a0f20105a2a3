"""A block of CSV, many rows at once: what may go to pyarrow's reader, and the chunk that comes out (INTAKE, Reading).

`ingest.scanner` is the definition. A block goes the quick way where numpy proves that its quotes are what they seem:
each odd one stands where a field begins (or is the second of a doubled one), each even one where a field ends (or is the
first of a doubled one). Then a row end is one where an even number of quotes lies before it, and both readers agree.
Rows that are not like the header are put right before pyarrow sees them, since it takes no other.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.chunk import Chunk, Codes
from ingest.chunking import LONGEST_FIELD, filled, shape_fault
from ingest.scanner import rows

Places = npt.NDArray[np.int64]
_QUOTE, _LF, _CR, _SPACE, _TAB = b'"\n\r \t'
_BOM = b"\xef\xbb\xbf"
_LARGEST_REPAIR = 400_000  # fields that the ragged rows of a block are filled up to
_MOST_ROWS = 400_000  # of a block; many more are blank or next to


@dataclass(frozen=True)
class Block:
    """Whole rows, blank ones too. begins, ends: of each row, without its line end. delimiters: those between fields.
    lines: how many line ends lie before each row. line_ends: in all."""

    octets: bytes
    begins: Places
    ends: Places
    delimiters: Places
    lines: Places
    line_ends: int
    is_quoted: bool


def proven(buffer: bytes, delimiter: str, *, is_last: bool) -> Block | None:
    """The rows that surely end within the buffer, which begins with a row; None where there is none, or a proof fails.

    is_last: nothing follows, and the buffer ends with a line end.
    """
    octets = np.frombuffer(buffer, np.uint8)
    stops = all_stops = _line_ends(buffer, octets, is_last)
    quotes = np.flatnonzero(octets == _QUOTE) if b'"' in buffer else None
    if quotes is not None:
        stops = stops[_outside(quotes, stops)]
    if not len(stops):
        return None
    stops = stops[:_MOST_ROWS]
    size = int(stops[-1]) + 1
    octets = octets[:size]
    delimiters = np.flatnonzero(octets == ord(delimiter))
    begins = np.concatenate(([0], stops[:-1] + 1))
    lines = np.arange(len(stops))
    if quotes is not None:
        quotes = quotes[: np.searchsorted(quotes, size)]
        if not _are_what_they_seem(octets, quotes, ord(delimiter)):
            return None
        delimiters = delimiters[_outside(quotes, delimiters)]
        all_stops = all_stops[: np.searchsorted(all_stops, size)]
        lines = np.searchsorted(all_stops, begins)
    after_cr = (octets[stops] == _LF) & (octets[stops - 1] == _CR) & (stops > begins)
    is_quoted = quotes is not None and len(quotes) > 0
    return Block(buffer[:size], begins, stops - after_cr, delimiters, lines, len(all_stops), is_quoted)


def chunk_of(block: Block, delimiter: str, width: int, line: int) -> Chunk | None:
    """line: of the block's first row. None where the block has but blank rows, or too many to be put right."""
    counts = _delimiters_per_row(block, width)
    is_blank = _are_blank(block, counts)
    is_ragged = (counts != width - 1) & ~is_blank
    if np.count_nonzero(is_ragged) * width > _LARGEST_REPAIR:
        return None
    data = block.octets
    if is_blank.any() or is_ragged.any():
        data = _put_right(block, is_blank, is_ragged, delimiter, width)
    kept = np.flatnonzero(~is_blank)
    begins, ends, octets = block.begins[kept], block.ends[kept], block.octets
    return Chunk(
        lines=block.lines[kept] + line,
        columns=_columns(data, delimiter, width, is_quoted=block.is_quoted),
        faults=_faults(block, delimiter, width, is_ragged)[kept],
        raw=lambda place: octets[begins[place] : ends[place]].decode(),
    )


def _line_ends(buffer: bytes, octets: npt.NDArray[np.uint8], is_last: bool) -> Places:
    """The last octet of each: CRLF, LF and CR; a CR at the buffer's end may be half of a CRLF."""
    feeds = np.flatnonzero(octets == _LF)
    if b"\r" not in buffer:
        return feeds
    returns = np.flatnonzero(octets == _CR)
    if returns[-1] == len(octets) - 1 and not is_last:
        returns = returns[:-1]
    alone = returns[octets[np.minimum(returns + 1, len(octets) - 1)] != _LF]
    return np.sort(np.concatenate((feeds, alone))) if len(alone) else feeds


def _outside(quotes: Places, places: Places) -> npt.NDArray[np.bool_]:
    return np.searchsorted(quotes, places) & 1 == 0


def _are_what_they_seem(octets: npt.NDArray[np.uint8], quotes: Places, delimiter: int) -> bool:
    """quotes: an even number of them, and a line end after the last."""
    borders = np.zeros(256, np.bool_)
    borders[[delimiter, _LF, _CR]] = True
    opening, closing = quotes[::2], quotes[1::2]
    is_doubled = opening[1:] == closing[:-1] + 1
    opens = (opening == 0) | borders[octets[opening - 1]]
    closes = borders[octets[closing + 1]]
    opens[1:] |= is_doubled
    closes[:-1] |= is_doubled
    return bool(opens.all() and closes.all())


def _delimiters_per_row(block: Block, width: int) -> Places:
    rows, delimiters = len(block.ends), block.delimiters
    if len(delimiters) == rows * (width - 1):
        if width == 1:
            return np.zeros(rows, np.int64)
        grid = delimiters.reshape(rows, width - 1)
        if (grid[:, 0] >= block.begins).all() and (grid[:, -1] < block.ends).all():
            return np.full(rows, width - 1)
    return np.searchsorted(delimiters, block.ends) - np.searchsorted(delimiters, block.begins)


def _are_blank(block: Block, counts: Places) -> npt.NDArray[np.bool_]:
    """Rows of one field with nothing in it but spaces and tabs."""
    is_blank = block.ends == block.begins
    single = np.flatnonzero((counts == 0) & ~is_blank)
    first = np.frombuffer(block.octets, np.uint8)[block.begins[single]]
    for place in single[(first == _SPACE) | (first == _TAB)]:
        is_blank[place] = not block.octets[block.begins[place] : block.ends[place]].strip(b" \t")
    return is_blank


def _fields(block: Block, place: int, delimiter: str) -> list[str]:
    """Of a row that is not blank."""
    text = block.octets[block.begins[place] : block.ends[place]].decode()
    return next(rows(text, delimiter)).fields


def _put_right(
    block: Block, is_blank: npt.NDArray[np.bool_], is_ragged: npt.NDArray[np.bool_], delimiter: str, width: int
) -> bytes:
    """The block without its blank rows, and with as many fields in each other one as the header has."""
    octets = np.frombuffer(block.octets, np.uint8)
    following = np.append(block.begins[1:], len(octets))
    steps = np.zeros(len(octets) + 1, np.int8)
    steps[block.begins[is_blank]] += 1
    steps[following[is_blank]] -= 1
    is_kept = np.cumsum(steps[:-1], dtype=np.int8) == 0
    parts, done = [], 0
    for place in np.flatnonzero(is_ragged).tolist():
        begin, end = block.begins[place], following[place]
        parts.append(octets[done:begin][is_kept[done:begin]].tobytes())
        fields = filled(_fields(block, place, delimiter), width)
        if block.is_quoted:
            fields = ['"' + field.replace('"', '""') + '"' for field in fields]
        parts.append((delimiter.join(fields) + "\r\n").encode())  # after a CR a lone LF would end no row
        done = end
    parts.append(octets[done:][is_kept[done:]].tobytes())
    return b"".join(parts)


def _faults(block: Block, delimiter: str, width: int, is_ragged: npt.NDArray[np.bool_]) -> Codes:
    is_odd = is_ragged | (block.ends - block.begins > LONGEST_FIELD)
    if b"\0" in block.octets:
        nuls = np.flatnonzero(np.frombuffer(block.octets, np.uint8) == 0)
        is_odd[np.searchsorted(block.begins, nuls, "right") - 1] = True
    faults = np.zeros(len(is_odd), np.int8)
    for place in np.flatnonzero(is_odd).tolist():
        faults[place] = shape_fault(_fields(block, place, delimiter), width)
    return faults


def _columns(data: bytes, delimiter: str, width: int, *, is_quoted: bool) -> list[object]:
    import pyarrow as pa
    from pyarrow import csv

    if not data:
        return [pa.array([], pa.string())] * width
    if data.startswith(_BOM):
        data = _BOM + data  # pyarrow drops one, which is a character here
    names = [str(place) for place in range(width)]
    table = csv.read_csv(
        pa.py_buffer(data),
        csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
        csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if is_quoted else False,
            double_quote=is_quoted,
            escape_char=False,
            newlines_in_values=is_quoted,
            ignore_empty_lines=False,
        ),
        csv.ConvertOptions(
            check_utf8=False,
            column_types={name: pa.string() for name in names},
            null_values=[],
            strings_can_be_null=False,
            quoted_strings_can_be_null=False,
        ),
    )
    return [column.combine_chunks() if column.num_chunks != 1 else column.chunk(0) for column in table.columns]
