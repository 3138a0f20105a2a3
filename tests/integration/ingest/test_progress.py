"""Waiting for campaigns to end."""

import asyncio
import time

import pytest

from ingest.foreground import ingest
from ingest.progress import NoSuchCampaign, wait_for

OTHERS = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


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


@pytest.fixture
def campaigns(platform, mobile):
    platform.members("nile", [mobile(1)])
    platform.buy("nile", 10)
    files = [platform.file(f"{n}.csv", f"msisdn,text\n{mobile(1)},hi {n}\n") for n in range(4)]
    return [ingest(file, "nile", "campaign")["campaign_id"] for file in files]


def test_one_connection_waits_for_all_and_each_hears_of_its_own_end(platform, campaigns):
    async def story():
        before = await asyncio.to_thread(platform.value, OTHERS)
        waiting = [asyncio.create_task(wait_for(campaign, look=120)) for campaign in campaigns for _ in range(10)]
        await asyncio.sleep(0.5)
        assert await asyncio.to_thread(platform.value, OTHERS) == before + 1
        await asyncio.to_thread(complete, platform, campaigns[1], True)
        assert await asyncio.gather(*waiting[10:20]) == ["completed"] * 10
        assert not any(one.done() for one in waiting[:10] + waiting[20:])
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0.5)
        assert await asyncio.to_thread(platform.value, OTHERS) == before

    asyncio.run(story())


def test_who_comes_later_is_looked_for_at_once_and_who_gives_up_disturbs_nobody(platform, campaigns):
    async def story():
        first, given_up = (asyncio.create_task(wait_for(campaign, look=120)) for campaign in campaigns[:2])
        await asyncio.sleep(0.5)
        await asyncio.to_thread(complete, platform, campaigns[2], False)
        assert await asyncio.wait_for(wait_for(campaigns[2], look=120), 60) == "completed"
        with pytest.raises(NoSuchCampaign):
            await asyncio.wait_for(wait_for(999, look=120), 60)
        given_up.cancel()
        await asyncio.sleep(0.2)
        await asyncio.to_thread(complete, platform, campaigns[0], True)
        assert await asyncio.wait_for(first, 60) == "completed"
        assert await asyncio.wait_for(wait_for(campaigns[0], look=120), 60) == "completed"

    asyncio.run(story())
