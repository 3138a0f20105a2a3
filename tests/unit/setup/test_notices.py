"""What a set-up file may say of notices, and what every mistake is told as."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from outbound.setup.notices import Notices


def test_what_is_left_out_is_the_default_and_is_not_stored():
    plain = Notices()
    assert (plain.used_percent, plain.expiry_days, plain.credit_percent) == (Decimal(90), [60, 30, 7, 1], Decimal(90))
    assert (plain.low_balance, plain.email, plain.webhook) == (None, None, None)
    assert plain.model_dump(mode="json", exclude_defaults=True) == {}


def test_what_was_switched_off_is_stored_and_read_again():
    off = Notices.model_validate({"used_percent": None, "expiry_days": [], "email": []})
    stored = off.model_dump(mode="json", exclude_defaults=True)
    assert stored == {"used_percent": None, "expiry_days": [], "email": []}
    assert Notices.model_validate(stored) == off


@pytest.mark.parametrize(
    "url",
    ["https://hooks.nile.example/outbound?a=1", "https://hooks.nile.example:8443", "http://127.0.0.1:8080/", "http://[::1]/",
     "http://localhost/"],
)  # fmt: skip
def test_a_webhook_is_https_or_on_this_machine(url):
    assert Notices.model_validate({"webhook": {"url": url, "secret_env": "KEY"}}).webhook.url == url


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"webhook": {"url": "http://hooks.nile.example/", "secret_env": "KEY"}}, "https"),
        ({"webhook": {"url": "ftp://hooks.nile.example/", "secret_env": "KEY"}}, "no URL"),
        ({"webhook": {"url": "https://", "secret_env": "KEY"}}, "no URL"),
        ({"webhook": {"url": "https://a.example:99999/", "secret_env": "KEY"}}, "no URL"),
        ({"webhook": {"url": "https://user:key@a.example/", "secret_env": "KEY"}}, "user, password"),
        ({"webhook": {"url": "https://a.example/\r\nHost: b", "secret_env": "KEY"}}, "no URL"),
        ({"webhook": {"url": "https://a.example/a b", "secret_env": "KEY"}}, "ASCII"),
        ({"webhook": {"url": "https://a.example/"}}, "secret_env"),
        ({"webhook": {"url": "https://a.example/", "secret_env": "the key itself"}}, "secret_env"),
        ({"expiry_days": [7, 7]}, "once"),
        ({"expiry_days": [-1]}, "expiry_days"),
        ({"low_balance": 0}, "low_balance"),
        ({"used_percent": "101"}, "used_percent"),
        ({"used_percent": 90.5}, "quotes"),
        ({"email": ["nadia"]}, "email"),
        ({"webhooks": None}, "webhooks"),
    ],
)
def test_a_mistake_is_told(settings, told):
    with pytest.raises(ValidationError, match=told):
        Notices.model_validate(settings)
