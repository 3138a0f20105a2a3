"""Signing in through an organisation's own provider: only who is here already, only by a token that holds in every point."""

import time
from dataclasses import replace

import httpx
import pyotp
import pytest
from joserfc.jwk import ECKey, OctKey

from local.ports import free_port
from tests.acceptance.portal.browser import axe, visit
from tests.acceptance.portal.provider import CLIENT, SECRET, provider
from tests.acceptance.portal.stage import portal


@pytest.fixture(scope="module")
def house():
    """The provider."""
    with provider() as made:
        yield made


@pytest.fixture(scope="module")
def known(stage, house):
    """The stage's portal, a second process that knows the provider."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTBOUND_OIDC_ISSUER", house.issuer)
        patch.setenv("OUTBOUND_OIDC_CLIENT_ID", CLIENT)
        patch.setenv("OUTBOUND_OIDC_CLIENT_SECRET", SECRET)
        patch.setenv("OUTBOUND_OIDC_NAME", "Nile House")
        patch.setenv("OUTBOUND_OIDC_DOMAINS", "nile.example, example.com")
        second = replace(stage, url=f"http://127.0.0.1:{free_port()}")
        with portal(second):
            yield second


@pytest.fixture
def client(known, house):
    house.forget()
    with httpx.Client(base_url=known.url, timeout=60, follow_redirects=True) as made:
        yield made


def test_a_person_goes_there_and_comes_back_signed_in(browser, known, house):
    house.forget()
    with visit(browser, known, bypass_csp=True) as someone:
        page = someone.go("/settings")
        assert axe(page) == []
        page.click("text=Sign in with Nile House")
        page.wait_for_url("**/settings")
        assert "nadia@nile.example" in page.inner_text("main")
    assert (house.asked["response_type"], house.asked["code_challenge_method"]) == ("code", "S256")
    assert house.asked["redirect_uri"] == f"{known.url}/sign-in/oidc/back"


def test_a_code_of_our_own_is_not_asked_for_again(client, known, house):
    secret = "update portal.login set totp_secret = %s from account.person where person.person_id = login.person_id and email = %s returning 1"
    known.value(secret, pyotp.random_base32(), "manager@example.com")
    try:
        house.claims["email"] = "Manager@Example.com"
        assert client.get("/sign-in/oidc?next=/sla").url.path == "/sla"
    finally:
        known.value(secret, None, "manager@example.com")


SAID = {
    "an address that is not verified": {"email_verified": False},
    "no word on whether it is": {"email_verified": None},
    "no address": {"email": None},
    "an address of another house": {"email": "dina@delta.example"},
    "another portal": {"aud": "another portal"},
    "given to another portal": {"aud": [CLIENT, "another"], "azp": "another"},
    "another provider": {"iss": "https://elsewhere.example"},
    "another browser": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "long ago": {"exp": int(time.time()) - 3600},
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_a_token_that_does_not_hold_lets_nobody_in(client, house, said):
    house.claims |= said
    answer = client.get("/sign-in/oidc")
    assert (answer.status_code, "Signing in there did not work" in answer.text) == (401, True)
    assert client.get("/settings").url.path == "/sign-in"


@pytest.mark.parametrize("how", ["another key", "the shared secret", "another issuer"])
def test_nor_does_what_the_provider_has_not_signed(client, house, how):
    if how == "another key":
        house.key = ECKey.generate_key("P-256", {"kid": "first"})
    elif how == "the shared secret":
        house.key, house.algorithm = OctKey.import_key(SECRET), "HS256"
    else:
        house.calls_itself = "https://elsewhere.example"
    assert client.get("/sign-in/oidc").status_code == 401


def test_nobody_is_made_one_of_ours(client, known, house):
    before = known.value("select count(*) from account.person")
    house.claims["email"] = "stranger@nile.example"
    answer = client.get("/sign-in/oidc")
    assert (answer.status_code, "nobody who may use this portal" in answer.text) == (401, True)
    assert known.value("select count(*) from account.person") == before


def test_who_is_kept_out_stays_out(client, known, house):
    known.outbound("user", "deactivate", "approver@nile.example")
    try:
        house.claims["email"] = "approver@nile.example"
        assert client.get("/sign-in/oidc").status_code == 401
    finally:
        known.outbound("user", "activate", "approver@nile.example")


def test_an_answer_is_for_the_browser_that_asked_and_once(known, client, house):
    with httpx.Client(base_url=known.url, timeout=60) as asker:
        there = asker.get("/sign-in/oidc").headers["location"]
        back = httpx.get(there).headers["location"]
        assert client.get(back).status_code == 401
        cookie = dict(asker.cookies)
        assert asker.get(back).status_code == 303
        assert httpx.get(back, cookies=cookie).status_code == 401


def test_one_that_comes_back_late_begins_again(known, house):
    house.forget()
    with httpx.Client(base_url=known.url, timeout=60) as asker:
        back = httpx.get(asker.get("/sign-in/oidc").headers["location"]).headers["location"]
        known.value("update portal.oidc_request set ends_at = now() - interval '1 second' returning 1")
        assert asker.get(back).status_code == 401


def test_without_a_provider_there_is_no_such_page(stage):
    assert httpx.get(f"{stage.url}/sign-in/oidc").status_code == 404
    assert "/sign-in/oidc" not in httpx.get(f"{stage.url}/sign-in").text
