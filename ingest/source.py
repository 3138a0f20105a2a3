"""A file as a source of chunks, whatever it is: CSV, XLSX, JSON Lines; plain, in gzip or in zip (INTAKE, Reading)."""

from collections.abc import Iterator
from pathlib import Path

from ingest import container, csv_source, encoding, json_lines, workbook
from ingest.chunk import Source
from ingest.layout import Layout
from ingest.refusal import Unusable
from ingest.text import Head

BLOCK = 4 * 2**20  # bytes of the content that a chunk comes from


def open_source(path: Path, layout: Layout, block: int = BLOCK) -> Source:
    """The kind is told by the content. A text is decoded once from end to end here, so that a bad byte is found before
    its first row is used; in what its rows break, as an unclosed quote, the chunks find it.

    Raises Unusable with the code of the first rule that the file breaks as a whole.
    """
    content = container.look(path)
    if content.is_workbook:
        return workbook.open_workbook(content, layout)
    found = encoding.find(content, layout.encoding)

    def blocks() -> Iterator[bytes]:
        return encoding.utf8(content, found, block)

    head = Head(blocks)
    first = head.first_character
    if not first and head.is_empty():
        raise Unusable("EMPTY_FILE", "the file has no content")
    if first == "<":
        raise Unusable("NOT_A_TABLE", "HTML or XML: save the table as CSV")
    if first == "[":
        raise Unusable("NOT_A_TABLE", "a JSON array: send JSON Lines, one object a line, or CSV")
    if first == "{":
        return json_lines.open_json_lines(blocks, found.name, layout)
    return csv_source.open_csv(head, blocks, found.name, layout)
