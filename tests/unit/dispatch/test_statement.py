"""A carrier's statement as it is read: however it is written, and what cannot be read is said with its place."""

import codecs
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.statement_file import BadStatement, Layout, Line, read
from dispatch.statement_pairs import Claim, Doubt, pair

HEADER = b"message_id,destination,source,reference,accepted_at\n"
AT = datetime(2026, 3, 16, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"\xff,201001234567,,,", "line 3: byte 1, 0xff, can't be read"),
        (b"7,2010\xd9\xa1,,,", "line 3: destination is no international number"),
        (b"7,201001234567,NI\0LE,,", "line 3: source holds a NUL"),
        (b"7,201001234567,,99999999999,", "line 3: reference is no number"),
        (b"7,201001234567,,,yesterday", "line 3: accepted_at is no instant"),
        (b"7," + b"2" * 200_000 + b",,,", "line 3: field larger"),
        (b",201001234567,,,", "line 3: message_id is empty"),
        (b"7,201001234567", "line 3: has 2 fields, the header has 5"),
        (b'7,"201001234567,,,', "line 3: unexpected end of data"),
        (b'\n\n"7",201001234567,"a\nb",x,', "line 6: reference is no number"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_with_its_reason(tmp_path, line, why):
    statement = tmp_path / "march.csv"
    statement.write_bytes(HEADER + b"1,201001234567,NILE,12,2026-03-16T10:00:00Z\n" + line + b"\n")

    with pytest.raises(BadStatement, match=why):
        list(read(statement, "auto"))


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("a;b", "lacks message_id; it has: a, b"),
        ("message_id;to;to", "two columns for destination"),
        ("", "lacks message_id"),
    ],
)
def test_a_header_that_says_too_little_or_too_much(tmp_path, head, why):
    statement = tmp_path / "march.csv"
    statement.write_text(head + "\n")

    with pytest.raises(BadStatement, match=why):
        list(read(statement, "auto"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1256"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_other_names_delimiters_encodings_and_times(tmp_path, encoding, delimiter):
    statement = tmp_path / "march.csv"
    rows = [["Sender", "SMSC ID", "الرقم", "Submit-Date", "x"], ["بنك", "0A1", "+201001234567", "16/03/2026 12:00", ""]]
    statement.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    layout = Layout(
        {"destination": "الرقم"}, None, "utf-8-sig" if encoding == "utf-16" else codecs.lookup(encoding).name,
        "%d/%m/%Y %H:%M", "Africa/Cairo",
    )  # fmt: skip
    if encoding == "utf-8":
        layout = Layout(layout.columns, layout.delimiter, "utf-8-sig", layout.time_format, layout.zone)

    assert list(read(statement, "as_is", layout)) == [Line(2, ("0A1",), 201001234567, "بنك", None, AT)]


@pytest.mark.parametrize(
    ("status", "price", "currency", "read_as"),
    [
        ("DELIVRD", "0.0125", "USD", (True, Decimal("0.0125"), "USD")),
        ("undelivered", "3", "", (False, Decimal(3), None)),
        ("ACCEPTD", "", "", (None, None, None)),
    ],
)
def test_a_line_may_say_how_it_ended_and_what_it_costs(tmp_path, status, price, currency, read_as):
    statement = tmp_path / "march.csv"
    statement.write_text(f"id,to,DLR status,cost,currency\n0A1,201001234567,{status},{price},{currency}\n")
    (line,) = read(statement, "as_is")
    assert (line.is_delivered, line.price, line.currency) == read_as


@pytest.mark.parametrize(("field", "value"), [("cost", "0,03"), ("cost", "0.0000001"), ("currency", "pounds")])
def test_a_price_that_is_none_is_told(tmp_path, field, value):
    statement = tmp_path / "march.csv"
    statement.write_text(f'id,to,{field}\n0A1,201001234567,"{value}"\n')
    with pytest.raises(BadStatement, match=r"line 2: (price|currency) is no"):
        list(read(statement, "as_is"))


sources = st.sampled_from(["A", "B"])
claims = st.builds(
    Claim, st.just(0), st.just("id"), st.sampled_from([1, 2]), st.none() | sources, st.none() | st.integers(1, 3),
    st.none() | st.sampled_from([AT, AT + timedelta(days=3)]),
)  # fmt: skip
doubts = st.builds(
    Doubt, st.just(1), st.just(1), st.just(0), st.just(1), st.just(1), st.sampled_from([1, 2]), sources,
    st.integers(1, 3), st.sampled_from([AT, AT + timedelta(days=3)]), st.booleans(),
)  # fmt: skip


def fits(claim, doubt):
    return (
        claim.msisdn == doubt.msisdn
        and claim.source in (None, doubt.source)
        and claim.reference in (None, doubt.reference)
        and claim.accepted_at in (None, doubt.sent_at)
    )


@given(st.lists(claims, max_size=5), st.lists(doubts, max_size=5))
def test_as_many_attempts_are_proven_as_there_can_be(claims, doubts):
    claims = [claim._replace(line=n) for n, claim in enumerate(claims)]
    doubts = [doubt._replace(ordinal=n) for n, doubt in enumerate(doubts)]
    pairs = pair(claims, doubts)

    assert all(fits(claim, doubt) for claim, doubt in pairs)
    assert len({claim.line for claim, _ in pairs}) == len({doubt.ordinal for _, doubt in pairs}) == len(pairs)
    small, large = sorted([claims, doubts], key=len)
    most = 0
    for chosen in permutations(large, len(small)):
        couples = zip(small, chosen, strict=True) if small is claims else zip(chosen, small, strict=True)
        most = max(most, sum(fits(claim, doubt) for claim, doubt in couples))
    assert len(pairs) == most


def test_what_waits_for_proof_goes_before_what_silence_has_proven_otherwise():
    silent = Doubt(1, 1, 1, 1, 1, 7, "A", 1, AT, True)
    waiting = Doubt(1, 1, 2, 1, 1, 7, "A", 2, AT + timedelta(hours=1), False)

    assert pair([Claim(1, "x", 7, None, None, None)], [silent, waiting]) == [
        (Claim(1, "x", 7, None, None, None), waiting)
    ]
