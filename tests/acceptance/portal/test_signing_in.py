"""Signing in, and what a signed-in person sees first; every page in both languages and themes."""

import pytest

from tests.acceptance.portal.browser import axe
from tests.acceptance.portal.stage import PASSWORD

EVERYBODYS = {
    "nadia@nile.example": [
        "/", "/settings", "/no-such-page", "/balance?units=1000", "/invoices", "/statement", "/base?number=201001000010",
        "/opt-outs", "/senders", "/sla/nile", "/sla/nile/campaigns", "/campaigns",
        "/campaigns/1", "/campaigns/new", "/campaigns/sent", "/trial-numbers", "/inbox",
    ],
    "admin@nile.example": ["/people", "/people?who=4", "/people?who=6"],
    "dina@delta.example": ["/", "/balance"],
    "finance@example.com": [
        "/settings", "/finance", "/finance/invoices", "/finance/ledger?account=nile", "/finance/deferred",
        "/finance/record/purchase", "/finance/accounts/nile", "/exports", "/approvals",
        "/closing", "/closing/delta",
    ],
    "manager@example.com": ["/sla", "/users", "/users?who=1"],
    "operator@example.com": [
        "/operations", "/sessions", "/audit", "/search?q=1", "/search?q=none",
        "/search/number?number=201001000002&account=nile&from=2020-01-01&until=2099-01-01",
    ],
}  # fmt: skip


def test_a_customer_signs_in_and_sees_the_balance(visiting, stage):
    nadia = visiting("nadia@nile.example")
    text = nadia.page.inner_text("main")
    assert "Good to see you, Nadia Nilometer" in text
    # 500 bought, 2 campaigns of 58 members each that had not opted out, two of them refused by the carrier
    assert "386" in text
    assert "38.60 EGP" in text
    newest = "select name from intake.campaign where name like %s order by campaign_id desc limit 1"
    assert stage.value(newest, "%Nilometer-%") in text


def test_a_wrong_password_says_so_and_nobody_is_in(visiting):
    visitor = visiting()
    page = visitor.go("/settings")
    assert page.url.endswith("/sign-in?next=%2Fsettings")
    page.fill("#email", "nadia@nile.example")
    page.fill("#password", "wrong" + PASSWORD)
    page.click("main button[type=submit]")
    assert "not right" in page.inner_text("[role=alert]")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/settings")


def test_signing_out_ends_the_visit(visiting):
    nadia = visiting("nadia@nile.example")
    nadia.page.click("header .nav-link[data-bs-toggle=dropdown] >> text=Nadia")
    nadia.page.click("text=Sign out")
    nadia.page.wait_for_url("**/sign-in")
    assert "/sign-in" in nadia.go("/settings").url


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_is_accessible_and_keeps_its_policy(visiting, language, theme):
    for email, paths in EVERYBODYS.items():
        strict = visiting(email)
        strict.look(language, theme)
        for path in paths:
            page = strict.go(path)
            assert strict.status == (404 if path == "/no-such-page" else 200), path
            assert page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
        lax = visiting(email, bypass_csp=True)
        found = {path: broken for path in paths if (broken := axe(lax.go(path)))}
        assert found == {}
        strict.look("en", "system")
