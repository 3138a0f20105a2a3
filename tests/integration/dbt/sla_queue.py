"""When a campaign's turn is at its account's contracted rate, and how long it takes (docs/reference/sla.md, S4)."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.integration.dbt.sla_model import Campaign, Log

EPOCH = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def line_up(log: Log) -> None:
    """One campaign after the other: each begins when it is eligible and those before it are through."""
    through: dict[tuple[str, date], Fraction] = defaultdict(Fraction)
    for campaign in sorted(log.campaigns, key=lambda one: (one.eligible_at, one.campaign_id)):
        agreed = _agreed(campaign, log.rates)
        rate = agreed.rate if agreed else None
        campaign.turn_at = campaign.eligible_at
        if rate is not None:
            queue = (campaign.account, agreed.effective_from)
            begins = max(_seconds(campaign.eligible_at), through[queue])
            through[queue] = begins + Fraction(campaign.segments, rate)
            campaign.turn_at += _micro(begins - _seconds(campaign.eligible_at))
        rates = [one for one in (rate, campaign.own_rate) if one is not None]
        times = [_micro(Fraction(campaign.segments, min(rates)))] if rates else []
        times += [campaign.spread] if campaign.spread is not None else []
        campaign.takes, campaign.is_limited = max(times, default=timedelta(0)), bool(times)


def _agreed(campaign: Campaign, rates: list[Any]) -> Any:
    day = campaign.eligible_at.astimezone(ZoneInfo(campaign.timezone)).date()
    since = [one for one in rates if one.account == campaign.account and one.effective_from <= day]
    return max(since, key=lambda one: one.effective_from, default=None)


def _seconds(instant: datetime) -> Fraction:
    return Fraction((instant - EPOCH) // timedelta(microseconds=1), 1_000_000)


def _micro(seconds: Fraction) -> timedelta:
    return timedelta(microseconds=int(seconds * 1_000_000 + Fraction(1, 2)))
