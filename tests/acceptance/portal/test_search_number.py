"""Staff look up what a subscriber got: of one account, in some days."""

from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from tests.acceptance.portal.stage import MARK, MEMBERS, OPTED_OUT, PASSWORD

TODAY = datetime.now(UTC).date()
DAYS = {"from": str(TODAY - timedelta(days=2)), "until": str(TODAY + timedelta(days=2))}


@pytest.fixture
def omar(stage):
    with httpx.Client(base_url=stage.url, timeout=60) as client:
        client.post("/sign-in", data={"email": "operator@example.com", "password": PASSWORD})
        yield client


def asked(client, number, account="nile", **more):
    return client.get("/search/number", params={"number": str(number), "account": account, **DAYS, **more})


def test_a_number_leads_to_the_messages_that_it_got(visiting, stage):
    number = MEMBERS["nile"][OPTED_OUT]
    page = visiting("operator@example.com").go("/search")
    page.click("text=Search by a subscriber's number")
    page.fill("#number", f"+{number}")
    page.select_option("#account", "nile")
    page.fill("#from", DAYS["from"])
    page.fill("#until", DAYS["until"])
    page.click("main button[type=submit]")
    page.wait_for_selector("main table")
    told = page.inner_text("main table")
    assert f"{MARK['nile']}-1.csv" in told
    assert f"{MARK['nile']}-2.csv" in told
    page.click("main table a >> nth=0")
    page.wait_for_url("**/messages/*/*")
    assert "Its whole way" in page.inner_text("main")


def test_a_number_that_retention_removed_is_found_by_its_hash(omar, stage):
    number = MEMBERS["nile"][OPTED_OUT]
    with psycopg.connect(stage.database, autocommit=True) as books:
        removed = books.execute(
            "update dispatch.message set msisdn = null, msisdn_hash = account.number_hash(pads.inner_pad, pads.outer_pad, msisdn)"
            " from account.account cross join lateral account.hash_pads(account.hash_key) as pads"
            " where account.name = 'nile' and message.account_id = account.account_id and msisdn = %s returning campaign_id, ordinal",
            [number],
        ).fetchall()
        try:
            found = asked(omar, number).text
            assert all(f"/messages/{campaign}/{ordinal}" in found for campaign, ordinal in removed)
            assert removed
        finally:
            for campaign, ordinal in removed:
                books.execute(
                    "update dispatch.message set msisdn = %s, msisdn_hash = null where (campaign_id, ordinal) = (%s, %s)",
                    [number, campaign, ordinal],
                )


def test_only_the_account_s_and_only_in_the_days(omar):
    number = MEMBERS["nile"][OPTED_OUT]
    assert f"{MARK['nile']}-1.csv" in asked(omar, number).text
    for none in (asked(omar, number, "delta"), asked(omar, number, **{"from": "2020-01-01", "until": "2020-01-31"})):
        assert none.status_code == 200
        assert "went to the number" in none.text
        assert MARK["nile"] not in none.text
    assert "of these days went to the number" in asked(omar, MEMBERS["nile"][0]).text  # opted out


def test_what_is_no_number_and_no_day_is_said(omar):
    for wrong in (asked(omar, "mona"), asked(omar, 201001234567, until="31/10/2026")):
        assert wrong.status_code == 422
        assert "no number or no day" in wrong.text


def test_it_is_for_staff(stage):
    with httpx.Client(base_url=stage.url, timeout=60) as nadia:
        nadia.post("/sign-in", data={"email": "nadia@nile.example", "password": PASSWORD})
        assert asked(nadia, MEMBERS["nile"][OPTED_OUT]).status_code == 404
