"""Which attempt in doubt a statement's line proves: as many pairs as both sides allow.

Pure. A line names the recipient, and perhaps the sender and the reference; an attempt has all three.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

TOLERANCE = timedelta(days=1)  # between our instant and the carrier's: zones that are taken for one another, clocks


class Claim(NamedTuple):
    """A line that no accepted attempt of ours answers to."""

    line: int
    message_id: str
    msisdn: int
    source: str | None
    reference: int | None
    accepted_at: datetime | None


class Doubt(NamedTuple):
    """An attempt in doubt or unknown, or one that silence had proven not sent (is_silent)."""

    account_id: int
    campaign_id: int
    ordinal: int
    segment: int
    attempt: int
    msisdn: int
    source: str
    reference: int
    sent_at: datetime
    is_silent: bool


def pair(claims: Iterable[Claim], doubts: Iterable[Doubt]) -> list[tuple[Claim, Doubt]]:
    """Each claim and each doubt at most once, and as many pairs as there can be. What waits for proof goes before what
    silence has proven otherwise, older before newer."""
    open_doubts: dict[int, list[Doubt]] = defaultdict(list)
    for doubt in sorted(doubts, key=lambda d: (d.is_silent, d.sent_at, d.campaign_id, d.ordinal, d.segment, d.attempt)):
        open_doubts[doubt.msisdn].append(doubt)
    of_recipient: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.msisdn in open_doubts:
            of_recipient[claim.msisdn].append(claim)
    return [found for msisdn, together in of_recipient.items() for found in _pair(together, open_doubts[msisdn])]


def _pair(claims: Sequence[Claim], doubts: Sequence[Doubt]) -> list[tuple[Claim, Doubt]]:
    """Of one recipient: augmenting paths, for a claim that fits any attempt must not take the only one of another.
    From the doubts' side, in their order: one that has a claim never loses it again."""
    of_claim: dict[int, int] = {}

    def take(doubt: int, seen: set[int]) -> bool:
        for number, claim in enumerate(claims):
            if number in seen or not _fits(claim, doubts[doubt]):
                continue
            seen.add(number)
            if number not in of_claim or take(of_claim[number], seen):
                of_claim[number] = doubt
                return True
        return False

    for number in range(len(doubts)):
        take(number, set())
    return [(claims[claim], doubts[doubt]) for claim, doubt in sorted(of_claim.items())]


def _fits(claim: Claim, doubt: Doubt) -> bool:
    return (
        (claim.source is None or claim.source.lstrip("+") == doubt.source.lstrip("+"))
        and (claim.reference is None or claim.reference == doubt.reference)
        and (claim.accepted_at is None or abs(claim.accepted_at - doubt.sent_at) <= TOLERANCE)
    )
