"""Receipts in the forms that SMSCs, gateways and aggregators are known to write: one line each, all values made up.

Their manuals and issue trackers tell the forms: appendix B to the letter, fields left out or added, other words for
states, ids of every kind, dates of every length, texts as UCS-2, everything in parameters.
"""

from datetime import datetime
from typing import Any, NamedTuple

import pytest

from smpp import codec, receipt
from smpp.message_id import answer_key, receipt_keys
from smpp.pdu import DataSm, DeliverSm, Tag, Tlv
from smpp.receipt import State

AT = datetime.fromisoformat("2026-11-24T14:25")
AT_7 = AT.replace(second=7)
D, U, E, R = State.DELIVERED, State.UNDELIVERABLE, State.EXPIRED, State.REJECTED
DATES = b"submit date:2611241424 done date:2611241425"


class Form(NamedTuple):
    """A receipt and what it says. done: AT unless told."""

    text: bytes
    message_id: bytes
    state: State
    error: str | None
    done: datetime | None = AT
    fields: dict[str, Any] | None = None
    tlvs: tuple[Tlv, ...] = ()


def utf16(text: bytes, order: str = "be", bom: bytes = b"") -> bytes:
    return bom + text.decode().encode(f"utf-16-{order}")


SHORT = b"id:77 stat:DELIVRD err:000"
FORMS = {
    "appendix B": Form(b"id:0123456789 sub:001 dlvrd:001 " + DATES + b" stat:DELIVRD err:000 Text:Dear Mona", b"0123456789", D, "000"),
    "appendix B, broken over lines": Form(b"id:0123456789 sub:001 dlvrd:001 submit date:2611241424 done\ndate:2611241425 stat:UNDELIV err:1\nText: Dear", b"0123456789", U, "1"),
    "without sub and dlvrd": Form(b"id:1526758174 " + DATES + b" stat:DELIVRD err:000 text:hello", b"1526758174", D, "000"),
    "without sub, dlvrd and text": Form(b"id:1298d520-b783-49d9-87af-643d7bf13304 " + DATES + b" stat:DELIVRD err:00", b"1298d520-b783-49d9-87af-643d7bf13304", D, "00"),
    "id and stat alone": Form(b"id:9 stat:EXPIRED", b"9", E, None, None),
    "reordered": Form(b"stat:REJECTD err:045 done date:2611241425 id:00AF12 sub:001", b"00AF12", R, "045"),
    "upper case": Form(b"ID:5 SUB:001 DLVRD:001 SUBMIT DATE:2611241424 DONE DATE:2611241425 STAT:DELIVRD ERR:000 TEXT:", b"5", D, "000"),
    "blanks behind the colons": Form(b"id: 5 sub: 001 dlvrd: 001 submit date: 2611241424 done date: 2611241425 stat: DELIVRD err: 0", b"5", D, "0"),
    "underscores": Form(b"id:5 submit_date:2611241424 done_date:2611241425 stat:DELIVRD err:000", b"5", D, "000"),
    "no space in dates' names": Form(b"id:5 submitdate:2611241424 donedate:2611241425 stat:DELIVRD err:000", b"5", D, "000"),
    "commas": Form(b"id:5,sub:1,dlvrd:1,submit date:2611241424,done date:2611241425,stat:DELIVRD,err:0,text:", b"5", D, "0"),
    "bars and other names": Form(b"message_id=5|status=DELIVERED|error code=000|done date=2611241425", b"5", D, "000"),
    "lines": Form(b"msgid:5\r\nstatus:Undelivered\r\nerr:27\r\ndone date:2611241425\r\n", b"5", U, "27"),
    "fields of their own": Form(b"id:5 sub:001 mcc:602 mnc:01 " + DATES + b" network:60201 stat:DELIVRD err:000 cost:0.02", b"5", D, "000"),
    "a date with its seconds": Form(b"id:5 done date:261124142507 stat:DELIVRD err:000", b"5", D, "000", AT_7),
    "a date with its whole year": Form(b"id:5 done date:20261124142507 stat:DELIVRD err:000", b"5", D, "000", AT_7),
    "a date with its whole year, to the minute": Form(b"id:5 done date:202611241425 stat:DELIVRD err:000", b"5", D, "000"),
    "a date as ISO writes it": Form(b"id:5 submit date:2026-11-24 14:24:59 done date:2026-11-24 14:25:07 stat:DELIVRD err:000", b"5", D, "000", AT_7),
    "a date with a T and a zone": Form(b"id:5 done date:2026-11-24T14:25:07+0200 stat:DELIVRD err:000", b"5", D, "000", AT_7),
    "a date as PDUs write it": Form(b"id:5 done date:261124142507008+ stat:DELIVRD err:000", b"5", D, "000", AT_7),
    "a date of zeros": Form(b"id:1216080510463401720 sub:001 dlvrd:001 submit date:2611241424 done date:0000000000 stat:FAILED err:002 Text:", b"1216080510463401720", U, "002", None),
    "no date": Form(b"id:5 sub:001 dlvrd:000 submit date: done date: stat:UNDELIV err:011 text:", b"5", U, "011", None),
    "an id of twenty digits": Form(b"id:64567564356765435676 " + DATES + b" stat:DELIVRD err:000", b"64567564356765435676", D, "000"),
    "an id of 32 hexadecimal digits": Form(b"id:a29f6845555647139e5c8f3b817f2c9a " + DATES + b" stat:DELIVRD err:000 text:", b"a29f6845555647139e5c8f3b817f2c9a", D, "000"),
    "an id of parts": Form(b"id:SAR-2347039245475-1EEDF843-2-1 " + DATES + b" stat:UNDELIV err:005", b"SAR-2347039245475-1EEDF843-2-1", U, "005"),
    "an id of odd characters": Form(b"id:MDk/x+Y=_7.a@b#{1}:2 " + DATES + b" stat:DELIVRD err:000", b"MDk/x+Y=_7.a@b#{1}:2", D, "000"),
    "an id of a word of the form": Form(b"id:stat1err2 " + DATES + b" stat:DELIVRD err:000", b"stat1err2", D, "000"),
    "an id of octets beyond ASCII": Form(b"id:\xc3\xa9\xff7 " + DATES + b" stat:DELIVRD err:000", b"\xc3\xa9\xff7", D, "000"),
    "err of letters": Form(b"id:5 done date:2611241425 stat:UNDELIV err:EC_ABSENT_SUBSCRIBER text:", b"5", U, "EC_ABSENT_SUBSCRIBER"),
    "err in hexadecimal": Form(b"id:5 done date:2611241425 stat:UNDELIV err:0x1B text:", b"5", U, "0x1B"),
    "err of four digits": Form(b"id:5 done date:2611241425 stat:DELIVRD err:0000 text:", b"5", D, "0000"),
    "err with a NUL and more": Form(b"id:5 done date:2611241425 stat:UNDELIV err:0\x00\x7f\xe91 text:", b"5", U, "01"),
    "err left empty": Form(b"id:5 done date:2611241425 stat:UNDELIV err: text:none", b"5", U, None),
    "text that looks like a receipt": Form(b"id:5 done date:2611241425 stat:DELIVRD err:000 text:id:6 stat:UNDELIV err:9", b"5", D, "000"),
    "text in the midst": Form(b"id:5 sub:001 text:we met done date:2611241425 stat:DELIVRD err:000", b"5", D, "000"),
    "the text of another message before the form": Form(b"Delivery report valid: 7 id:5 done date:2611241425 stat:DELIVRD err:000", b"5", D, "000"),
    "NULs behind it": Form(SHORT + b"\0\0", b"77", D, "000", None),
    "NULs between": Form(b"id:77\0stat:DELIVRD\0err:000", b"77", D, "000", None),
    "UCS-2": Form(utf16(SHORT), b"77", D, "000", None, {"data_coding": 8}),
    "UCS-2 that quotes an Arabic message": Form("id:77 stat:DELIVRD err:000 text:عزيزي العميل، تم تفعيل".encode("utf-16-be"), b"77", D, "000", None, {"data_coding": 8}),
    "UTF-16, little endian": Form(utf16(SHORT, "le"), b"77", D, "000", None, {"data_coding": 8}),
    "UTF-16 with its mark": Form(utf16(SHORT, "le", b"\xff\xfe"), b"77", D, "000", None, {"data_coding": 8}),
    "UTF-16, big endian with its mark": Form(utf16(SHORT, "be", b"\xfe\xff"), b"77", D, "000", None, {"data_coding": 8}),
    "UCS-2 that data_coding does not say": Form(utf16(SHORT), b"77", D, "000", None, {"data_coding": 0}),
    "ASCII that data_coding calls UCS-2": Form(SHORT, b"77", D, "000", None, {"data_coding": 8}),
    "Latin-1": Form(SHORT + b" text:\xe9t\xe9", b"77", D, "000", None, {"data_coding": 3}),
    "a header in front": Form(b"\x05\x00\x03\x07\x01\x01" + SHORT, b"77", D, "000", None, {"esm_class": 0x44}),
    "a header that is said and not there": Form(SHORT, b"77", D, "000", None, {"esm_class": 0x44}),
    "reply path and receipt": Form(SHORT, b"77", D, "000", None, {"esm_class": 0x84}),
    "final and intermediate at once": Form(SHORT, b"77", D, "000", None, {"esm_class": 0x24}),
    "message_payload": Form(b"", b"77", D, "000", None, None, (Tlv(Tag.MESSAGE_PAYLOAD, SHORT),)),
    "parameters alone": Form(b"", b"5f", U, None, None, None, (Tlv(Tag.RECEIPTED_MESSAGE_ID, b"5f\0"), Tlv(Tag.MESSAGE_STATE, b"\x05"))),
    "parameters alone, esm_class wrong": Form(b"", b"5f", D, None, None, {"esm_class": 0}, (Tlv(Tag.RECEIPTED_MESSAGE_ID, b"5f\0"), Tlv(Tag.MESSAGE_STATE, b"\x02"))),
    "an id without its NUL": Form(b"", b"5f", D, None, None, None, (Tlv(Tag.RECEIPTED_MESSAGE_ID, b"5f"), Tlv(Tag.MESSAGE_STATE, b"\x02"))),
    "esm_class wrong, the state a parameter": Form(SHORT, b"77", D, "000", None, {"esm_class": 0}, (Tlv(Tag.MESSAGE_STATE, b"\x02"),)),
    "the parameter's id and the text's": Form(b"id:119 stat:DELIVRD err:000", b"77", D, "000", None, None, (Tlv(Tag.RECEIPTED_MESSAGE_ID, b"77\0"),)),
    "an id parameter that is empty": Form(SHORT, b"77", D, "000", None, None, (Tlv(Tag.RECEIPTED_MESSAGE_ID, b"\0"),)),
    "a state parameter that is none": Form(SHORT, b"77", D, "000", None, None, (Tlv(Tag.MESSAGE_STATE, b"\x63"),)),
    "skipped, of SMPP 5": Form(b"", b"77", U, None, None, None, (Tlv(Tag.RECEIPTED_MESSAGE_ID, b"77"), Tlv(Tag.MESSAGE_STATE, b"\x09"))),
    "scheduled, of SMPP 5": Form(b"", b"77", State.ENROUTE, None, None, None, (Tlv(Tag.RECEIPTED_MESSAGE_ID, b"77"), Tlv(Tag.MESSAGE_STATE, b"\x00"))),
    "network_error_code beats err": Form(b"id:77 stat:UNDELIV err:000", b"77", U, "27", None, None, (Tlv(Tag.NETWORK_ERROR_CODE, b"\x03\x00\x1b"),)),
    "network_error_code of another length": Form(b"id:77 stat:UNDELIV err:011", b"77", U, "011", None, None, (Tlv(Tag.NETWORK_ERROR_CODE, b"\x1b"),)),
    "parameters of the vendor": Form(SHORT, b"77", D, "000", None, None, (Tlv(0x1403, b"60201"), Tlv(0x1454, b"\0\0\0\0"))),
    "buffered": Form(b"id:77 stat:BUFFRED err:000", b"77", State.ENROUTE, "000", None, {"esm_class": 0x20}),
    "a word that nobody knows, not the end": Form(b"id:77 stat:IN_LIMBO err:000", b"77", State.ENROUTE, "000", None, {"esm_class": 0x20}),
    "a word that nobody knows, the end": Form(b"id:77 stat:IN_LIMBO err:000", b"77", State.UNKNOWN, "000", None),
}  # fmt: skip


