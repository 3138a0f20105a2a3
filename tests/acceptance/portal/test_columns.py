"""A file whose columns are called otherwise: looked at, told which is which, and sent as it is."""

import itertools
import json

import httpx
import pytest

from reports.portal.access import PLAIN_COOKIE
from tests.acceptance.portal.browser import axe
from tests.acceptance.portal.stage import MEMBERS, PASSWORD

NUMBERS = MEMBERS["nile"]
FILE = "Ref;Customer;العميل;Note\n" + "".join(
    f"{n};0{number - 20 * 10**10};عميل {n};Nilometer note of {n}\n" for n, number in enumerate(NUMBERS[10:14])
)


@pytest.fixture
def nadia(stage):
    with httpx.Client(base_url=stage.url, timeout=60, follow_redirects=True) as client:
        client.post("/sign-in", data={"email": "nadia@nile.example", "password": PASSWORD})
        yield client


def put_up(client, name, content):
    """The second step's page, and the token of the file."""
    answer = client.post("/campaigns/new", files={"file": (name, content.encode())})
    return answer, answer.url.params["token"]


def test_a_file_with_columns_of_its_own_is_sent_as_it_is(visiting, stage, tmp_path):
    (tmp_path / "Nilometer list.csv").write_text(FILE)
    visit = visiting("nadia@nile.example", bypass_csp=True)
    page = visit.go("/campaigns/new")
    page.set_input_files("#file", tmp_path / "Nilometer list.csv")
    page.click("text=Go on to the message")
    assert page.inner_text("[aria-current=step]") == "Message"
    assert page.input_value("#recipient_column") == "Customer"
    assert "0100••••010" in page.inner_text("main table")
    assert page.is_checked("#wording-column")
    assert page.input_value("#text_column") == "Note"
    page.check("#wording-same")
    page.fill("#text", "Dear ")
    page.click("[data-placeholder='العميل']")
    page.click("text=Check it")
    page.wait_for_selector(".message-text:has-text('Dear عميل 0')")
    assert page.inner_text("[aria-current=step]") == "Check"
    page.click("text=Change the message")
    assert page.input_value("#text") == "Dear {العميل}"
    page.check("#wording-column")
    page.click("text=Check it")
    page.wait_for_selector(".message-text:has-text('Nilometer note of 0')")
    page.click("text=Approve and send 4 messages")
    page.wait_for_url("**/campaigns/sent")

    zone = stage.home / "zones" / "nile" / "campaigns"
    assert (zone / "Nilometer list.csv").read_text() == FILE
    manifest = json.loads((zone / "Nilometer list.csv.manifest.json").read_text())
    assert (manifest["recipient_column"], manifest["text_column"], "template" in manifest) == (
        "Customer",
        "Note",
        False,
    )
    for path in zone.iterdir():
        path.unlink()


def test_every_step_is_accessible_and_keeps_its_policy(visiting, nadia):
    _, token = put_up(nadia, "Nilometer.csv", FILE)
    strict = visiting("nadia@nile.example")
    lax = visiting("nadia@nile.example", bypass_csp=True)
    for language, theme in itertools.product(("en", "ar"), ("light", "dark")):
        strict.look(language, theme)
        page = strict.go(f"/campaigns/new/message?token={token}")
        assert page.get_attribute("html", "dir") == ("rtl" if language == "ar" else "ltr")
        assert axe(lax.go(f"/campaigns/new/message?token={token}")) == []
        lax.page.check("#wording-same")
        lax.page.fill("#text", "x")
        lax.page.click("main button[type=submit]")
        lax.page.wait_for_selector("#shown-row", state="attached")
        assert axe(lax.page) == []
    strict.look("en", "system")


def test_a_file_without_a_header_goes_by_its_places(nadia):
    answer, token = put_up(nadia, "bare.csv", f"Mona,{NUMBERS[10]}\nOmar,{NUMBERS[11]}\n")
    assert "its columns go by their places" in answer.text
    asked = {"token": token, "recipient_column": "2", "text": "Nilometer for {1}"}
    told = nadia.post("/campaigns/new/check", data=asked).text
    assert "Approve and send <bdi>2</bdi> messages" in told


def test_what_cannot_be_guessed_is_asked_and_a_wrong_choice_is_said(nadia):
    answer, token = put_up(nadia, "odd.csv", "a,b\nnothing,here\n")
    assert "please choose" in answer.text
    asked = {"token": token, "recipient_column": "a"}
    answer = nadia.post("/campaigns/new/check", data=asked)
    assert (answer.status_code, "there is no text yet" in answer.text) == (422, True)
    told = nadia.post("/campaigns/new/check", data=asked | {"text": "Nilometer"}).text
    assert "Approve and send" not in told
    assert "not a telephone number" in told
    told = nadia.post("/campaigns/new/check", data=asked | {"text": "Nilometer for {Name}"})
    assert (told.status_code, "the template names {Name}, and no column is called so" in told.text) == (200, True)


def test_a_file_that_came_before_goes_again_on_a_person_s_word_only(nadia, stage, tmp_path):
    content = f"msisdn,text\n{NUMBERS[20]},Nilometer once\n"
    (tmp_path / "Nilometer-again.csv").write_text(content)
    stage.outbound("ingest", str(tmp_path / "Nilometer-again.csv"), "--account", "nile")
    campaign = stage.value("select max(campaign_id) from intake.campaign")
    try:
        for name, text, told in (
            ("other.csv", content, "This very file was sent before"),
            ("Nilometer-again.csv", content.replace("once", "twice"), "Another file of this name was sent before"),
        ):
            _, token = put_up(nadia, name, text)
            asked = {"token": token, "recipient_column": "msisdn", "text_column": "text", "wording": "column"}
            answer = nadia.post("/campaigns/new/check", data=asked).text
            assert told in answer
            assert "Approve and send" not in answer
            answer = nadia.post("/campaigns/new/again", data={"token": token}).text
            assert told not in answer
            assert "Approve and send 1 message" in answer
    finally:
        stage.outbound("campaign", "cancel", str(campaign), "--reason", "the story is over")


def test_another_account_s_file_is_not_there(stage, nadia):
    _, token = put_up(nadia, "Nilometer.csv", FILE)
    with httpx.Client(base_url=stage.url, timeout=60) as dina:
        dina.post("/sign-in", data={"email": "dina@delta.example", "password": PASSWORD})
        assert PLAIN_COOKIE in dina.cookies
        answer = dina.get("/campaigns/new/message", params={"token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/campaigns/new")
        assert dina.post("/campaigns/new/check", data={"token": token, "text": "x"}).status_code == 404
