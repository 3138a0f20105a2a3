"""A table's header: where its numbers stand, or what it is called where the file has none (INTAKE, Reading)."""

from collections.abc import Sequence

from ingest import columns
from ingest.layout import Layout
from ingest.refusal import Unusable

LARGEST_WIDTH = 16_384  # columns; a workbook's sheet has no more either


def recipient(header: Sequence[str], layout: Layout) -> int:
    """The place of the column of numbers. Raises Unusable where it is none or several, or the header is no header."""
    if len(header) > LARGEST_WIDTH:
        raise Unusable("NOT_A_TABLE", f"the header has more than {LARGEST_WIDTH} columns")
    if any("\0" in name for name in header):
        raise Unusable("BAD_BYTE", "the header holds a NUL byte")
    places = columns.named(list(header), layout.recipient, columns.RECIPIENT)
    if not layout.asks_for_recipient:
        return places[0] if places else 0
    if not places:
        called = "msisdn, phone, mobile, number or alike" if layout.recipient is None else layout.recipient
        raise Unusable("NO_RECIPIENT_COLUMN", f"no column is named {called}")
    if len(places) > 1:
        raise Unusable("DOUBLE_RECIPIENT_COLUMN", f"columns {' and '.join(str(place + 1) for place in places)}")
    return places[0]


def named(names: Sequence[str], width: int) -> list[str]:
    """The header of a file without one: the names that its sender gives, then the columns' places."""
    return [*names, *map(str, range(len(names) + 1, width + 1))][: max(width, 1)]
