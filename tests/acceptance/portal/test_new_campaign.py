"""A campaign to the base, looked at row by row and tried on a telephone first; and one that another person has to approve."""

import json
from contextlib import contextmanager

import psycopg

from tests.acceptance.portal.browser import axe
from tests.acceptance.portal.stage import MEMBERS

NUMBERS = MEMBERS["nile"]


def check(page, text, kind="informational"):
    page.click("text=Go on to the message")
    page.fill("#text", text)
    page.select_option("#class", kind)
    page.click("text=Check it")
    page.wait_for_selector("#shown-row", state="attached")


def test_to_a_part_of_the_base_each_row_seen_as_it_will_be_sent(visiting, stage):
    nadia = visiting("nadia@nile.example")
    page = nadia.go("/campaigns/new")
    assert page.is_visible("#file")
    assert not page.is_visible("#part")
    page.check("#whom-base")
    assert not page.is_visible("#file")
    page.select_option("#part", "language=ar")
    check(page, "Hello {language} €")
    told = page.inner_text("main")
    assert "of 30 rows" in told
    assert "1 the subscriber opted out" in told
    assert "This row is left out: the subscriber opted out." in page.inner_text("#row")
    page.click("text=Next row")
    page.wait_for_selector(".message-text:has-text('Hello ar €')")
    assert "2010•••••002" in page.inner_text("#row")
    assert "1 segment, 10 characters" in page.inner_text("#row")
    page.fill("#which-row", "31")
    page.click("#row button:has-text('Show')")
    page.wait_for_selector("#row:has-text('there is no row 31')")
    page.click("text=Approve and send 29 messages")
    page.wait_for_url("**/campaigns/sent")

    zone = stage.home / "zones" / "nile" / "campaigns"
    (file,) = (path for path in zone.iterdir() if path.name.startswith("base ") and path.suffix == ".csv")
    manifest = json.loads((zone / f"{file.name}.manifest.json").read_text())
    assert len(file.read_text().splitlines()) == 31
    assert (manifest["submitted_by"], len(manifest["batch_ref"])) == ("nadia@nile.example", 16)
    for path in zone.iterdir():
        path.unlink()


def test_quiet_hours_are_told_in_words_and_a_trial_goes_to_a_telephone(visiting, stage):
    nadia = visiting("nadia@nile.example", bypass_csp=True)
    page = nadia.go("/trial-numbers")
    page.fill("#number", f"+{NUMBERS[7]}")
    page.fill("#name", "Nadia's Nilometer telephone")
    page.click("main button:has-text('Register')")
    assert "2010•••••007" in page.inner_text("main table")
    with defaults(stage, quiet_hours="00:00-23:58"):
        page = nadia.go("/campaigns/new")
        page.check("#whom-base")
        check(page, "Nilometer offer", "promotional")
        told = page.inner_text("main")
        assert "rests in quiet hours. It goes between 23:58-24:00 each day" in told
    page = nadia.go("/campaigns/new")
    page.check("#whom-base")
    check(page, "Nilometer offer 😀")
    assert "No quiet hours stop it." in page.inner_text("main")
    assert axe(page) == []
    page.click("text=Send a trial")
    page.wait_for_selector("#trial .alert-success", timeout=120_000)
    assert "1 trial message is on its way" in page.inner_text("#trial")
    campaign = int(page.get_attribute("#trial a", "href").rpartition("/")[2])
    sent = stage.row("select msisdn, text from dispatch.message where campaign_id = %s", campaign)
    assert sent == (NUMBERS[7], "Nilometer offer 😀")
    stage.outbound("campaign", "cancel", str(campaign), "--reason", "the story is over")
    page = nadia.go("/trial-numbers")
    page.click("main table button")
    assert "No number is registered yet." in page.inner_text("main")
    actors = stage.value("select string_agg(distinct actor, ' ') from account.audit where starts_with(action, 'trial')")
    assert actors == "nadia@nile.example"


def test_another_person_of_the_account_approves_it(visiting, stage, tmp_path):
    path = tmp_path / "Nilometer-two.csv"
    path.write_text("msisdn,name\n" + "".join(f"{number},N\n" for number in NUMBERS[30:40]))
    (tmp_path / "Nilometer-two.csv.manifest.json").write_text(
        json.dumps({"template": "Nilometer for {name}", "submitted_by": "nadia@nile.example"})
    )
    with defaults(stage, approval_required=True):
        stage.outbound("ingest", str(path), "--account", "nile")
        campaign = stage.value("select max(campaign_id) from intake.campaign")
        nadia = visiting("nadia@nile.example", bypass_csp=True)
        page = nadia.go(f"/campaigns/{campaign}")
        assert "nadia@nile.example made it" in page.inner_text("main")
        assert "Nilometer for {name}" in page.inner_text("main")
        assert page.locator("text=Approve and send").count() == 0
        assert axe(page) == []
        assert "may not decide" in (nadia.page.request.post(f"{page.url}/approval", form={"verb": "approve"}).text())
        amr = visiting("approver@nile.example")
        page = amr.go(f"/campaigns/{campaign}")
        page.click("text=Approve and send 10 messages")
        page.wait_for_selector(".badge:has-text('accepted')")
    approved = stage.row("select actor, action from account.audit where object = %s", f"campaign {campaign}")
    assert approved == ("approver@nile.example", "approve")
    stage.outbound("campaign", "cancel", str(campaign), "--reason", "the story is over")


@contextmanager
def defaults(stage, **options):
    """Some of nile's defaults, for a while."""
    with psycopg.connect(stage.database, autocommit=True) as connection:
        (before,) = connection.execute("select defaults from account.account where name = 'nile'").fetchone()
        change = "update account.account set defaults = %s::jsonb where name = 'nile'"
        connection.execute(change, [json.dumps(before | options)])
        try:
            yield
        finally:
            connection.execute(change, [json.dumps(before)])
