"""Which connector each message goes to: by operator or prefix, the cheapest that is usable, equals by their weights."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

NO_ROUTE = 0  # no connector goes there: the message is given up
NOT_NOW = -1  # one does, and none can be used now: the message waits

Numbers = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int32]

_POWERS = 10 ** np.arange(1, 19, dtype=np.int64)  # 10, 100, ...
_SPREAD = 0x9E3779B97F4A7C15  # a multiplier that scatters neighbouring numbers


class Route(NamedTuple):
    """Numbers that a connector takes: of one operator, or that begin with prefix. cost: of a segment, for comparison
    only. weight: its share among equals."""

    prefix: str | None = None
    operator: str | None = None
    cost: Decimal = Decimal(0)
    weight: int = 1


def understood(stored: Sequence[Any]) -> list[Route]:
    """Routes as dispatch.connector keeps them: a prefix as it is, anything else with its keys."""
    return [
        Route(prefix=one) if isinstance(one, str) else Route(**{**one, "cost": Decimal(one.get("cost", 0))})
        for one in stored
    ]


class _Choice(NamedTuple):
    """A connector among the candidates of a message; lower rank and cost go first."""

    rank: int
    cost: Decimal
    connector: int
    weight: int


class Routes:
    """routes: by connector id. operators: network id -> operator, as far as routes name operators.

    A route of the number's operator goes before one of a prefix, a longer prefix before a shorter one, the cheaper
    before the dearer; what cannot be used is passed over. Of the same rank and cost all that can be used share the
    messages of a call by weight, each to within one message of its exact share. The same call has the same result.
    """

    def __init__(self, routes: Mapping[int, Iterable[Route]], operators: Mapping[int, str] | None = None) -> None:
        self._by_prefix: dict[str, list[_Choice]] = {}
        by_operator: dict[str, list[_Choice]] = {}
        for connector, served in routes.items():
            for route in served:
                rank = -len(route.prefix) if route.prefix is not None else -100
                choice = _Choice(rank, route.cost, connector, route.weight)
                if route.prefix is not None:
                    self._by_prefix.setdefault(route.prefix, []).append(choice)
                if route.operator is not None:
                    by_operator.setdefault(route.operator, []).append(choice)
        ordered = sorted(self._by_prefix, key=int)
        self._prefixes = ["", *ordered]  # a message's place in it is that of its longest prefix
        self._lengths = sorted({len(prefix) for prefix in ordered})
        self._of_length = {
            length: [place for place, prefix in enumerate(ordered, 1) if len(prefix) == length]
            for length in self._lengths
        }
        self._networks = sorted(
            (network, by_operator[operator])
            for network, operator in (operators or {}).items()
            if operator in by_operator
        )

    def connectors(self, msisdns: Numbers, networks: Ids, usable: AbstractSet[int]) -> Ids:
        """The connector of each message, or NO_ROUTE or NOT_NOW. msisdns: E.164 without +."""
        prefix = self._longest_prefix(msisdns)
        network = self._network(networks)
        kinds, kind = np.unique(network * len(self._prefixes) + prefix, return_inverse=True)
        groups: dict[tuple[_Choice, ...], list[int]] = {}
        chosen = np.zeros(len(msisdns), np.int32)
        for place, code in enumerate(kinds.tolist()):
            candidates = self._candidates(*divmod(code, len(self._prefixes)))
            equals = _first_usable(candidates, usable)
            if equals:
                groups.setdefault(equals, []).append(place)
            elif candidates:
                chosen[kind == place] = NOT_NOW
        for equals, places in groups.items():
            members = np.flatnonzero(np.isin(kind, places))
            chosen[members] = _shared(equals, len(members), int(msisdns[members[0]]))
        return chosen

    def _longest_prefix(self, msisdns: Numbers) -> npt.NDArray[np.int64]:
        """Places in self._prefixes, 0 where none matches."""
        found = np.zeros(len(msisdns), np.int64)
        digits = np.searchsorted(_POWERS, msisdns, side="right") + 1
        for length in self._lengths:
            places = np.array(self._of_length[length])
            known = np.array([int(self._prefixes[place]) for place in places])
            beginning = np.where(digits >= length, msisdns // 10 ** np.maximum(digits - length, 0), -1)
            at = np.minimum(np.searchsorted(known, beginning), len(known) - 1)
            found = np.where(known[at] == beginning, places[at], found)
        return found

    def _network(self, networks: Ids) -> npt.NDArray[np.int64]:
        """Places in self._networks from 1, 0 where no route names the operator."""
        if not self._networks:
            return np.zeros(len(networks), np.int64)
        known = np.array([network for network, _ in self._networks])
        at = np.minimum(np.searchsorted(known, networks), len(known) - 1)
        return np.where(known[at] == networks, at + 1, 0)

    def _candidates(self, network: int, prefix: int) -> list[_Choice]:
        """Every connector once, at its best, in the order of preference."""
        found = list(self._networks[network - 1][1]) if network else []
        longest = self._prefixes[prefix]
        for length in range(1, len(longest) + 1):
            found += self._by_prefix.get(longest[:length], ())
        best: dict[int, _Choice] = {}
        for choice in sorted(found):
            best.setdefault(choice.connector, choice)
        return list(best.values())


def _first_usable(candidates: list[_Choice], usable: AbstractSet[int]) -> tuple[_Choice, ...]:
    """The best that can be used and its equals."""
    left = [choice for choice in candidates if choice.connector in usable]
    return tuple(choice for choice in left if (choice.rank, choice.cost) == (left[0].rank, left[0].cost))


def _shared(equals: tuple[_Choice, ...], count: int, seed: int) -> Ids:
    """So many messages shared out by weight and interleaved; who has one more than the others depends on the seed."""
    if len(equals) == 1:
        return np.full(count, equals[0].connector, np.int32)
    weights = np.array([choice.weight for choice in equals], np.int64)
    total = int(weights.sum())
    offset = (seed * _SPREAD % (1 << 64) * total) >> 64
    shares = np.diff((count * np.cumsum(weights) + offset) // total, prepend=0)
    places = np.concatenate([(np.arange(share) + 0.5) / share for share in shares.tolist() if share])
    owners = np.repeat(np.array([choice.connector for choice in equals], np.int32), shares)
    return owners[np.argsort(places, kind="stable")]
