"""When an account's people are told of its balance, and how: a part of a set-up file, with its defaults."""

import ipaddress
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from outbound.setup.values import Email, Percent, Strict

LONGEST_URL = 2000


def _url(written: str) -> str:
    try:
        parts = urlsplit(written)
        port_is_one = parts.port != 0  # reading it refuses what is none
    except ValueError as error:
        raise ValueError(f"{written!r} is no URL: {error}") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or not port_is_one or not written.isprintable():
        raise ValueError(f"{written!r} is no URL: write one like https://hooks.example.com/outbound")
    if " " in written or not written.isascii():
        raise ValueError(f"{written!r} has to be written in plain ASCII, without spaces")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("leave out user, password and fragment: the signature says who calls")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("write https://: http is for a receiver on this machine only, as http://127.0.0.1:8080/")
    return written


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or number alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _days(days: list[int]) -> list[int]:
    if len(set(days)) < len(days):
        raise ValueError("each number of days stands here once")
    return days


Url = Annotated[str, Field(max_length=LONGEST_URL), AfterValidator(_url)]
EnvironmentName = Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]*$", max_length=200)]


class Webhook(Strict):
    """Where notices are posted. secret_env: the variable that holds the key of the signature, or, with _FILE behind
    its name, the path of a file that does."""

    url: Url
    secret_env: EnvironmentName


class Notices(Strict):
    """low_balance: units; none: used_percent of what the last extending purchase made. email: null is all of the users."""

    low_balance: int | None = Field(default=None, ge=1)
    used_percent: Percent | None = Decimal(90)
    expiry_days: Annotated[list[Annotated[int, Field(ge=0, le=366)]], AfterValidator(_days)] = Field(
        default_factory=lambda: [60, 30, 7, 1]
    )
    credit_percent: Percent | None = Decimal(90)
    email: list[Email] | None = None
    webhook: Webhook | None = None
