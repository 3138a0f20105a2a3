"""Plans a batch by the prepaid account's balance: what to buy, what will be held, and so what must arrive. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from local.demo.campaigns import Drop
from local.demo.judging import segment_count

LEFT = 2_176  # units that the batch leaves: less than the campaign that is too large needs


@dataclass(frozen=True)
class Plan:
    """recharge: units to buy first. drops: with what must become of each. sends: every message that must arrive."""

    recharge: int
    drops: dict[str, Drop]
    sends: list[tuple[int, str]]


def plan(available: int, drops: Mapping[str, Drop], held: Sequence[Drop], account: str = "nile") -> Plan:
    """available: units of the prepaid account. held: campaigns of earlier batches that a recharge releases.

    One that is too large is too large only while the balance is small enough: units left over let it go at once.
    """
    outcomes = dict(drops)
    certain = [drop for drop in drops.values() if drop.outcome != "held"]
    needed = sum(segment_count(drop.sends) for drop in [*certain, *held] if drop.account == account)
    recharge = needed + LEFT - available if available < needed else 0
    left = available + recharge - needed
    for name, drop in drops.items():
        if drop.outcome == "held" and segment_count(drop.sends) <= left:
            outcomes[name] = replace(drop, outcome="accepted")
            left -= segment_count(drop.sends)
    going = [drop for drop in outcomes.values() if drop.outcome != "held"]
    return Plan(recharge, outcomes, [message for drop in [*going, *held] for message in drop.sends])
