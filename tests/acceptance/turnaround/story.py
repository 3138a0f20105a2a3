"""Five customers send their campaigns at once, over SFTP, to a platform that runs as an operator runs it.

Played small by the acceptance test and large by `benchmarks/turnaround.py`.
"""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg.rows import dict_row

from tests.acceptance.turnaround import customer, made
from tests.acceptance.turnaround.customer import Customer
from tests.acceptance.turnaround.made import ACCOUNTS, File
from tests.acceptance.turnaround.running import Platform, StoryFailed

T = TypeVar("T")
Row = dict[str, Any]


class Answer(NamedTuple):
    """seen_at: when its customer found it in results/, in seconds since the epoch."""

    file: File
    ack: dict[str, Any]
    seen_at: float

    @property
    def seconds(self) -> float:
        """From the instant at which the platform knew the file to be complete to the answer in its customer's hands."""
        return self.seen_at - datetime.fromisoformat(self.ack["received_at"]).timestamp()


@dataclass
class Told:
    """What the customers saw, and what the platform's tables say. folders: account -> folder -> names on the server.
    completed_at: when the customers began to rename their campaigns, in seconds since the epoch."""

    bases: list[Answer] = field(default_factory=list)
    campaigns: list[Answer] = field(default_factory=list)
    completed_at: float = 0.0
    folders: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    books: list[Row] = field(default_factory=list)
    outside: int = 0
    sla: dict[str, Row] = field(default_factory=dict)


def play(platform: Platform, files: int, rows: int, *, patience: float, scans_at_once: bool) -> Told:
    """files: of each account. patience: seconds until the campaigns are answered. scans_at_once: a look at the zones is
    asked for once the campaigns are complete; else the next minute brings it."""
    bases, campaigns = made.bases(rows), made.campaigns(files, rows)
    platform.set_up()
    with asyncio.Runner() as runner, platform.up():
        return runner.run(_play(platform, bases, campaigns, patience, scans_at_once))


async def _play(platform: Platform, bases: list[File], campaigns: list[File], patience: float, now: bool) -> Told:
    told = Told()
    async with AsyncExitStack() as logins:
        customers = [await logins.enter_async_context(customer.logged_in(platform.server, one)) for one in ACCOUNTS]
        await _each(customers, lambda one: one.upload(_of(one, bases + campaigns)))
        platform.runs.start("scan_landing_zone", "story-uploads")
        await asyncio.to_thread(platform.runs.wait, "scan_landing_zone", "story-uploads", 120)  # sees them on their way
        await _each(customers, lambda one: one.complete(_of(one, bases)))
        platform.runs.start("scan_landing_zone", "story-bases")
        told.bases = await _answered(platform, customers, bases, 120)
        told.completed_at = time.time()
        await _each(customers, lambda one: one.complete(_of(one, campaigns)))
        if now:
            platform.runs.start("scan_landing_zone", "story-campaigns")
        told.campaigns = await _answered(platform, customers, campaigns, patience)
        told.folders = {
            one.account: {name: await one.names(name) for name in ("campaigns", "bases", "archive", "results")}
            for one in customers
        }
    _read_books(platform, told)
    return told


async def _each(customers: list[Customer], act: Callable[[Customer], Coroutine[Any, Any, T]]) -> list[T]:
    """All customers at once."""
    return list(await asyncio.gather(*(act(one) for one in customers)))


def _of(one: Customer, files: list[File]) -> list[File]:
    return [file for file in files if file.account == one.account]


async def _answered(platform: Platform, customers: list[Customer], files: list[File], patience: float) -> list[Answer]:
    deadline = time.monotonic() + patience
    found = await _each(customers, lambda one: one.answers({file.name for file in _of(one, files)}, deadline))
    answers = {one.account: given for one, given in zip(customers, found, strict=True)}
    missing = [f"{file.account}/{file.name}" for file in files if file.name not in answers[file.account]]
    if missing:
        raise StoryFailed(f"no answer after {patience:g} s to {', '.join(missing)}; see {platform.home / 'logs'}")
    return [
        Answer(file, json.loads(content), seen_at)
        for file in files
        for content, seen_at in [answers[file.account][file.name]]
    ]


def _read_books(platform: Platform, told: Told) -> None:
    platform.call("build")
    with psycopg.connect(platform.call("db", "url").strip(), row_factory=dict_row) as connection:
        told.books = connection.execute(
            """
            select
                account.name as account,
                file.name as file,
                file.kind,
                file.completed_by,
                count(campaign.campaign_id) as campaigns,
                sum(campaign.messages)::int as messages,
                (select count(*) from account.reservation
                    where campaign_id = any(array_agg(campaign.campaign_id))) as reservations,
                (select sum(segments)::int from account.reservation
                    where campaign_id = any(array_agg(campaign.campaign_id))) as reserved,
                (select count(*) from dispatch.message
                    where campaign_id = any(array_agg(campaign.campaign_id)) and account_id = file.account_id) as queued
            from intake.file
            inner join account.account using (account_id)
            left join intake.campaign using (file_id)
            group by file.file_id, account.name
            """
        ).fetchall()
        told.outside = connection.execute(
            """
            select count(*) as messages
            from dispatch.message
            left join account.base_member using (account_id, msisdn)
            where base_member.msisdn is null
            """
        ).fetchall()[0]["messages"]
        told.sla = {
            row["account"]: row
            for row in connection.execute(
                """
                select account, sum(good)::int as good, sum(counted)::int as counted, sum(excluded)::int as excluded
                from operations.sla
                where metric = 'S13'
                group by account
                """
            )
        }
