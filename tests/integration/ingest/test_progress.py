"""Waiting for a campaign to end."""

import asyncio
import time

import pytest

from ingest.foreground import ingest
from ingest.progress import NoSuchCampaign, wait_for


@pytest.fixture
def campaign(platform, mobile):
    platform.members("nile", [mobile(1)])
    platform.buy("nile", 10)
    return ingest(platform.file("a.csv", f"msisdn,text\n{mobile(1)},hi\n"), "nile", "campaign")["campaign_id"]


def complete(platform, campaign, notify):
    platform.rows(
        "update intake.campaign set state = 'completed', completed_at = now() where campaign_id = %s", campaign
    )
    if notify:
        platform.rows("select pg_notify('outbound_campaign', %s)", str(campaign))


def test_a_notice_ends_the_wait(platform, campaign):
    async def story():
        waiting = asyncio.create_task(wait_for(campaign, look=120))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        await asyncio.to_thread(complete, platform, campaign, True)
        return await waiting

    began = time.monotonic()
    assert asyncio.run(story()) == "completed"
    assert time.monotonic() - began < 100  # woken, not the next look


def test_a_lost_notice_is_made_up_for_by_a_look(platform, campaign):
    async def story():
        waiting = asyncio.create_task(wait_for(campaign, look=0.2))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(complete, platform, campaign, False)
        return await waiting

    assert asyncio.run(story()) == "completed"


def test_a_lost_connection_is_made_again(platform, campaign):
    async def story():
        waiting = asyncio.create_task(wait_for(campaign, look=0.2))
        await asyncio.sleep(0.5)
        others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        await asyncio.to_thread(platform.rows, others)
        await asyncio.to_thread(complete, platform, campaign, False)
        return await waiting

    assert asyncio.run(story()) == "completed"


def test_nobody_waits_for_what_there_is_not(platform):
    with pytest.raises(NoSuchCampaign):
        asyncio.run(wait_for(999))
