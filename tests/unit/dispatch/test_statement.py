"""A carrier's statement as it is read: what cannot be read is said with its place, and nothing of it is loaded."""

import pytest

from dispatch.statement import BadStatement, read

HEADER = b"message_id,destination,source,reference,accepted_at\n"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\xff,201001234567,,,", "can't decode"),
        (b"7,2010\xd9\xa1,,,", "destination is no international number"),
        (b"7,201001234567,NI\0LE,,", "source holds a NUL"),
        (b"7,201001234567,,99999999999,", "reference is no number"),
        (b"7,201001234567,,,yesterday", "accepted_at is no instant"),
        (b"7," + b"2" * 200_000, "field larger"),
        (b",201001234567,,,", "message_id is empty"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_with_its_reason(tmp_path, line, why):
    statement = tmp_path / "march.csv"
    statement.write_bytes(HEADER + b"1,201001234567,NILE,12,2026-03-16T10:00:00Z\n" + line + b"\n")

    with pytest.raises(BadStatement, match=why):
        list(read(statement, "auto"))