def pdus(form: Form) -> list[DeliverSm | DataSm]:
    """As a deliver_sm, and as a data_sm where nothing forbids it."""
    common = {"esm_class": 4, "source_addr": b"201001234567", "destination_addr": b"NILE", **(form.fields or {})}
    found: list[DeliverSm | DataSm] = [DeliverSm(**common, short_message=form.text, tlvs=form.tlvs)]
    if form.text:
        found.append(DataSm(**common, tlvs=(*form.tlvs, Tlv(Tag.MESSAGE_PAYLOAD, form.text))))
    return found


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_form_is_understood(form):
    for pdu in pdus(form):
        said = receipt.parse(codec.decode(codec.encode(pdu)))

        assert said is not None
        assert said.message_id == form.message_id
        assert said.state is form.state
        assert said.error == form.error
        assert said.done == form.done
        assert (said.source, said.destination) == (b"NILE", b"201001234567")


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("DELIVRD DELIVERED delivered Delivrd DELIVERD 2 002", State.DELIVERED),
        ("UNDELIV UNDELIVERABLE UNDELIVERED FAILED SYSERR 5 SKIPPED", State.UNDELIVERABLE),
        ("EXPIRED expired 3", State.EXPIRED),
        ("REJECTD REJECTED BLOCKED NOCRED 8", State.REJECTED),
        ("DELETED CANCELLED 4", State.DELETED),
        ("ACCEPTD ACCEPTED 6", State.ACCEPTED),
        ("ENROUTE EN_ROUTE BUFFERED QUEUED PENDING SENT SCHEDULED 1 0", State.ENROUTE),
        ("UNKNOWN 7 42 WEIRD -", State.UNKNOWN),
    ],
)
def test_the_words_of_vendors(words, state):
    for word in words.split():
        for written in (word, word + ".", f'"{word}"'):
            assert receipt.state_of(written.encode()) is state, written


@pytest.mark.parametrize(
    ("answered", "receipted", "form"),
    [
        (b"0123456789", b"123456789", "auto"),
        (b"75BCD15", b"123456789", "auto"),
        (b"123456789", b"075bcd15", "auto"),
        (b"123456789", b"075bcd15", "hex"),
        (b"75bcd15", b"0123456789", "decimal"),
        (b"0E999F21-81EF-4974-A414-3DE98174E3C7", b"0e999f21-81ef-4974-a414-3de98174e3c7", "auto"),
        (b"1101c1-c9d03d-f000", b"1101C1-C9D03D-F000", "auto"),
        (b"MDk/x+Y=_7.a", b"MDk/x+Y=_7.a", "auto"),
        (b"SAR-2347039245475-1eedf843-2-1", b"SAR-2347039245475-1eedf843-2-1", "decimal"),
    ],
)
def test_a_receipts_id_finds_the_answers(answered, receipted, form):
    assert answer_key(answered, form) in receipt_keys(receipted, form)


def test_ids_of_letters_keep_their_case():
    assert answer_key(b"aBc/x", "auto") not in receipt_keys(b"AbC/x", "auto")
