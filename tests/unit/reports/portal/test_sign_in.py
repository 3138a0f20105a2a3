"""Cookies of a visit: by https a name that only this very host may set, and a browser believes it only where Secure stands by it."""

import pytest
from fastapi import Request, Response

from reports.portal.access import PLAIN_COOKIE, SECURE_COOKIE, cookie_name
from reports.portal.pages.sign_in import forget_cookie, own, set_cookie


@pytest.mark.parametrize(("scheme", "name"), [("http", PLAIN_COOKIE), ("https", SECURE_COOKIE)])
@pytest.mark.parametrize("does", ["set", "forgotten"])
def test_a_cookie_is_set_and_forgotten_by_the_same_rules(scheme, name, does):
    request = Request({"type": "http", "scheme": scheme, "server": ("portal", 443), "path": "/", "headers": []})
    answer = Response()
    if does == "set":
        set_cookie(request, answer, cookie_name(request), "token")
    else:
        forget_cookie(request, answer, cookie_name(request))
    said = answer.headers["set-cookie"]
    assert said.startswith(f"{name}=")
    assert ("HttpOnly" in said, "Path=/" in said, "SameSite=lax" in said) == (True, True, True)
    assert ("Secure" in said) == (scheme == "https")


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("/sla?x=1", "/sla?x=1"),
        ("//elsewhere.example", "/"),
        ("/\\\\elsewhere.example", "/"),
        ("https://x.example", "/"),
    ],
)
def test_nobody_is_sent_to_another_site(address, where):
    assert own(address) == where
