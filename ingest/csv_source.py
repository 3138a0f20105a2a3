"""CSV as a source of chunks: the header and its delimiter, then block by block (INTAKE, Reading: strict CSV)."""

import codecs
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from ingest import chunking, columns, csv_block, header, text
from ingest.chunk import Chunk
from ingest.chunking import Read
from ingest.layout import Layout
from ingest.refusal import Unusable
from ingest.scanner import Row, Scan
from ingest.text import Blocks, Head

DELIMITERS = (",", ";", "\t", "|")


@dataclass
class CsvSource:
    """skip, line: where the rows begin, in bytes of the text, and on which line."""

    header: list[str]
    recipient: int
    encoding: str
    delimiter: str
    skip: int
    line: int
    blocks: Blocks
    skipped: int = 0

    def chunks(self) -> Iterator[Chunk]:
        buffer, line, is_last = b"", self.line, False
        blocks = text.after(self.blocks(), self.skip)
        while not is_last:
            block = next(blocks, None)
            is_last = block is None
            buffer += block or b""
            if is_last and buffer and not buffer.endswith((b"\n", b"\r")):
                buffer += b"\n"
            buffer, line = yield from self._whole_rows(buffer, line, is_last)
            text.refuse_endless(buffer, self.delimiter, line)

    def _whole_rows(self, buffer: bytes, line: int, is_last: bool) -> Generator[Chunk, None, tuple[bytes, int]]:
        """What the buffer surely has; returns what is left of it, and its line."""
        width, before = len(self.header), -1
        while buffer and len(buffer) != before:
            before = len(buffer)
            rows = csv_block.proven(buffer, self.delimiter, is_last=is_last)
            chunk = csv_block.chunk_of(rows, self.delimiter, width, line) if rows is not None else None
            if rows is not None and chunk is not None:
                buffer, line = buffer[len(rows.octets) :], line + rows.line_ends
                if len(chunk):
                    yield chunk
            elif rows is not None or b'"' in buffer:
                buffer, line = yield from self._scanned(buffer, line, is_last)
        return buffer, line

    def _scanned(self, buffer: bytes, line: int, is_last: bool) -> Generator[Chunk, None, tuple[bytes, int]]:
        """The same by the scanner, where there is no proof."""
        written, width = codecs.utf_8_decode(buffer, "strict", is_last)[0], len(self.header)
        scan = Scan(written, self.delimiter, line, is_last=is_last)
        yield from chunking.chunks_of((_read(row, written, width) for row in scan), width)
        return buffer[len(written[: scan.position].encode()) :], scan.line


def open_csv(head: Head, blocks: Blocks, encoding: str, layout: Layout) -> CsvSource:
    """Raises Unusable with the code of what is wrong with the header, or NO_ROWS."""
    delimiter = layout.delimiter or _sniff(head, layout.recipient)
    row, skip, line = head.first_row(delimiter)
    names = row.fields if row is not None else []
    if not layout.has_header:
        names, skip, line = header.named(layout.names, len(names)), 0, 1
    found = CsvSource(names, header.recipient(names, layout), encoding, delimiter, skip, line, blocks)
    if next(found.chunks(), None) is None:
        raise Unusable("NO_ROWS", "there is a header and no row below it")
    return found


def _read(row: Row, written: str, width: int) -> Read:
    fields = chunking.filled(row.fields, width)
    return Read(row.line, fields, chunking.shape_fault(row.fields, width), written[row.start : row.end])


def _sniff(head: Head, recipient: str | None) -> str:
    """The delimiter that lets a column of numbers appear in the first row; of several the one that parts it most."""

    def merit(delimiter: str) -> tuple[bool, int]:
        try:
            row = head.first_row(delimiter).row
        except Unusable:
            return False, 0
        fields = row.fields if row else []
        return bool(columns.named(fields, recipient, columns.RECIPIENT)), len(fields)

    return max(DELIMITERS, key=merit)
