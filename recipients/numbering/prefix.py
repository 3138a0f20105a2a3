"""How much of the beginning of a number a pattern matches, as `re.match` tells it.

The order in which `re` tries alternatives and repetitions is kept, for it decides what is stripped from a number.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from recipients.numbering.known import DIGITS, Known, Undecided
from recipients.numbering.pattern import END, Group, Node, Repeat, Sequence, parse


class Prefix(NamedTuple):
    """end: how many digits match. captured: where each group that took part begins and ends."""

    end: int
    captured: dict[int, tuple[int, int]]


def match_prefix(pattern: str, digits: Known) -> Prefix | None:
    """What `re.match` finds. Raises Undecided where that depends on an unknown digit."""
    seen = parse(pattern).widest + 1  # numbers that are longer differ where no match looks
    found = _match(pattern, Known(digits.prefix[:seen], min(digits.length, seen)))
    if isinstance(found, Undecided):
        raise found
    return found


@lru_cache(maxsize=1 << 16)
def _match(pattern: str, digits: Known) -> Prefix | Undecided | None:
    try:
        return _try_group(Group(None, parse(pattern).alternatives), digits, 0, {}, Prefix)
    except Undecided as undecided:
        return undecided.with_traceback(None)


_Captured = dict[int, tuple[int, int]]
_Rest = Callable[[int, _Captured], Prefix | None]


def _try_group(group: Group, digits: Known, at: int, captured: _Captured, rest: _Rest) -> Prefix | None:
    def closed(end: int, inner: _Captured) -> Prefix | None:
        return rest(end, inner if group.number is None else inner | {group.number: (at, end)})

    for sequence in group.alternatives:
        found = _try_sequence(sequence, digits, at, captured, closed)
        if found is not None:
            return found
    return None


def _try_sequence(nodes: Sequence, digits: Known, at: int, captured: _Captured, rest: _Rest) -> Prefix | None:
    if not nodes:
        return rest(at, captured)
    return _try_node(
        nodes[0], digits, at, captured, lambda end, inner: _try_sequence(nodes[1:], digits, end, inner, rest)
    )


def _try_node(node: Node, digits: Known, at: int, captured: _Captured, rest: _Rest) -> Prefix | None:
    if isinstance(node, Group):
        return _try_group(node, digits, at, captured, rest)
    if isinstance(node, Repeat):
        return _try_repeat(node, digits, at, captured, rest)
    if node is END:
        return rest(at, captured) if at == digits.length else None
    if at == digits.length:
        return None
    if len(node.allowed) < len(DIGITS):
        if at >= len(digits.prefix):
            raise Undecided
        if digits.prefix[at] not in node.allowed:
            return None
    return rest(at + 1, captured)


def _try_repeat(node: Repeat, digits: Known, at: int, captured: _Captured, rest: _Rest) -> Prefix | None:
    if node.high:
        fewer = Repeat(max(node.low - 1, 0), node.high - 1, node.node)

        def again(end: int, inner: _Captured) -> Prefix | None:
            return _try_repeat(fewer, digits, end, inner, rest) if end > at or node.low else None

        found = _try_node(node.node, digits, at, captured, again)
        if found is not None:
            return found
    return None if node.low else rest(at, captured)
