"""Receipts by columns are the parser's receipts one by one, whatever a carrier writes and however forms are mixed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smpp import codec, receipt_rows
from smpp.pdu import DeliverSm, Tag, Tlv
from smpp.receipt_rows import Forms, Receipts

words = st.sampled_from([b"DELIVRD", b"UNDELIV", b"EXPIRED", b"delivrd", b"NEWWORD", b"ENROUTE"])
dates = st.sampled_from([b"2601020304", b"2613020304", b"26010203xx", b"2612312359"])
ids = st.sampled_from([b"0012345678", b"00a2345678", b"ABCDEF0123", b"12 4567890", b"1;34567890", b"\0" * 10])
errors = st.sampled_from([b"000", b"1A0", b"0 1", b"27 "])
quotes = st.sampled_from([b"Dear you, ", b"id:9 stat:", b"\0\xff\x80 stat:X", b"text:a b  "])
addresses = st.sampled_from([b"201001234567", b"+20100123456", b"00201001234x"])
senders = st.sampled_from([b"NILE", b"My S", b"\xc9\xe9aa"])


@st.composite
def receipts(draw) -> DeliverSm:
    layout = draw(
        st.sampled_from(["plain", "capitals", "reordered", "state first", "no text", "no dates", "other words"])
    )
    values = {
        b"id": draw(ids),
        b"stat": draw(words),
        b"date": draw(dates),
        b"err": draw(errors),
        b"quote": draw(quotes),
    }
    text = {
        "plain": b"id:%(id)b sub:001 dlvrd:001 submit date:%(date)b done date:%(date)b stat:%(stat)b err:%(err)b text:%(quote)b",
        "capitals": b"ID:%(id)b SUB:001 DLVRD:001 SUBMIT DATE:%(date)b DONE DATE:%(date)b STAT:%(stat)b ERR:%(err)b TEXT:",
        "reordered": b"stat:%(stat)b err:%(err)b id:%(id)b done date:%(date)b",
        "state first": b"text:%(quote)b stat:%(stat)b id:%(id)b",
        "no text": b"id: %(id)b, stat: %(stat)b",
        "other words": b"msgid=%(id)b&status=%(stat)b&error code=%(err)b&text=%(quote)b",
        "no dates": b"id:%(id)b stat:%(stat)b text:%(quote)b",
    }[layout] % values  # fmt: skip
    tlvs = []
    if draw(st.booleans()):
        tlvs.append(Tlv(Tag.RECEIPTED_MESSAGE_ID, draw(ids) + b"\0"))
    if draw(st.booleans()):
        tlvs.append(Tlv(Tag.MESSAGE_STATE, bytes((draw(st.sampled_from([0, 2, 5, 8, 9, 10, 255])),))))
    if draw(st.booleans()):
        tlvs.append(Tlv(Tag.NETWORK_ERROR_CODE, draw(st.binary(min_size=3, max_size=3))))
    if draw(st.booleans()):
        tlvs.append(Tlv(Tag.USER_MESSAGE_REFERENCE, draw(st.binary(min_size=2, max_size=2))))
    if draw(st.booleans()):
        tlvs.append(Tlv(draw(st.sampled_from([0x1400, Tag.MESSAGE_STATE])), draw(st.binary(min_size=1, max_size=1))))
    return DeliverSm(
        sequence=draw(st.integers(1, 0x7FFFFFFF)), source_addr=draw(addresses), destination_addr=draw(senders),
        esm_class=draw(st.sampled_from([4, 4, 4, 0x20, 0])), data_coding=draw(st.sampled_from([0, 0, 0, 8])),
        short_message=text, tlvs=tuple(tlvs),
    )  # fmt: skip


def listed(run: Receipts) -> list[tuple[object, ...]]:
    """One by one, as plain values."""
    columns = [column.tolist() for column in run[:-1]]
    return list(zip(*columns, (row.tobytes() for row in run.pdus), strict=True))


def by_length(pdus: list[DeliverSm]) -> list[np.ndarray]:
    frames: dict[int, list[bytes]] = {}
    for pdu in pdus:
        frame = codec.encode(pdu)
        frames.setdefault(len(frame), []).append(frame)
    return [np.frombuffer(b"".join(run), np.uint8).reshape(len(run), length) for length, run in frames.items()]


@given(st.lists(receipts(), min_size=1, max_size=12))
def test_whatever_is_read_by_columns_is_what_the_parser_reads(pdus):
    forms = Forms()
    for rows in by_length(pdus * 2):
        found, left = forms.read(rows)
        expected = []
        for row in rows[~left]:
            single = receipt_rows.single(codec.decode(row.tobytes()))
            assert single is not None
            expected += listed(single)
        assert sorted(expected) == sorted(entry for run in found for entry in listed(run))


def receipt(number: int, **values: object) -> DeliverSm:
    text = (
        b"id:%010d sub:001 dlvrd:001 submit date:2601020304 done date:2601020304 stat:DELIVRD err:000 text:hi" % number
    )
    return DeliverSm(
        **{
            "sequence": number, "source_addr": b"201001234567", "destination_addr": b"NILE", "esm_class": 4,
            "short_message": text, "tlvs": (Tlv(Tag.USER_MESSAGE_REFERENCE, number.to_bytes(2)),), **values,
        }
    )  # fmt: skip


def test_what_carriers_send_all_day_goes_by_columns():
    (rows,) = by_length([receipt(number) for number in range(1, 1001)])

    (run,), left = Forms().read(rows)

    assert not left.any()
    assert run.sequences.tolist() == run.references.tolist() == list(range(1, 1001))
    assert run.message_ids[7] == b"0000000008"
    assert set(run.states.tolist()) == {2}


def test_a_reply_among_receipts_is_left_to_the_parser():
    reply = receipt(2, esm_class=0)
    (rows,) = by_length([receipt(1), reply, receipt(3)])

    (run,), left = Forms().read(rows)

    assert (run.sequences.tolist(), left.tolist()) == ([1, 3], [False, True, False])


@pytest.mark.parametrize("count", [10, 500])
def test_a_session_remembers_so_many_forms_and_no_more(count):
    forms = Forms()
    for number in range(count):
        (rows,) = by_length([receipt(number, tlvs=(Tlv(0x1400 + number, b"x" * (number % 200)),))])
        found, left = forms.read(rows)
        assert (len(found), left.tolist()) == (1, [False])
    assert sum(map(len, forms._forms.values())) <= receipt_rows.MOST_FORMS
