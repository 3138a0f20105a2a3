"""Receipts in every layout say the same to a reader that takes carriers as they are."""

from datetime import UTC, datetime

import pytest

from local.carrier.layouts import Layout, deliver_sm
from smpp import codec, receipt
from smpp.receipt import Receipt, State

AT = datetime(2026, 3, 16, 10, 7, tzinfo=UTC)
SAID = Receipt(
    message_id=b"00c0ffee", state=State.UNDELIVERABLE, error_code="027", submitted=AT, done=AT, reference=4711,
    source=b"NILE", destination=b"201001234567",
)  # fmt: skip


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("number", range(9))
def test_id_state_reference_and_addresses_survive(layout, number):
    read = receipt.parse(codec.decode(codec.encode(deliver_sm(SAID, layout, number=number, sequence=5))))
    assert (read.message_id, read.state, read.reference) == (b"00c0ffee", State.UNDELIVERABLE, 4711)
    assert (read.source, read.destination) == (b"NILE", b"201001234567")


@pytest.mark.parametrize(
    ("layout", "esm_class", "text"),
    [
        (Layout.SPARSE, 4, b"id:00c0ffee stat:UNDELIV"),
        (Layout.REORDERED, 4, b"stat:UNDELIV err:027 done date:2603161007 submit date:2603161007 sub:001 id:00c0ffee"),
        (
            Layout.CASE,
            4,
            b"ID:00c0ffee SUB:001 DLVRD:000 SUBMIT_DATE:2603161007 DONE_DATE:2603161007 STAT:undeliv ERR:027 TEXT:",
        ),
        (Layout.TLVS, 4, b""),
    ],
)
def test_what_is_written(layout, esm_class, text):
    pdu = deliver_sm(SAID, layout, number=1, sequence=5)
    assert (pdu.esm_class, pdu.short_message) == (esm_class, text)


@pytest.mark.parametrize(
    ("layout", "digits"), [(Layout.SECONDS, b"260316100700"), (Layout.FULL_YEAR, b"20260316100700")]
)
def test_dates_of_other_lengths(layout, digits):
    pdu = deliver_sm(SAID, layout, number=1, sequence=5)
    assert b"done date:" + digits in pdu.short_message
    assert receipt.parse(pdu).done == AT.replace(tzinfo=None)


def test_payload_and_unmarked():
    pdu = deliver_sm(SAID, Layout.PAYLOAD, number=1, sequence=5)
    assert (pdu.short_message, pdu.body()[:11]) == (b"", b"id:00c0ffee")
    assert deliver_sm(SAID, Layout.UNMARKED, number=1, sequence=5).esm_class == 0
