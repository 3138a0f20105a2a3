"""Rate cards: what one zone and first day share. Their tiers and days must not overlap (CHARGING 12, 27)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Protocol


class Tier(Protocol):
    @property
    def zone(self) -> str: ...
    @property
    def since(self) -> date: ...
    @property
    def until(self) -> date | None: ...
    @property
    def from_unit(self) -> int: ...


def faults(tiers: Sequence[Tier]) -> list[tuple[int, str]]:
    """(which tier, what is wrong with it): empty for cards that give every unit of a day one rate."""
    found: list[tuple[int, str]] = []
    seen = Counter((tier.zone, tier.since, tier.from_unit) for tier in tiers)
    cards: dict[tuple[str, date], list[int]] = defaultdict(list)
    for n, tier in enumerate(tiers):
        if tier.until is not None and tier.until <= tier.since:
            found.append((n, f"ends on {tier.until}, but begins on {tier.since}: to is the first day without it"))
        if seen[tier.zone, tier.since, tier.from_unit] > 1:
            found.append((n, f"zone {tier.zone} from {tier.since} has more than one tier from unit {tier.from_unit}"))
        cards[tier.zone, tier.since].append(n)
    for (zone, since), members in cards.items():
        if all(tiers[n].from_unit != 1 for n in members):
            found.append((members[0], f"zone {zone} from {since} has no rate for unit 1: add a tier with from_unit 1"))
        if len({tiers[n].until for n in members}) > 1:
            found.append(
                (members[-1], f"the tiers of zone {zone} from {since} end on different days: end them at once")
            )
    return found + _overlaps(tiers, sorted(cards))


def _overlaps(tiers: Sequence[Tier], cards: list[tuple[str, date]]) -> list[tuple[int, str]]:
    found = []
    for (zone, since), (next_zone, next_since) in pairwise(cards):
        for n, tier in enumerate(tiers):
            if zone != next_zone or (tier.zone, tier.since) != (zone, since):
                continue
            if tier.until is None or tier.until > next_since:
                found.append((n, f"overlaps the rates of zone {zone} from {next_since}: end it with to: {next_since}"))
    return found
