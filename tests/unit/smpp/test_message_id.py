"""Answers and receipts find each other, however the carrier writes the id."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smpp.message_id import Form, answer_key, answer_keys, receipt_keys


@pytest.mark.parametrize(
    ("form", "answer", "receipt"),
    [
        ("as_is", b"aB3-9", b"aB3-9"),
        ("decimal", b"00001A2B", b"0000006699"),
        ("decimal", b"1a2b", b"6699"),
        ("hex", b"6699", b"1A2B"),
        ("hex", b"0000006699", b"00001a2b"),
        ("auto", b"6699", b"6699"),
        ("auto", b"0006699", b"6699"),
        ("auto", b"1A2B", b"00001a2b"),
        ("auto", b"1A2B", b"6699"),
        ("auto", b"6699", b"1A2B"),
        ("auto", b"9b2f6a1e-0c1d-4c53-9f3e-8f1f6f1a2b3c", b"9b2f6a1e-0c1d-4c53-9f3e-8f1f6f1a2b3c"),
        ("decimal", b"not-a-number", b"not-a-number"),
        ("auto", b"0", b"000"),
    ],
)
def test_a_receipt_finds_its_answer(form, answer, receipt):
    assert answer_key(answer, form) in receipt_keys(receipt, form)


@given(st.integers(0, 2**64), st.sampled_from(["{:d}", "{:010d}", "{:x}", "{:X}", "{:016x}"]))
def test_auto_finds_every_way_to_write_the_number(number, layout):
    written = layout.format(number).encode()

    for answer in (b"%d" % number, b"%x" % number):
        assert answer_key(answer, Form.AUTO) in receipt_keys(written, Form.AUTO)


def test_as_is_tells_case_and_zeros_apart():
    assert answer_key(b"0Ab", "as_is") not in receipt_keys(b"0AB", "as_is")
    assert answer_key(b"0Ab", "as_is") not in receipt_keys(b"Ab", "as_is")


def test_what_is_written_as_the_answer_comes_first():
    assert receipt_keys(b"10", "auto") == ("10", "a", "16")


def test_no_id_has_no_key():
    assert receipt_keys(b"", "auto") == receipt_keys(b" \0", "as_is") == ()


@given(st.binary(max_size=300), st.sampled_from(Form))
def test_any_octets_have_keys_that_a_database_can_store(octets, form):
    for key in (answer_key(octets, form), *receipt_keys(octets, form)):
        assert "\0" not in key
        key.encode("ascii")


def test_a_nul_inside_is_written_out():
    assert answer_key(b"a\0b", "auto") == "a\\x00b"


def test_an_endless_id_is_no_number():
    assert receipt_keys(b"9" * 60_000, "auto") == ("9" * 60_000,)


_numbers = st.from_regex(rb"[0-9a-fA-F-]{1,20}", fullmatch=True)


@given(st.lists(_numbers | st.binary(max_size=20), min_size=1), st.sampled_from(Form))
def test_many_ids_have_the_keys_that_each_has_alone(ids, form):
    column = np.array(ids, "S")

    assert answer_keys(column, form).tolist() == [answer_key(one, form).encode() for one in column.tolist()]


@given(st.lists(_numbers, min_size=1))
def test_a_column_of_numbers_has_the_keys_that_each_has_alone(ids):
    assert answer_keys(np.array(ids, "S"), Form.AUTO).tolist() == [answer_key(one, Form.AUTO).encode() for one in ids]


@pytest.mark.parametrize("form", [Form.AS_IS, Form.AUTO])
def test_ids_that_are_in_their_form_are_not_looked_at_one_by_one(form):
    column = np.array([b"1000", b"20", b"9b2f6a1e-0c1d-4c53-9f3e-8f1f6f1a2b3c"], "S")
    assert answer_keys(column, form) is column
