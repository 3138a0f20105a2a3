"""INTAKE, Numbers: the gate, and then exactly what libphonenumber says."""

import random

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType

from recipients.number import clean, judge, judge_member
from recipients.reason import Reason

MONA = 201001234567


@pytest.mark.parametrize(
    "written",
    [
        "201001234567",
        "+201001234567",
        "00201001234567",
        "01001234567",
        "0100 123 4567",
        "(0100) 123-4567",
        "0100.123.4567",
        "٠١٠٠١٢٣٤٥٦٧",
        "۰۱۰۰۱۲۳۴۵۶۷",
        "０１００１２３４５６７",
        "\u202a+201001234567\u202c",
        "\u200f01001234567\u200e",
        "0100\u00a0123\u00a04567",
        "010\u200b01234567\ufeff",
        "  01001234567 ",
        "201001234567.0",
        "'01001234567",
        '="01001234567"',
        "'201001234567.0",
    ],
)
def test_these_are_all_the_same_subscriber(written):
    assert judge(written, "EG") == (None, MONA)


@pytest.mark.parametrize("written", ["2.01001E+11", "2,01001e+11", "2E11", "'2.01001E+11", "٢.٠١E+11"])
def test_scientific_notation_is_mangled_and_never_expanded(written):
    assert judge(written, "EG") == (Reason.NUMBER_MANGLED, None)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "n/a",
        "call me",
        "01001234567\t",
        "\t01001234567",
        "＋201001234567",
        "01001234567/01001234568",
        "[0100]1234567",
        "01001234567;ext=2",
        "tel:+201001234567",
        "01001234567x2",
        "01001234567,01001234568",
        "01001234567\n",
        "0100_1234567",
        "1",
        "+",
        "()",
    ],
)
def test_what_the_gate_or_the_parser_refuses_is_unparsable(written):
    assert judge(written, "EG") == (Reason.NUMBER_UNPARSABLE, None)


def test_a_valid_form_of_no_number_is_invalid():
    assert judge("0109999", "EG").reason is Reason.NUMBER_INVALID
    assert judge("020100123456700", "EG").reason is Reason.NUMBER_INVALID
    assert judge("0101234567 01112345678", "EG").reason is not None


def test_a_fixed_line_is_not_mobile_and_keeps_its_number():
    assert judge("02 2345 6789", "EG") == (Reason.NOT_MOBILE, 20223456789)


def test_only_a_noughts_decimal_is_taken_off_never_the_dot_alone():
    assert clean("20100123456.0") == "20100123456"
    assert judge("20100123456.0", "EG").reason is Reason.NUMBER_INVALID  # not 201001234560
    assert clean("20100123456.00") == "20100123456.00"


def test_the_default_region_decides_what_a_number_without_a_country_is():
    assert judge("0501234567", "SA") == (None, 966501234567)
    assert judge("0501234567", "EG").reason is not None
    assert judge("+966501234567", "EG") == (None, 966501234567)


def test_the_verdict_is_that_of_phonenumbers_on_any_digits():
    rng = random.Random("numbers")
    regions = ("EG", "SA", "US", "GB", "DE", "IT", "AR", "IN")
    mobile = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
    for _ in range(4_000):
        region = rng.choice(regions)
        written = rng.choice(("", "+", "00", "0")) + "".join(rng.choices("0123456789 -()", k=rng.randint(3, 16)))
        try:
            number = phonenumbers.parse(clean(written), region)
        except phonenumbers.NumberParseException:
            expected = (Reason.NUMBER_UNPARSABLE, None)
        else:
            e164 = int(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:])
            if not phonenumbers.is_valid_number(number):
                expected = (Reason.NUMBER_INVALID, None)
            else:
                kind = phonenumbers.number_type(number)
                expected = (None if kind in mobile else Reason.NOT_MOBILE, e164)
        assert judge(written, region) == expected, (written, region)


@pytest.mark.parametrize("written", ["966501234567", "+966501234567", "00966501234567", "٩٦٦٥٠١٢٣٤٥٦٧"])
def test_a_base_may_write_a_foreign_member_without_the_plus(written):
    assert judge_member(written, "EG") == (None, 966501234567)


def test_a_campaign_may_not():
    assert judge("966501234567", "EG").reason is Reason.NUMBER_INVALID


def test_a_number_of_the_account_s_region_stays_one_in_a_base():
    rng = random.Random("members")
    for _ in range(2_000):
        written = rng.choice(["0", "20", "+20", "0020"]) + f"1{rng.randrange(10**9):09d}"
        if judge(written, "EG").msisdn is not None:
            assert judge_member(written, "EG") == judge(written, "EG")
