"""A manager lets people in, keeps them out and helps them, staff and customers' alike, and is nobody else."""

import httpx
import psycopg
import pytest

from tests.acceptance.portal.browser import axe
from tests.acceptance.portal.stage import PASSWORD

NEW = "fouad@example.com"
MANAGER = "manager@example.com"


@pytest.fixture
def signed_in(stage):
    clients = []

    def begin(email, password=PASSWORD):
        client = httpx.Client(base_url=stage.url, timeout=60)
        clients.append(client)
        client.status = client.post("/sign-in", data={"email": email, "password": password}).status_code
        return client

    yield begin
    for client in clients:
        client.close()


def trail(stage, email):
    with psycopg.connect(stage.database) as connection:
        query = "select actor, action from account.audit where object = %s order by audit_id"
        return connection.execute(query, [email]).fetchall()


def state(stage, email):
    return stage.value(
        "select role || case when is_active then '' else ' out' end from account.person join portal.login using (person_id)"
        " where email = %s",
        email,
    )


def test_staff_are_invited_given_a_role_kept_out_and_let_in_again(visiting, signed_in, stage):
    mona = visiting(MANAGER, bypass_csp=True)
    page = mona.go("/users")
    page.fill("#name", "Fouad Finance")
    page.fill("#email", NEW)
    page.select_option("#role", "finance")
    page.click("main button:has-text('Invite')")
    token = page.inner_text(".invitation-link").partition("token=")[2]
    assert axe(page) == []
    httpx.post(f"{stage.url}/invitation", data={"token": token, "password": PASSWORD})
    fouad = signed_in(NEW)
    assert fouad.get("/finance").status_code == 200

    page = mona.go("/users")
    page.click("text=Fouad Finance")
    assert axe(page) == []
    page.select_option("#new-role", "operator")
    page.click("text=Give this role")
    assert state(stage, NEW) == "operator"
    for deed, told in (
        ("Sign out everywhere", "is signed out everywhere"),
        ("Shut out", "may not sign in any more"),
        ("Let in again", "may sign in again"),
    ):
        page.click("text=Fouad Finance")
        page.click(f"main button:has-text('{deed}')")
        page.wait_for_selector(f"[role=status]:has-text('{told}')")
        if deed == "Sign out everywhere":
            assert fouad.get("/settings").status_code == 303
            fouad = signed_in(NEW)
            assert fouad.status == 303
        elif deed == "Shut out":
            assert fouad.get("/settings").status_code == 303
            assert signed_in(NEW).status == 401
    assert trail(stage, NEW) == [
        (MANAGER, "user.invite"), (NEW, "user.accept"), (MANAGER, "user.role"), (MANAGER, "user.sign_out"),
        (MANAGER, "user.deactivate"), (MANAGER, "user.activate"),
    ]  # fmt: skip
    assert NEW not in stage.outbound("apply", str(stage.home / "setup.yaml"))
    assert state(stage, NEW) == "operator"


def test_a_customer_s_user_gets_a_link_and_loses_the_authenticator(signed_in, stage):
    mona = signed_in(MANAGER)
    factor = "update portal.login set totp_secret = 'A' from account.person where person.person_id = login.person_id and email = %s returning 1"
    stage.value(factor, "dina@delta.example")
    answer = mona.post("/users", data={"email": "dina@delta.example", "verb": "no-second-factor"})
    assert "needs no code any more" in answer.text
    before = stage.value(HASH, "dina@delta.example")
    link = mona.post("/users", data={"email": "Dina@delta.example", "verb": "invite"}).text
    assert "/invitation?token=" in link
    assert stage.value(HASH, "dina@delta.example") == before
    assert (
        mona.post("/users", data={"email": "dina@delta.example", "verb": "role", "role": "finance"}).status_code == 422
    )
    assert state(stage, "dina@delta.example") == "customer"


HASH = "select password_hash from portal.login join account.person using (person_id) where email = %s"


@pytest.mark.parametrize("verb", ["deactivate", "role", "no-second-factor"])
def test_nobody_does_it_to_themselves(signed_in, stage, verb):
    answer = signed_in(MANAGER).post("/users", data={"email": MANAGER, "verb": verb, "role": "finance"})
    assert (answer.status_code, "another administrator does" in answer.text) == (422, True)
    assert state(stage, MANAGER) == "manager"


def test_the_last_manager_stays(stage):
    """Whoever asks, and whichever way."""
    for command in (["deactivate", MANAGER], ["role", MANAGER, "finance"]):
        with pytest.raises(AssertionError, match="is the last manager who can sign in"):
            stage.outbound("user", *command)
    assert state(stage, MANAGER) == "manager"


def test_whom_somebody_let_in_agrees_to_nothing_of_theirs(stage):
    """Nor whom these let in: one person could be all of them."""
    owes = "select billing.owes_way_in(%s, %s)"
    let_in = "update account.person set let_in_by = %s where email = %s returning 1"
    assert not stage.value(owes, "finance@example.com", MANAGER)
    stage.value(let_in, "Operator@example.com", "finance@example.com")
    stage.value(let_in, MANAGER, "operator@example.com")
    try:
        assert stage.value(owes, "finance@example.com", MANAGER)
        assert not stage.value(owes, MANAGER, "finance@example.com")
        assert not stage.value(owes, MANAGER, MANAGER)
        with pytest.raises(psycopg.errors.RaiseException, match="let in, or given their role, by manager@example"):
            stage.value("select billing.must_be_approver('finance@example.com', 'manager@example.com')::text")
    finally:
        for email in ("finance@example.com", "operator@example.com"):
            stage.value(let_in, None, email)


def test_what_is_none_of_the_deeds_is_refused(signed_in):
    mona = signed_in(MANAGER)
    assert mona.post("/users", data={"email": "nobody@example.com", "verb": "deactivate"}).status_code == 422
    assert mona.post("/users", data={"email": "finance@example.com", "verb": "--help"}).status_code == 422
    assert (
        mona.post("/users", data={"email": "finance@example.com", "verb": "role", "role": "--help"}).status_code == 422
    )


def test_an_operator_looks_and_does_not_touch(signed_in):
    omar = signed_in("operator@example.com")
    assert "Nadia Nilometer" in omar.get("/users?who=1").text
    assert omar.post("/users", data={"email": "nadia@nile.example", "verb": "deactivate"}).status_code == 404
    assert "customer_approver" in omar.get("/users?format=csv").text
