"""What carriers ask for a segment, and what currencies are worth: dated rows that must leave no doubt which one holds."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

EVERY = "*"  # all networks that no other row of the connector names


class Priced(Protocol):
    @property
    def network(self) -> str: ...
    @property
    def since(self) -> date: ...
    @property
    def until(self) -> date | None: ...


def faults(rates: Sequence[Priced]) -> list[tuple[int, str]]:
    """(which rate of a connector, what is wrong with it): empty where each day has at most one rate for the same networks."""
    found: list[tuple[int, str]] = []
    last: dict[str, int] = {}
    for n in sorted(range(len(rates)), key=lambda n: (rates[n].network, rates[n].since)):
        one = rates[n]
        if one.until is not None and one.until <= one.since:
            found.append((n, f"ends on {one.until}, but begins on {one.since}: to is the first day without it"))
        before = last.get(one.network)
        if before is not None:
            found += _clash(n, one, before, rates[before])
        last[one.network] = n
    return sorted(found)


def _clash(n: int, one: Priced, before: int, earlier: Priced) -> list[tuple[int, str]]:
    whose = "all networks" if one.network == EVERY else one.network
    if earlier.since == one.since:
        return [(n, f"the rate of {whose} from {one.since} stands here twice: keep one")]
    if earlier.until is None or earlier.until > one.since:
        return [(before, f"overlaps the rate of {whose} from {one.since}: end it with to: {one.since}")]
    return []


def strange(network: str, operators: Sequence[str], prefixes: Sequence[str]) -> str | None:
    """What is wrong with a rate for networks that there are none of: it would never be used."""
    if network == EVERY or network in operators:
        return None
    if not network.startswith("+"):
        return f"no network is of {network!r}: there are {', '.join(sorted(set(operators))) or 'none'}"
    if any(prefix.startswith(network[1:]) for prefix in prefixes):
        return None
    return f"no network's prefix begins with {network[1:]}: name one, or some first digits of it"
