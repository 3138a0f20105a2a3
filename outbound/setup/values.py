"""The kinds of values that a set-up file holds, each with what has to be true of it."""

import codecs
import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import available_timezones

import phonenumbers
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from outbound import daily_window, folding
from outbound.landing.address import WrongLanding, parse

LONGEST_SHORT_CODE = 6
LONGEST_NUMBER = 15  # E.164
LONGEST_NAME = 11  # the alphanumeric address of GSM 03.40: 11 septets
LONGEST_VALIDITY = 72 * 60  # minutes
LONGEST_SPREAD = 31 * 24 * 60  # minutes
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


class Strict(BaseModel):
    """A part of the file: unknown keys are mistakes, and texts, numbers and switches are not taken for each other."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


def _exact(value: Any) -> Decimal:
    if isinstance(value, float):
        raise ValueError(f'write it in quotes, "{value}": without them it is a floating-point number')  # noqa: TRY004
    if isinstance(value, Decimal):
        return value
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(written, str) or not re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,20})?", written):
        raise ValueError(f'{value!r} is no amount: write one like "0.10"')
    return Decimal(written)


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone: write a name of the tz database, like Africa/Cairo")
    return name


def _region(code: str) -> str:
    if code not in phonenumbers.SUPPORTED_REGIONS:
        hint = " (the United Kingdom is GB)" if code == "UK" else ""
        raise ValueError(f"{code!r} is no country with telephone numbers: write its two letters, like EG{hint}")
    return code


def _landing(landing: str) -> str:
    try:
        parse(landing)
    except WrongLanding as error:
        raise ValueError(str(error)) from None
    return landing


def _sender(address: str) -> str:
    sender_kind(address)
    return address


def sender_kind(address: str) -> str:
    """Which of alphanumeric, short_code and long_code a sender is; ValueError where no network can show it."""
    digits = address.removeprefix("+")
    if digits.isascii() and digits.isdigit():
        if len(digits) > LONGEST_NUMBER:
            raise ValueError(f"{address!r} has {len(digits)} digits: a number has at most {LONGEST_NUMBER}")
        return "short_code" if len(digits) <= LONGEST_SHORT_CODE and digits == address else "long_code"
    if len(address) > LONGEST_NAME:
        raise ValueError(f"{address!r} has {len(address)} characters: a name has at most {LONGEST_NAME}")
    if not address.isascii() or not address.isprintable() or not any(character.isalpha() for character in address):
        raise ValueError(
            f"{address!r} is no sender: write a name of Latin letters, digits and signs, one of them a letter,"
            " or a number with or without +"
        )
    if set(address) & set("`[]{}|^~\\"):
        raise ValueError(f"{address!r} holds a sign that phones do not show in a name: leave out ` [ ] {{ }} | ^ ~ \\")
    return "alphanumeric"


def _encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name)
    except LookupError:
        codec = None
    if codec is None or not getattr(codec, "_is_text_encoding", True):
        raise ValueError(f"{name!r} is no encoding of texts that is known here: write one like utf-8 or cp1256")
    return name


def _validity(written: str) -> str:
    found = re.fullmatch(r"([0-9]{1,4})([mhd])", written)
    if not found or not 0 < int(found[1]) * _MINUTES[found[2]] <= LONGEST_VALIDITY:
        raise ValueError(f"{written!r} is no validity: write one between 1m and 72h")
    return written


def _spread(written: str) -> str:
    found = re.fullmatch(r"([0-9]{1,4})([mhd])", written)
    if not found or not 0 < int(found[1]) * _MINUTES[found[2]] <= LONGEST_SPREAD:
        raise ValueError(f"{written!r} is no time to spread over: write one between 1m and 31d")
    return written


def _window(written: str) -> str:
    try:
        daily_window.parse(written, "UTC")
    except ValueError as error:
        raise ValueError(f"{written!r} is no span of a day: {error}") from None
    return written


def _phrase(written: str) -> str:
    folding.phrase(written)
    return written


def _domain(written: str) -> str:
    folding.domain(written)
    return written


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is no day: write it like 2026-01-31") from None
    return value


Text = Annotated[str, Field(min_length=1, max_length=200)]
Day = Annotated[date, BeforeValidator(_day)]
Share = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=1, decimal_places=6)]
TaxRate = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, lt=1, decimal_places=6)]
Rate = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, lt=100_000_000, decimal_places=6)]
Exchange = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0, lt=100_000_000, decimal_places=9)]
Percent = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=100)]
Amount = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, lt=10**15, decimal_places=3)]
PaymentDays = Annotated[int, Field(strict=True, ge=0, le=3650)]
Timezone = Annotated[str, AfterValidator(_timezone)]
Region = Annotated[str, AfterValidator(_region)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Prefix = Annotated[str, Field(pattern="^[1-9][0-9]{0,14}$")]
Landing = Annotated[str, Field(min_length=1), AfterValidator(_landing)]
Sender = Annotated[str, AfterValidator(_sender)]
Encoding = Annotated[str, Field(min_length=1), AfterValidator(_encoding)]
Validity = Annotated[str, AfterValidator(_validity)]
Spread = Annotated[str, AfterValidator(_spread)]
Window = Annotated[str, AfterValidator(_window)]
Phrase = Annotated[str, Field(max_length=200), AfterValidator(_phrase)]
Domain = Annotated[str, Field(max_length=253), AfterValidator(_domain)]
Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
Zone = Text
