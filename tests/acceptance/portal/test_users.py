"""A manager keeps people out and lets them in again, and is nobody else."""

import httpx
import pytest

from tests.acceptance.portal.stage import PASSWORD


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


def test_a_person_is_kept_out_at_once_and_let_in_again(visiting, signed_in, stage):
    amr = signed_in("approver@nile.example")
    assert amr.get("/settings").status_code == 200
    page = visiting("manager@example.com").go("/users")
    row = page.locator("tr", has_text="approver@nile.example")
    row.get_by_text("Keep out").click()
    page.wait_for_selector("text=may not sign in any more")
    assert amr.get("/settings").status_code == 303
    assert signed_in("approver@nile.example").status == 401
    page.locator("tr", has_text="approver@nile.example").get_by_text("Let in again").click()
    page.wait_for_selector("text=may sign in again")
    assert signed_in("approver@nile.example").status == 303
    trail = "select actor || ' ' || action from account.audit where action = any (%s) order by audit_id desc limit 1"
    assert stage.value(trail, ["user.activate", "user.deactivate"]) == "manager@example.com user.activate"
    assert stage.value(trail, ["user.deactivate"]) == "manager@example.com user.deactivate"


def test_a_new_password_is_shown_once_to_who_asked_for_it(signed_in, stage):
    old = stage.value(HASH, "approver@nile.example")
    mona = signed_in("manager@example.com")
    try:
        told = mona.post("/users", data={"email": "approver@nile.example", "verb": "password"})
        new = told.text.partition('command-text" dir="auto">')[2].partition("<")[0].strip()
        assert signed_in("approver@nile.example", new).status == 303
        assert new not in mona.get("/users").text
    finally:
        stage.value(PUT_BACK, old, "approver@nile.example")


HASH = "select password_hash from portal.login join account.person using (person_id) where email = %s"
PUT_BACK = (
    "update portal.login set password_hash = %s from account.person"
    " where person.person_id = login.person_id and person.email = %s returning 1"
)


@pytest.mark.parametrize(
    ("email", "verb"),
    [("manager@example.com", "deactivate"), ("finance@example.com", "password"), ("operator@example.com", "password")],
)
def test_nobody_acts_as_two_people(signed_in, stage, email, verb):
    """Nor shuts themselves out."""
    before = stage.value(HASH, email)
    assert signed_in("manager@example.com").post("/users", data={"email": email, "verb": verb}).status_code == 404
    assert stage.value(HASH, email) == before


def test_what_is_none_of_the_deeds_is_refused(signed_in):
    mona = signed_in("manager@example.com")
    assert mona.post("/users", data={"email": "nobody@example.com", "verb": "deactivate"}).status_code == 422
    assert mona.post("/users", data={"email": "finance@example.com", "verb": "--help"}).status_code == 422


def test_an_operator_looks_and_does_not_touch(signed_in):
    omar = signed_in("operator@example.com")
    assert "Nadia Nilometer" in omar.get("/users").text
    assert omar.post("/users", data={"email": "nadia@nile.example", "verb": "deactivate"}).status_code == 404
    assert "customer_approver" in omar.get("/users?format=csv").text
