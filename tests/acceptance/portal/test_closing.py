"""A month's close, item by item: what stands against it is what the close itself refuses."""

import httpx
import pytest

from tests.acceptance.portal.stage import PASSWORD

DOUBT = """
with

doubted as (

    insert into dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, sent_at, epoch_id, intent_serial,
        connector_id, session, sequence, reference, network_id, zone)
    select account_id, campaign_id, ordinal, segment, 9, 'in_doubt', sent_at, epoch_id, intent_serial, connector_id, session, sequence,
        reference, network_id, zone
    from dispatch.submission
    join account.account using (account_id)
    where account.name = 'delta'
      and state = 'accepted'
    order by campaign_id, ordinal
    limit 1
    returning campaign_id, ordinal

)

select campaign_id || ':' || ordinal from doubted
"""
NO_DOUBT = "delete from dispatch.submission where attempt = 9 returning 1"


@pytest.fixture
def farida(stage):
    with httpx.Client(base_url=stage.url, timeout=60) as client:
        client.post("/sign-in", data={"email": "finance@example.com", "password": PASSWORD})
        yield client


def items(page):
    """What each line says: its state, by its title."""
    lines = page.locator("main .list-group-item").all()
    return {line.locator(".fw-bold").inner_text(): line.locator(".badge").inner_text() for line in lines}


def test_each_account_has_a_line_and_its_items_a_page(visiting, stage):
    page = visiting("finance@example.com").go("/closing")
    assert {"nile", "delta"} <= set(page.locator("tbody a").all_inner_texts())
    page.click("tbody a >> text=delta")
    page.wait_for_url("**/closing/delta")
    found = items(page)
    assert found["Nothing in doubt"] == found["Everything has a rate"] == found["The books agree"] == "done"
    assert found["The month is over"] == "open"
    assert page.locator("text=Close it").count() == 0


def test_an_attempt_in_doubt_keeps_it_open_and_leads_to_its_message(visiting, stage):
    which = stage.value(DOUBT)
    try:
        page = visiting("finance@example.com").go("/closing/delta")
        assert items(page)["Nothing in doubt"] == "open"
        page.click(f"main table a >> text={which}")
        page.wait_for_url("**/messages/*/*")
    finally:
        stage.value(NO_DOUBT)


def test_the_list_is_a_csv_too_and_an_unknown_account_is_not_there(farida):
    assert "account,month,over,built,certain,rated,agreed" in farida.get("/closing?format=csv").text
    assert farida.get("/closing/nobody").status_code == 404
