"""A customer makes a campaign of a file and a text, sees what would be sent, sends it, watches it and stops it."""

import json

from tests.acceptance.portal.stage import MEMBERS

NUMBERS = MEMBERS["nile"]


def test_from_a_file_to_the_landing_zone_nothing_is_sent_unseen(visiting, stage, tmp_path):
    file = tmp_path / "spring Nilometer.csv"
    rows = [*NUMBERS[:10], 201209999999]
    file.write_text("msisdn,name\n" + "".join(f"{number},N{n}\n" for n, number in enumerate(rows)))
    nadia = visiting("nadia@nile.example")
    nadia.page.click("text=New campaign")
    page = nadia.page
    page.set_input_files("#file", file)
    page.click("text=Go on to the message")
    page.locator("#text").press_sequentially("Hello  😀")
    page.evaluate("document.getElementById('text').setSelectionRange(6, 6)")
    page.click("[data-placeholder=name]")
    page.wait_for_selector("#count:has-text('😀')")
    assert "makes it Unicode" in page.inner_text("#count")
    page.click("text=Check it")
    told = page.inner_text("main")
    assert "of 11 rows" in told
    assert "1 the number's network is not covered" in told
    assert "2 the subscriber opted out" in told
    before = stage.value("select count(*) from intake.file")
    page.click("text=Approve and send 8 messages")
    page.wait_for_url("**/campaigns/sent")

    zone = stage.home / "zones" / "nile" / "campaigns"
    names = sorted(path.name for path in zone.iterdir())
    assert names == ["spring Nilometer.csv", "spring Nilometer.csv.done", "spring Nilometer.csv.manifest.json"]
    assert json.loads((zone / names[2]).read_text())["template"] == "Hello {name} 😀"
    assert stage.value("select count(*) from intake.file") == before
    assert list((stage.home / "portal" / "uploads").glob("*/*/spring*")) == []
    for path in zone.iterdir():
        path.unlink()


def test_a_file_that_is_none_is_refused_in_words(visiting, tmp_path):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    page = visiting("nadia@nile.example").go("/campaigns/new")
    page.set_input_files("#file", tmp_path / "picture.png")
    page.click("text=Go on to the message")
    assert "picture.png is of no kind that is read here" in page.inner_text("[role=alert]")


def test_a_campaign_s_page_says_what_became_of_it_and_gives_its_files(visiting, stage):
    nadia = visiting("nadia@nile.example")
    page = nadia.go("/campaigns")
    page.click("tbody a:has-text('Nilometer-2.csv')")
    told = page.inner_text("main")
    assert "61 rows: 58 messages of 58 segments, 3 rejected." in told
    assert "58 of 58 messages are through." in told
    assert "What became of the messages" in told
    assert "what the carrier took, from your balance" in told
    rejects = nadia.page.request.get(page.url + "/files/rejects")
    assert "201209999999" in rejects.text()
    assert nadia.page.request.get(page.url + "/files/ack").json()["accepted"] == 58
    assert nadia.page.request.get(page.url + "/files/passwords").status == 404


def test_a_campaign_under_way_is_watched_paused_and_cancelled(visiting, stage, tmp_path):
    """No worker runs here: it stands still between the clicks."""
    path = tmp_path / "Nilometer-live.csv"
    path.write_text("msisdn,text\n" + "".join(f"{number},watch Nilometer\n" for number in NUMBERS[5:15]))
    stage.outbound("ingest", str(path), "--account", "nile")
    campaign = stage.value("select max(campaign_id) from intake.campaign")
    nadia = visiting("nadia@nile.example")
    page = nadia.go(f"/campaigns/{campaign}")
    assert "0 of 10 messages are through." in page.inner_text("main")
    page.click("text=Pause")
    page.wait_for_selector("text=Resume")
    assert stage.value("select state from intake.campaign where campaign_id = %s", campaign) == "paused"
    page.click("text=Resume")
    page.wait_for_selector("text=Pause")
    page.click("main a.btn-danger")
    assert "given up for good" in page.inner_text("[role=alertdialog]")
    page.click("text=Cancel the campaign")
    page.wait_for_selector(".badge:has-text('cancelled')")
    assert stage.value("select state from intake.campaign where campaign_id = %s", campaign) == "cancelled"
    who = stage.value(
        "select actor from account.audit where object = %s order by audit_id desc limit 1", f"campaign {campaign}"
    )
    assert who == "nadia@nile.example"


def test_what_moves_is_sent_as_events(visiting, stage, tmp_path):
    """The page of a campaign that was cancelled elsewhere follows without being loaded again."""
    path = tmp_path / "Nilometer-seen.csv"
    path.write_text("msisdn,text\n" + "".join(f"{number},see Nilometer\n" for number in NUMBERS[20:25]))
    stage.outbound("ingest", str(path), "--account", "nile")
    campaign = stage.value("select max(campaign_id) from intake.campaign")
    page = visiting("nadia@nile.example").go(f"/campaigns/{campaign}")
    page.evaluate("window.stays = true")
    stage.outbound("campaign", "cancel", str(campaign), "--reason", "changed our mind")
    page.wait_for_selector("[data-events] .badge:has-text('cancelled')")
    assert page.evaluate("window.stays")
