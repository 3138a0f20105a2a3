"""A customer's administrator invites somebody, gives them a role and shuts them out; nobody else can, and only their own people."""

import httpx
import psycopg

from tests.acceptance.portal.browser import axe
from tests.acceptance.portal.stage import PASSWORD

NEW = "salma@nile.example"


def test_invited_let_in_given_a_role_and_shut_out(visiting, stage):
    aya = visiting("admin@nile.example", bypass_csp=True)
    page = aya.go("/people")
    page.fill("#name", "Salma Nilometer")
    page.fill("#email", NEW)
    page.select_option("#role", "customer_approver")
    page.click("main button:has-text('Invite')")
    link = page.inner_text(".invitation-link")
    assert link.startswith(f"{stage.url}/invitation?token=")
    assert axe(page) == []

    salma = visiting(bypass_csp=True)
    path = link.removeprefix(stage.url)
    page = salma.go(path)
    assert "Good to see you, Salma Nilometer" in page.inner_text("main")
    assert axe(page) == []
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/sign-in")
    page = salma.sign_in(NEW)
    assert "Good to see you, Salma Nilometer" in page.inner_text("main")
    assert salma.go(path).inner_text("h1") == "This link works no more"
    assert salma.status == 404
    salma.go("/people")
    assert salma.status == 404

    page = aya.go("/people")
    page.click("text=Salma Nilometer")
    page.select_option("#new-role", "customer")
    page.click("text=Give this role")
    assert stage.value("select role from account.person where email = %s", NEW) == "customer"
    page.click("text=Salma Nilometer")
    page.click("text=Sign out everywhere")
    assert "/sign-in" in salma.go("/settings").url
    salma.sign_in(NEW)
    page.click("text=Salma Nilometer")
    page.click("text=Shut out")
    assert f"{NEW} may not sign in any more" in page.inner_text("[role=status]")
    assert "/sign-in" in salma.go("/settings").url
    with psycopg.connect(stage.database) as connection:
        trail = connection.execute(
            "select actor, action from account.audit where object = %s order by audit_id", [NEW]
        ).fetchall()
    aya_s = "admin@nile.example"
    assert trail == [
        (aya_s, "user.invite"),
        (NEW, "user.accept"),
        (aya_s, "user.role"),
        (aya_s, "user.sign_out"),
        (aya_s, "user.deactivate"),
    ]
    applied = stage.outbound("apply", str(stage.home / "setup.yaml"))
    assert NEW not in applied
    assert stage.value("select count(*) from account.person where email = %s", NEW) == 1


def test_an_administrator_rules_over_nobody_else_and_not_over_oneself(visiting, stage):
    aya = visiting("admin@nile.example")
    post = aya.page.request.post
    for email in ("dina@delta.example", "finance@example.com", "admin@nile.example"):
        for form in ({"verb": "role", "role": "customer"}, {"verb": "deactivate"}, {"verb": "no-second-factor"}):
            assert post(f"{stage.url}/people", form=form | {"email": email}).status == 422
    invited = post(f"{stage.url}/people", form={"verb": "invite", "email": "dina@delta.example", "name": "D"})
    assert (invited.status, "in use elsewhere" in invited.text()) == (422, True)
    assert post(f"{stage.url}/people", form={"verb": "invite", "email": "a@b.example", "role": "finance"}).status == 422
    for email in ("nadia@nile.example", "approver@nile.example"):
        other = visiting(email)
        assert other.page.request.post(f"{stage.url}/people", form={"verb": "deactivate", "email": NEW}).status == 404
    roles = stage.value(
        "select string_agg(role, ' ' order by person_id) from account.person where email like %s", "%delta%"
    )
    assert roles == "customer"


def test_a_link_that_is_none_tells_nothing(stage):
    with httpx.Client(base_url=stage.url) as nobody:
        answer = nobody.get("/invitation?token=guessed")
        assert (answer.status_code, "@" in answer.text) == (404, False)
        assert nobody.post("/invitation", data={"token": "guessed", "password": PASSWORD}).status_code == 422


def test_each_person_chooses_which_notices_come_by_mail(visiting, stage):
    amr = visiting("approver@nile.example")
    page = amr.go("/settings")
    page.uncheck("input[value=expiry]")
    with page.expect_navigation():
        page.click("form[action='/settings/notices'] button")
    assert not page.is_checked("input[value=expiry]")
    assert page.is_checked("input[value=low_balance]")
    chosen = stage.value("select unwanted_notices from account.person where email = 'approver@nile.example'")
    assert chosen == ["expiry"]
