"""What a written number stands for: an E.164 number of a mobile subscriber, or the reason why it is none (INTAKE).

The verdict is that of a character gate followed by Google's libphonenumber, per row. This is the definition:
`recipients.numbers` judges many at once, and has to give the very same verdicts.
"""

import re
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType

from recipients.reason import Reason

_DIGITS = {ord(zero) + n: str(n) for zero in "٠۰０" for n in range(10)}  # Arabic-Indic, Persian, full-width
_INVISIBLE = dict.fromkeys(
    [
        *range(0x200B, 0x2010),  # zero-width space, non-joiner, joiner; left-to-right and right-to-left marks
        *range(0x202A, 0x2030),  # embeddings, overrides, narrow no-break space
        *range(0x2066, 0x206A),  # isolates
        0x00A0,  # no-break space
        0x061C,  # Arabic letter mark
        0x2060,  # word joiner
        0xFEFF,  # zero-width no-break space
    ]
)
FOLD = _DIGITS | _INVISIBLE
"""By code point what a character is taken for: an ASCII digit, or nothing."""
_FORMULA = re.compile(r'="(.*)"')
_WHOLE_FLOAT = re.compile(r"(\+?[0-9]+)\.0")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_GATE = re.compile(r"[0-9+ \-().]+")
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


class NumberVerdict(NamedTuple):
    """reason: None where msisdn is a mobile subscriber's. msisdn: E.164 digits, wherever the number is valid."""

    reason: Reason | None
    msisdn: int | None


def judge(written: str, region: str) -> NumberVerdict:
    plain = clean(written)
    if _SCIENTIFIC.fullmatch(plain):
        return NumberVerdict(Reason.NUMBER_MANGLED, None)
    if not _GATE.fullmatch(plain):
        return NumberVerdict(Reason.NUMBER_UNPARSABLE, None)
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return NumberVerdict(Reason.NUMBER_UNPARSABLE, None)
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:  # which is what is_valid_number asks
        return NumberVerdict(Reason.NUMBER_INVALID, None)
    msisdn = int(f"{number.country_code}{phonenumbers.national_significant_number(number)}")
    return NumberVerdict(None if kind in _MOBILE else Reason.NOT_MOBILE, msisdn)


def judge_member(written: str, region: str) -> NumberVerdict:
    """The verdict on a number of a base or an opt-out file, which systems also write as E.164 without its plus."""
    verdict = judge(written, region)
    plain = clean(written)
    if verdict.msisdn is None and plain.isascii() and plain.isdigit() and not plain.startswith("0"):
        international = judge(f"+{plain}", region)
        return international if international.msisdn is not None else verdict
    return verdict


def clean(written: str) -> str:
    """What spreadsheets and right-to-left texts put around a number is taken off; nothing is guessed.

    Tabs, letters and the full-width plus stay: the gate refuses them.
    """
    plain = written.translate(FOLD).strip(" ")
    if formula := _FORMULA.fullmatch(plain):
        plain = formula[1]
    plain = plain.removeprefix("'").strip(" ")
    # never the dot alone: without it the nought would be a digit of another subscriber
    if whole := _WHOLE_FLOAT.fullmatch(plain):
        plain = whole[1]
    return plain
