"""A table's header: where its numbers stand, or what it is called where the file has none (INTAKE, Reading)."""

from collections.abc import Sequence

from ingest import columns
from ingest.refusal import Unusable

LARGEST_WIDTH = 16_384  # columns; a workbook's sheet has no more either


def recipient(header: Sequence[str]) -> int:
    """The place of the column of numbers. Raises Unusable where it is none or several, or the header is no header."""
    if len(header) > LARGEST_WIDTH:
        raise Unusable("NOT_A_TABLE", f"the header has more than {LARGEST_WIDTH} columns")
    if any("\0" in name for name in header):
        raise Unusable("BAD_BYTE", "the header holds a NUL byte")
    places = columns.find(list(header), columns.RECIPIENT)
    if not places:
        raise Unusable("NO_RECIPIENT_COLUMN", "no column is named msisdn, phone, mobile, number or alike")
    if len(places) > 1:
        raise Unusable("DOUBLE_RECIPIENT_COLUMN", f"columns {' and '.join(str(place + 1) for place in places)}")
    return places[0]


def named(names: Sequence[str], width: int) -> list[str]:
    """The header of a file without one: the names that its sender gives, then the columns' places."""
    return [*names, *map(str, range(len(names) + 1, width + 1))][: max(width, 1)]
